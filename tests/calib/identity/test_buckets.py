"""The seed's bins, at their edges; precedence of expressions; names of files."""

import pytest

from calib.identity.buckets import (
    BEYOND_LEFT,
    BEYOND_RIGHT,
    YAW_NAMES,
    Expression,
    LightingBin,
    OcclusionBin,
    Pitch,
    Signs,
    bucket,
    expression_bin,
    lighting_bin,
    occlusion_bin,
    pitch_bin,
    yaw_bin,
)


def test_there_are_seven_yaws_and_they_are_named_as_the_seed_has_them() -> None:
    assert YAW_NAMES == ("[-45,-30]", "[-30,-15]", "[-15,-5]", "[-5,5]", "[5,15]", "[15,30]", "[30,45]")


@pytest.mark.parametrize(
    ("yaw", "name"),
    [
        (0, "[-5,5]"), (5, "[-5,5]"), (-5, "[-5,5]"), (5.1, "[5,15]"), (-5.1, "[-15,-5]"), (15, "[5,15]"),
        (15.1, "[15,30]"), (-30, "[-30,-15]"), (-30.1, "[-45,-30]"), (45, "[30,45]"), (-45, "[-45,-30]"),
        (45.1, BEYOND_RIGHT), (-80, BEYOND_LEFT),
    ],
)  # fmt: skip
def test_yaw(yaw: float, name: str) -> None:
    assert yaw_bin(yaw) == name


@pytest.mark.parametrize(
    ("pitch", "found"),
    [(0, Pitch.NEUTRAL), (8, Pitch.NEUTRAL), (8.1, Pitch.SLIGHT_DOWN), (20, Pitch.SLIGHT_DOWN), (20.1, Pitch.DOWN),
     (-8, Pitch.NEUTRAL), (-8.1, Pitch.SLIGHT_UP), (-20.1, Pitch.UP)],
)  # fmt: skip
def test_pitch_is_positive_downwards(pitch: float, found: Pitch) -> None:
    assert pitch_bin(pitch) is found


@pytest.mark.parametrize(
    ("signs", "found"),
    [
        (Signs(0.29, 0.29, 0.3), Expression.NEUTRAL),
        (Signs(0.0, 0.3, 1.0), Expression.SMILE),
        (Signs(0.3, 0.9, 1.0), Expression.MOUTH_OPEN),
        (Signs(0.9, 0.9, 0.29), Expression.EYES_CLOSED),
    ],
)
def test_closed_eyes_go_before_an_open_mouth_before_a_smile(signs: Signs, found: Expression) -> None:
    assert expression_bin(signs) is found


def test_occlusion_and_light() -> None:
    assert [occlusion_bin(s) for s in (0.09, 0.1, 0.4, 0.41)] == [
        OcclusionBin.NONE, OcclusionBin.PARTIAL, OcclusionBin.PARTIAL, OcclusionBin.HEAVY
    ]  # fmt: skip
    assert [lighting_bin(m) for m in (59.9, 60, 200, 200.1)] == [
        LightingBin.DARK, LightingBin.NORMAL, LightingBin.NORMAL, LightingBin.OVEREXPOSED
    ]  # fmt: skip


def test_the_key_and_the_name_of_a_file() -> None:
    one = bucket(20, 0, Signs(0, 0, 1), 0, 100)
    assert one.key == "yaw[15,30]_pitchneutral_neutral" and one.stem == "yaw30_pitch0_neutral" and one.inside
    other = bucket(-40, -30, Signs(1, 0, 1), 0, 100)
    assert other.stem == "yaw-45_pitch45_mouth_open"
    assert not bucket(50, 0, Signs(0, 0, 1), 0, 100).inside


def test_every_bucket_has_a_name_of_its_own() -> None:
    names = {
        bucket(yaw, pitch, signs, 0, 100).stem
        for yaw in (-40, -20, -10, 0, 10, 20, 40)
        for pitch in (-30, -10, 0, 10, 30)
        for signs in (Signs(0, 0, 1), Signs(0, 1, 1), Signs(1, 0, 1), Signs(0, 0, 0))
    }
    assert len(names) == 7 * 5 * 4
