"""The selfie network: on a portrait, and files that are none."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.errors import ModelError
from engines.relight.selfie import NAME, Selfie
from engines.store.store import default_store


def test_a_file_that_is_no_network_is_refused_in_a_line(tmp_path: Path) -> None:
    path = tmp_path / "x.tflite"
    path.write_bytes(b"no network at all")
    with pytest.raises(ModelError, match=f"understudy models pull {NAME}"):
        Selfie(path)


@pytest.mark.models
def test_a_person_is_told_from_the_ground() -> None:
    if not default_store().holds(NAME):
        pytest.skip("the model is not in the store")
    photo = np.asarray(pytest.importorskip("skimage.data").astronaut(), np.uint8)
    network = Selfie(default_store().path(NAME))
    mask = network.person(photo)
    assert mask.shape == (512, 512)
    assert mask.dtype == np.float32
    assert mask[90:160, 200:250].min() > 0.9, "the face"
    assert mask[20:80, 480:510].max() < 0.1, "a corner"
    small = np.asarray(cv2.resize(photo, (130, 160)), np.uint8)
    assert network.person(small).shape == (160, 130)
    np.testing.assert_array_equal(mask, network.person(photo))
