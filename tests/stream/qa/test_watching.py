"""Frames of two clips side by side; what is measured of them stands in for the networks."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from calib.qa.figures import FaceFigures
from engines.errors import InputError
from engines.values import Box, Face
from stream.frame import FaceTrack, Frame, LostTrack, Scene
from stream.qa.watching import Watched, watch
from tests.stream.portraits import framed

BOX = Box(4, 4, 20, 20)
FACE = Face(BOX, np.zeros((6, 2), np.float32), np.zeros((468, 3), np.float32), 0.9)


class Measure:
    """Notes what it is asked for."""

    def __call__(self, swap: Frame, track: FaceTrack, original: Frame | None = None) -> FaceFigures:
        return FaceFigures(swap.index, swap.seconds, track.id, BOX, 0.5 if original is None else 0.9)

    def lost(self, swap: Frame, track: LostTrack) -> FaceFigures:
        return FaceFigures(swap.index, swap.seconds, track.id, BOX, 0.0)


def clip(count: int, begin: int = 0, step: int = 40, side: int = 32) -> list[Frame]:
    blank = np.zeros((side, side, 3), np.uint8)
    return [framed(blank, begin + step * i, i) for i in range(count)]


def two_faces(frame: Frame) -> Scene:
    """One that is wanted, one that is not."""
    return Scene(frame, (FaceTrack(0, FACE, source=0), FaceTrack(1, FACE)))


def lost_face(frame: Frame) -> Scene:
    return Scene(frame, lost=(LostTrack(3, BOX, 0, 0.0),)) if frame.index == 2 else two_faces(frame)


def looked(swap: Sequence[Frame], original: Sequence[Frame] | None, perceive: object = two_faces) -> Watched:
    ticks: list[int] = []
    watched = watch(swap, original, perceive, Measure(), lambda: ticks.append(1))  # type: ignore[arg-type]
    assert len(ticks) == len(watched.times)
    return watched


def test_wanted_faces_alone_are_measured_in_every_frame() -> None:
    watched = looked(clip(5), None)
    assert [(one.frame, one.track) for one in watched.figures] == [(i, 0) for i in range(5)]
    assert watched.times == pytest.approx([0, 0.04, 0.08, 0.12, 0.16])
    assert {one.confidence for one in watched.figures} == {0.5}


def test_beside_the_original_each_frame_is_measured_against_its_own() -> None:
    watched = looked(clip(5), clip(5))
    assert {one.confidence for one in watched.figures} == {0.9} and not watched.unpaired


def test_a_trimmed_swap_begins_at_nought() -> None:
    assert len(looked(clip(5), clip(5, begin=9000)).times) == 5


def test_what_has_nothing_beside_it_is_counted() -> None:
    for swap, original in ((5, 8), (8, 5)):
        watched = looked(clip(swap), clip(original))
        assert len(watched.times) == 5 and watched.unpaired == 3


def test_a_face_that_is_lost_in_the_swap_has_no_confidence() -> None:
    watched = looked(clip(5), None, lost_face)
    assert [(one.track, one.confidence) for one in watched.figures if one.frame == 2] == [(3, 0.0)]


def test_a_face_that_is_lost_in_the_original_is_counted_and_not_judged() -> None:
    watched = looked(clip(5), clip(5), lost_face)
    assert watched.unseen == 1 and all(one.frame != 2 for one in watched.figures)


def test_another_clip_is_refused() -> None:
    with pytest.raises(InputError, match="32x32 and --original is 64x64"):
        looked(clip(3), clip(3, side=64))
    with pytest.raises(InputError, match=r"frame 1 of the swap is at 0\.040 s, that of --original at 0\.080 s"):
        looked(clip(3), clip(3, step=80))
    shifted = [replace(f, pts=f.pts + 5, time_base=Fraction(1, 1000)) for f in clip(3)]
    assert len(looked(clip(3), shifted).times) == 3
