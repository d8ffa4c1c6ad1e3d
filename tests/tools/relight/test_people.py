"""Which method tells people from the ground here, and whether a mask holds a face."""

from pathlib import Path

import numpy as np
import pytest

from engines.errors import UnderstudyError
from engines.store.catalog import load_catalog
from engines.store.store import Store
from tests.engines.scenes import mesh
from tests.tools.commands import needs_models, portrait
from tools.relight import people
from tools.relight.read_settings import read_settings
from tools.relight.settings import PersonMethod


@pytest.fixture
def empty(tmp_path: Path) -> Store:
    return Store(tmp_path / "models", load_catalog())


def test_without_any_model_grabcut_is_used_and_why_is_told(empty: Store) -> None:
    method, notes = people.chosen(read_settings().segmentation, empty)
    assert method is PersonMethod.GRABCUT
    assert notes == ("selfie: the model selfie_segmentation is not here; `understudy models pull` brings it",)


def test_a_checkpoint_without_its_package_is_told(empty: Store, tmp_path: Path) -> None:
    (tmp_path / "sam3.pt").touch()
    settings = read_settings(
        segmentation={"sam3_checkpoint": str(tmp_path / "sam3.pt"), "methods": ["sam3", "grabcut"]}
    )
    method, notes = people.chosen(settings.segmentation, empty)
    assert method is PersonMethod.GRABCUT
    assert notes == ("sam3: a checkpoint is given, and the package sam3 is not installed",)


def test_where_none_can_run_it_is_an_error_that_names_the_key(empty: Store) -> None:
    for methods in (["sam3", "sam2"], ["selfie"]):
        settings = read_settings(segmentation={"methods": methods})
        with pytest.raises(UnderstudyError, match=r"segmentation\.methods: none can run here"):
            people.chosen(settings.segmentation, empty)


def test_the_selfie_method_wants_its_file() -> None:
    with pytest.raises(UnderstudyError, match="understudy models pull"):
        people.open_method(PersonMethod.SELFIE, read_settings().segmentation, None)


def test_a_mask_holds_a_face_or_does_not() -> None:
    face = mesh(160, 5.0)
    mask = np.ones((160, 160), np.float32)
    assert people.covers(mask, face)
    mask[:, :90] = 0
    assert not people.covers(mask, face)
    assert not people.covers(np.ones((160, 160), np.float32), face + np.float32(1000)), "outside of the picture"


def test_a_mesh_in_a_smaller_picture_lies_at_the_same_place() -> None:
    face = mesh(160, 5.0)
    half = people.scaled(face, 2, 2)
    # the centre of the first pixel of two lies at .5
    np.testing.assert_allclose(half[:, :2] * 2 + 0.5, face[:, :2], atol=1e-4)
    np.testing.assert_allclose(half[:, 2] * 2, face[:, 2], atol=1e-4)


class TestFaces:
    pytestmark = needs_models

    def test_every_face_is_found_once(self) -> None:
        from stream.perception.face_finding import face_finding, open_perception

        one = portrait()[:360, 60:420]
        both = np.concatenate([one, one[:, ::-1]], 1)
        with face_finding(open_perception("cpu")) as (detector, landmarks):
            assert len(people.meshes(one, detector, landmarks)) == 1
            found = people.meshes(np.ascontiguousarray(both), detector, landmarks)
            assert people.meshes(np.full((200, 200, 3), 120, np.uint8), detector, landmarks) == []
        assert len(found) == 2
        left, right = sorted(float(m[:, 0].mean()) for m in found)
        assert left < 360 < right
