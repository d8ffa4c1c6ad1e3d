"""The one opener of detector and landmarks: what it opens, from where, and that what it lends is closed."""

from pathlib import Path

import pytest

from engines.errors import ModelError
from engines.store.catalog import load_catalog
from engines.store.store import Store
from stream.perception.face_finding import NAMES, face_finding, open_perception, perception_files
from tests.stream.portraits import needs_models, photo

pytestmark = needs_models


def test_a_face_is_found_and_measured() -> None:
    networks = open_perception("cpu")
    assert "CPU" in networks.detector.device
    with face_finding(networks) as (detector, landmarks):
        (found,) = detector.whole(photo("astronaut"))
        assert found.score > 0.5 and landmarks is not None
    with face_finding(networks) as (again, _):
        assert len(again.whole(photo("hopper"))) == 1, "the networks outlive who looked with them"


def test_the_files_are_those_of_the_store() -> None:
    files = perception_files()
    assert tuple(files) == NAMES and all(path.is_file() for path in files.values())


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="face_detection_short_range is not in"):
        open_perception(store=Store(tmp_path, load_catalog(), offline=True))
