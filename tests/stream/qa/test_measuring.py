"""Figures of real faces: a finished swap with four faults at known frames, measured once."""

from functools import cache

import numpy as np
import pytest

from calib.qa.figures import FaceFigures
from calib.qa.judging import judge
from calib.qa.reasons import QaReason
from engines.nets.opened import identity_embedder
from engines.store.store import default_store
from tests.stream.portraits import needs_models
from tests.stream.qa.planted import Fault, PlantedClip, bounds, count, measured, planted

pytestmark = [*needs_models, pytest.mark.timeout(300)]
HAS_EMBEDDER = identity_embedder(default_store()) is not None


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> PlantedClip:
    return planted("astronaut", tmp_path_factory.mktemp("planted"))


@pytest.fixture(scope="module")
def figures(clip: PlantedClip) -> list[FaceFigures]:
    return measured(clip, identity=HAS_EMBEDDER)


def clean(clip: PlantedClip, figures: list[FaceFigures]) -> list[FaceFigures]:
    return [one for one in figures if not any(fault.near(one.frame, 4) for fault in clip.faults)]


def within(figures: list[FaceFigures], fault: Fault) -> list[FaceFigures]:
    return [one for one in figures if fault.near(one.frame)]


@cache
def reasons() -> frozenset[QaReason]:
    """Of faults that can be told here."""
    planted = {QaReason.MISSED, QaReason.LIGHT, QaReason.MOUTH}
    return frozenset(planted | {QaReason.IDENTITY} if HAS_EMBEDDER else planted)


def test_planted_faults_are_found_and_little_else(clip: PlantedClip, figures: list[FaceFigures]) -> None:
    found = judge(figures, bounds(HAS_EMBEDDER))
    counted = count(clip, found)
    caught = {
        fault.reason
        for fault in clip.faults
        if any(s.reason is fault.reason and s.first <= fault.last and s.last >= fault.first for s in found)
    }
    assert caught == reasons()
    assert counted.false <= 0.05 * counted.clean, [(s.reason, s.first, s.last) for s in found]


def test_where_a_fault_begins_is_told_within_a_few_frames(clip: PlantedClip, figures: list[FaceFigures]) -> None:
    found = judge(figures, bounds(HAS_EMBEDDER))
    for fault in clip.faults:
        if fault.reason in reasons():
            first = min(s.first for s in found if s.reason is fault.reason)
            assert abs(first - fault.first) <= 5, (fault, first)


def test_a_good_swap_s_figures_lie_far_from_the_bounds(clip: PlantedClip, figures: list[FaceFigures]) -> None:
    ours = bounds(HAS_EMBEDDER)
    for one in clean(clip, figures):
        assert one.confidence > 0.9 and one.beside is not None
        assert one.beside.changed - one.beside.coding > 3 * ours.changed
        assert one.beside.seam is not None and one.beside.seam < 0.75 * ours.seam
        assert abs(np.log((one.level + 1) / (one.beside.level + 1))) < np.log1p(ours.light)


def test_a_missed_face_is_the_original_s(clip: PlantedClip, figures: list[FaceFigures]) -> None:
    for one in within(figures, next(f for f in clip.faults if f.reason is QaReason.MISSED)):
        assert one.beside is not None
        assert one.beside.changed < 1.5 and one.mouth == pytest.approx(one.beside.mouth, abs=0.06)


def test_every_frame_is_measured_and_its_motion_from_the_second_on(
    clip: PlantedClip, figures: list[FaceFigures]
) -> None:
    assert [one.frame for one in figures] == list(range(len(clip.swap)))
    assert figures[0].motion is None
    assert figures[1].motion is not None and figures[1].motion.skip is None
    assert all(one.motion is not None and one.motion.skip is not None for one in figures[2:])


@pytest.mark.skipif(not HAS_EMBEDDER, reason="there is no embedder here")
def test_likeness_tells_the_source_from_the_wrong_person(clip: PlantedClip, figures: list[FaceFigures]) -> None:
    wrong = within(figures, next(f for f in clip.faults if f.reason is QaReason.IDENTITY))
    good = [one.likeness for one in clean(clip, figures) if one.likeness is not None]
    assert min(good) > max(one.likeness for one in wrong if one.likeness is not None)
    assert all(one.beside is not None and one.beside.own is not None and one.beside.own > 0.5 for one in wrong)


def test_without_an_original_light_is_compared_with_what_is_about_the_face(clip: PlantedClip) -> None:
    light = next(f for f in clip.faults if f.reason is QaReason.LIGHT)
    part = PlantedClip([], clip.swap[light.first - 12 : light.last + 10], (), clip.source)
    figures = measured(part, beside=False, identity=False)
    assert all(one.beside is None and one.likeness is None for one in figures)
    spans = judge(figures, bounds(False))
    assert [s.reason for s in spans] == [QaReason.LIGHT]
    assert abs(spans[0].first - 12) <= 2
