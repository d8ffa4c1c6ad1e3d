"""What calibration feeds: pictures and numbers of a folder, or soft noise, in each network's own size."""

from pathlib import Path

import numpy as np
import pytest

from engines.errors import InputError
from engines.protocol import Spec
from engines.store.catalog import load_catalog
from tools.models.feeds import feeds, is_picture, side, synthetic

CATALOG = load_catalog()


def test_a_dfm_is_fed_a_morph_and_its_own_size() -> None:
    model = CATALOG.model("dfm")
    inputs = {"in_face:0": Spec((-1, 96, 96, 3), "float32"), "morph_value:0": Spec((1,), "float32")}
    batches = list(feeds(model, inputs, None)())
    assert len(batches) == 8, "soft noise where nothing is given"
    assert batches[0]["in_face:0"].shape == (1, 96, 96, 3) and batches[0]["morph_value:0"].tolist() == [0.75]
    free = {"in_face:0": Spec((-1, -1, -1, 3), "float32")}
    assert next(iter(feeds(model, free, None)()))["in_face:0"].shape == (1, 224, 224, 3), "DeepFaceLive's usual size"


def test_sides_are_read_from_the_file_and_else_from_the_catalogue() -> None:
    model = CATALOG.model("xseg_1")
    assert side(model, Spec((-1, 128, 128, 3), "float32")) == 128
    assert side(model, Spec((-1, -1, -1, 3), "float32")) == 256
    assert [is_picture(t) for t in CATALOG.model("inswapper_128").inputs] == [False, True]


def test_noise_is_soft_coloured_and_whole() -> None:
    made = synthetic(96, 3)
    assert [(image.shape, image.dtype.name) for image in made] == [((96, 96, 3), "uint8")] * 3
    for image in made:
        assert image.min() <= 1 and image.max() >= 254, "the whole span"
        assert np.abs(np.diff(image.astype(int), axis=1)).mean() < 12, "no pixel noise"
    assert not np.array_equal(made[0], made[1])


def test_an_empty_folder_names_the_command_that_fills_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"understudy models crops xseg_1 CLIP\.\.\. --to "):
        feeds(CATALOG.model("xseg_1"), {"x": Spec((-1, 256, 256, 3), "float32")}, tmp_path)


def test_networks_of_numbers_need_no_pictures(tmp_path: Path) -> None:
    """A converter is calibrated with an .npz alone."""
    np.savez(tmp_path / "e.npz", in0=np.arange(1024, dtype=np.float64).reshape(2, 512))
    batches = list(feeds(CATALOG.model("crossface_ghost"), {"in0": Spec((-1, 512), "float32")}, tmp_path)())
    assert [float(b["in0"][0, 0]) for b in batches] == [0, 512]
    assert all(b["in0"].dtype == np.float32 and b["in0"].shape == (1, 512) for b in batches)
