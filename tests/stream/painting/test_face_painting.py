"""What painting by mesh and by network share: how much of a swap a pose and a fade let be shown."""

import numpy as np
import pytest

from engines.mesh.shape import pose
from stream.painting.face_painting import hold, opacity
from tests.engines.mesh.heads import head
from tests.stream.painting.test_painter import track


@pytest.mark.parametrize(("yaw", "expected"), [(0, 1), (45, 1), (-58, 1), (70, 0.5), (-70, 0.5), (81, 0), (-88, 0)])
def test_hold_fades_between_sixty_and_eighty_degrees(yaw: float, expected: float) -> None:
    assert hold(head(12, yaw=yaw)) == pytest.approx(expected, abs=0.02)


def test_what_is_told_at_a_glance_is_what_the_fitted_pose_says() -> None:
    """Heads held in all ways: those whose cheeks lie level enough are far from where the mesh does not hold."""
    glanced = 0
    for yaw in range(-85, 86, 10):
        for pitch in (-45, -20, 0, 20, 45):
            for roll in (-40, -15, 0, 15, 40):
                mesh = head(12, yaw=yaw, pitch=pitch, roll=roll)
                want = float(np.clip((80 - abs(pose(mesh).yaw)) / 20, 0, 1))
                assert hold(mesh) == pytest.approx(want, abs=1e-6)
                glanced += want == 1
    assert glanced > 100


def test_fade_and_pose_multiply() -> None:
    assert opacity(track(fade=0.4)) == pytest.approx(0.4)
    assert opacity(track(fade=0.5, mesh=head(12, yaw=70))) == pytest.approx(0.25, abs=0.02)
    assert opacity(track(mesh=head(12, yaw=88))) == 0
