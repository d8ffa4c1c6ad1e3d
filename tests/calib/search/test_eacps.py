"""The search, on made-up landscapes whose best place is known."""

import numpy as np
import pytest

from calib.search.eacps import SearchPlan, SearchResult, search
from calib.search.parameters import Number, ParameterGenerator, Parameters
from calib.search.scoring import Aspect, CandidateScore, Scorer, SearchError

NAMES = ("strength", "mask", "light", "feather")
START: Parameters = dict.fromkeys(NAMES, 1.0)
GENERATOR = ParameterGenerator(START, {name: Number(0.0, 1.0) for name in NAMES})


def hill(aspect: Aspect, top: Parameters, wide: float, forbidden: float = -1.0) -> Scorer[Parameters]:
    """Best at `top`. forbidden: over a feather that large everything is a fatal flaw."""

    def score(candidate: Parameters) -> CandidateScore:
        away = sum((float(candidate[name]) - float(top[name])) ** 2 for name in NAMES)
        flawed = 0 <= forbidden < float(candidate["feather"])
        return CandidateScore(float(np.exp(-away / wide)), ("a torn edge",) if flawed else ())

    return Scorer(aspect.value, aspect, score)


def landscape(case: int) -> list[Scorer[Parameters]]:
    """Three aspects that want nearly, but not quite, the same."""
    random = np.random.default_rng(case)
    top = random.uniform(0.1, 0.9, 4)
    tops = [dict(zip(NAMES, np.clip(top + random.normal(0, 0.08, 4), 0, 1).tolist(), strict=True)) for _ in Aspect]
    forbidden = 0.95 if case % 2 else -1.0
    return [hill(aspect, tops[i], random.uniform(0.2, 0.8), forbidden) for i, aspect in enumerate(Aspect)]


def random_search(scorers: list[Scorer[Parameters]], seed: int, budget: int) -> float:
    found = search(GENERATOR, scorers, seed, SearchPlan(explore=budget - 1, keep=0, refine=0))
    assert len(found.tried) == budget
    return found.best.judgement.potential


def tried(found: SearchResult[Parameters]) -> list[tuple[int | None, Parameters]]:
    return [(one.parent, one.candidate) for one in found.tried]


def test_it_beats_random_search_of_the_same_budget() -> None:
    wins = 0
    for case in range(40):
        scorers = landscape(case)
        mine = search(GENERATOR, scorers, case)
        wins += mine.best.judgement.potential > random_search(scorers, 1000 + case, len(mine.tried))
    assert wins >= 24, wins


def test_it_tries_the_raw_one_eight_from_anywhere_and_four_of_each_of_the_best_three() -> None:
    found = search(GENERATOR, landscape(1), 5)
    assert [one.number for one in found.tried] == list(range(21)) and len(found.tried) == SearchPlan().budget
    assert found.raw.candidate == START and [one.parent for one in found.tried[:9]] == [None] * 9
    kept = sorted(found.tried[:9], key=lambda one: -one.judgement.potential)[:3]
    for k, line in enumerate(found.tried[i : i + 4] for i in (9, 13, 17)):
        assert [one.strength for one in line] == pytest.approx([0.35, 0.21, 0.126, 0.0756])
        known = {kept[k].number}
        for one in line:
            best = max(known, key=lambda n: found.tried[n].judgement.potential)
            assert one.parent == best  # of its own line, the best so far
            known.add(one.number)


def test_later_refinements_stay_nearer_to_their_parents() -> None:
    first: list[float] = []
    last: list[float] = []
    for case in range(20):
        found = search(GENERATOR, landscape(case), case)
        for one in found.tried[9:]:
            assert one.parent is not None
            parent = found.tried[one.parent].candidate
            away = float(np.mean([abs(float(one.candidate[n]) - float(parent[n])) for n in NAMES]))
            (first if one.strength == 0.35 else last if one.strength < 0.1 else []).append(away)
    assert np.mean(last) < 0.5 * np.mean(first)


def test_the_same_seed_finds_the_same_and_another_something_else() -> None:
    once, again, other = (search(GENERATOR, landscape(3), seed) for seed in (7, 7, 8))
    assert tried(once) == tried(again) and once.best == again.best
    assert tried(once) != tried(other)


def test_it_never_ends_worse_than_raw_and_keeps_raw_where_nothing_is_better() -> None:
    for case in range(10):
        found = search(GENERATOR, landscape(case), case)
        assert found.best.judgement.potential >= found.raw.judgement.potential
    flat: list[Scorer[Parameters]] = [Scorer("flat", Aspect.REALISM, lambda _: CandidateScore(0.5))]
    assert search(GENERATOR, flat, 1).best.number == 0


def failing_after(calls: int, name: str = "remote") -> Scorer[Parameters]:
    """Praises what comes first, then fails."""
    left = [calls]

    def score(candidate: Parameters) -> CandidateScore:
        left[0] -= 1
        if left[0] < 0:
            raise ConnectionError("no answer")
        return CandidateScore(1.0 if candidate == START else 0.0)

    return Scorer(name, Aspect.REALISM, score)


@pytest.mark.parametrize("calls", [0, 3, 12])
def test_a_scorer_that_fails_is_left_out_for_every_candidate_and_that_is_said(calls: int) -> None:
    scorers = landscape(2)
    mine = search(GENERATOR, [*scorers, failing_after(calls)], 4)
    assert mine.dropped == {"remote": "ConnectionError: no answer"}
    assert all("remote" not in one.scores for one in mine.tried)
    if calls == 0:  # it had no say at all
        assert tried(mine) == tried(search(GENERATOR, scorers, 4))
    assert mine.best.judgement.potential == max(one.judgement.potential for one in mine.tried)


@pytest.mark.parametrize("value", [float("nan"), 5.0, -0.1])
def test_a_score_out_of_its_range_is_a_failure(value: float) -> None:
    odd: Scorer[Parameters] = Scorer("odd", Aspect.IDENTITY, lambda _: CandidateScore(value))
    found = search(GENERATOR, [*landscape(0), odd], 1)
    assert list(found.dropped) == ["odd"] and "not within 0 and 1" in found.dropped["odd"]


def test_where_every_scorer_fails_nothing_is_made_up() -> None:
    with pytest.raises(SearchError, match="no scorer is left"):
        search(GENERATOR, [failing_after(0)], 1)


def test_a_small_plan_is_kept_to() -> None:
    found = search(GENERATOR, landscape(0), 1, SearchPlan(explore=2, keep=5, refine=1))
    assert len(found.tried) == SearchPlan(explore=2, keep=5, refine=1).budget == 6
