"""SAM's adapters, as far as they go without the packages: whether they are here, and what SAM2 would be asked."""

import numpy as np
import pytest

from tests.engines.scenes import mesh
from tools.relight import sam
from tools.relight.settings import PersonMethod


@pytest.mark.parametrize("method", [PersonMethod.SAM3, PersonMethod.SAM2])
def test_they_are_not_part_of_this_projects_environment(method: PersonMethod) -> None:
    assert sam.installed(method) is False


def test_sam2_is_asked_for_the_face_and_the_body_below_it() -> None:
    face = mesh(160, 4.0)
    points, box = sam.prompts(face, 160, 160)
    low, high = face[:, :2].min(0), face[:, :2].max(0)
    assert ((points[:2] >= low) & (points[:2] <= high)).all()
    assert points[2, 1] > high[1]
    assert box[0] < low[0]
    assert box[1] < low[1]
    assert box[2] > high[0]
    assert box[3] == 159


def test_what_is_asked_lies_within_the_picture() -> None:
    points, box = sam.prompts(mesh(160, 9.0, at=(10, 150)), 160, 160)
    assert ((points >= 0) & (points <= 159)).all()
    assert ((box >= 0) & (box <= 159)).all()
    assert np.isfinite(box).all()
