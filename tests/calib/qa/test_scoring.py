"""Scores of stretches, by value."""

from dataclasses import replace

import numpy as np
import pytest

from calib.qa.bounds import QaBounds
from calib.qa.figures import FaceFigures, Motion
from calib.qa.scoring import Attempt, scorers, usual_light
from calib.search.eacps import SearchPlan, search
from calib.search.scoring import Aspect, Judgement, judged
from tests.calib.qa.sequences import beside, clip, good

BOUNDS = QaBounds(identity=0.4, own=0.5)
GOOD = [good(i) for i in range(30)]


def attempt(figures: list[FaceFigures], expected: int = 30) -> Attempt:
    return Attempt({}, tuple(figures), expected)


def judge(figures: list[FaceFigures], expected: int = 30) -> Judgement:
    each = scorers(BOUNDS, usual_light(GOOD))
    scores = {one.name: one.score(attempt(figures, expected)) for one in each}
    return judged(scores, {one.name: one.aspect for one in each})


def test_a_good_stretch_scores_high_in_everything() -> None:
    made = judge(GOOD)
    assert made.aspects[Aspect.IDENTITY] == pytest.approx(0.55)
    assert made.aspects[Aspect.REALISM] > 0.95 and made.aspects[Aspect.CONSISTENCY] > 0.9
    assert made.fatal == ()


def test_a_missed_face_is_a_fatal_flaw() -> None:
    made = judge(clip(30, lambda one: beside(one, changed=0.5, coding=0.5), 10, 12))
    assert made.fatal == ("the original's own face shows",) and made.aspects[Aspect.REALISM] == 0.3


def test_faces_that_are_not_there_are_a_fatal_flaw() -> None:
    assert judge(GOOD[:29]).fatal and judge([]).fatal
    assert judge(clip(30, lambda one: replace(one, confidence=0.3), 5, 5)).fatal
    assert judge([]).potential == 0.0


def test_each_fault_lowers_its_own_aspect() -> None:
    best = judge(GOOD).aspects
    dark = judge(clip(30, lambda one: replace(one, level=0.7 * one.level), 0, 29)).aspects
    mute = judge(clip(30, lambda one: replace(one, mouth=0.1), 0, 29)).aspects
    edge = judge(clip(30, lambda one: beside(one, seam=2.5), 0, 29)).aspects
    other = judge(clip(30, lambda one: replace(one, likeness=0.2), 0, 29)).aspects
    jumpy = judge(clip(30, lambda one: replace(one, motion=Motion(9.0, 2.0)), 0, 29)).aspects
    assert dark[Aspect.CONSISTENCY] < best[Aspect.CONSISTENCY] - 0.3
    assert mute[Aspect.CONSISTENCY] < best[Aspect.CONSISTENCY] - 0.3
    assert edge[Aspect.REALISM] < best[Aspect.REALISM] - 0.3
    assert jumpy[Aspect.REALISM] < best[Aspect.REALISM] - 0.3
    assert other[Aspect.IDENTITY] == pytest.approx(0.2)
    assert dark[Aspect.REALISM] == best[Aspect.REALISM] and edge[Aspect.IDENTITY] == best[Aspect.IDENTITY]


class Ways:
    """The raw stretch is what was missed; each drawn one is a little better than the last."""

    def raw(self) -> Attempt:
        return attempt(clip(30, lambda one: beside(one, changed=0.5, coding=0.5), 0, 29))

    def draw(self, random: np.random.Generator) -> Attempt:
        seam = float(random.uniform(1.0, 2.0))
        return attempt([replace(beside(one, seam=seam), likeness=None) for one in GOOD])

    def refine(self, parent: Attempt, strength: float, random: np.random.Generator) -> Attempt:
        return parent


def test_without_likenesses_identity_is_left_out_and_the_search_still_finds() -> None:
    found = search(Ways(), scorers(BOUNDS, usual_light(GOOD)), 0, SearchPlan(explore=3, keep=1, refine=1))
    assert found.dropped == {"likeness": "ValueError: no likeness was measured"}
    assert found.best.number != 0 and not found.best.judgement.fatal


def test_usual_light_is_the_middle_of_what_is_seen() -> None:
    unseen = replace(good(1), confidence=0.0, level=0.0)
    assert usual_light([*GOOD, unseen]) == pytest.approx(usual_light(GOOD), abs=1e-6)
    assert usual_light([unseen]) == 0.0
