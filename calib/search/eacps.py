"""EACPS: exploration all over, then refinement of the few best. Takes any generator and any scorers; knows neither
pictures nor parameters.

Source: the search of "inference-time scaling" in the project's seed: global 8, keep 3, local 4. There, local candidates
ignored their parent, and a scorer that failed said 5.0; here, each is refined from the best of its line, and a scorer
that fails is left out for every candidate.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

import numpy as np

from calib.search.scoring import WEIGHTS, Aspect, CandidateScore, Judgement, Scorer, judged, without

C = TypeVar("C")


class Generator(Protocol[C]):
    """Makes candidates. The same state of `random` gives the same candidate."""

    def raw(self) -> C:
        """What there is without a search."""
        ...

    def draw(self, random: np.random.Generator) -> C:
        """One from anywhere."""
        ...

    def refine(self, parent: C, strength: float, random: np.random.Generator) -> C:
        """One near the parent. strength: 1: about as far as `draw`, 0: the parent itself."""
        ...


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """explore: candidates from anywhere. keep: the best of them and of the raw one that are refined. refine: candidates
    of each. strength: of the first refinement. decay: of the strength, from one to the next. weights: of the aspects.
    """

    explore: int = 8
    keep: int = 3
    refine: int = 4
    strength: float = 0.35
    decay: float = 0.6
    weights: Mapping[Aspect, float] = field(default_factory=lambda: dict(WEIGHTS))

    @property
    def budget(self) -> int:
        """Candidates at most, the raw one included."""
        return 1 + self.explore + min(self.keep, 1 + self.explore) * self.refine


@dataclass(frozen=True, slots=True)
class Tried(Generic[C]):
    """number: 0 is raw. parent: the number of the candidate that it was refined from; None where from none."""

    number: int
    candidate: C
    parent: int | None
    strength: float
    scores: Mapping[str, CandidateScore]
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class SearchResult(Generic[C]):
    """best: never of less potential than the raw one. tried: all, in order. dropped: scorers that failed, by name, with
    what they said; nothing they had scored counts."""

    best: Tried[C]
    tried: tuple[Tried[C], ...]
    dropped: Mapping[str, str]

    @property
    def raw(self) -> Tried[C]:
        return self.tried[0]


@dataclass(slots=True)
class _Made(Generic[C]):
    candidate: C
    parent: int | None
    strength: float
    scores: dict[str, CandidateScore]


class _Search(Generic[C]):
    def __init__(self, scorers: Sequence[Scorer[C]], weights: Mapping[Aspect, float]) -> None:
        self._scorers, self._weights = scorers, weights
        self._aspects = {scorer.name: scorer.aspect for scorer in scorers}
        self.made: list[_Made[C]] = []
        self.dropped: dict[str, str] = {}

    def add(self, candidate: C, parent: int | None = None, strength: float = 0.0) -> int:
        """Its number."""
        scores: dict[str, CandidateScore] = {}
        for scorer in self._scorers:
            if scorer.name in self.dropped:
                continue
            try:
                score = scorer.score(candidate)
                if not (math.isfinite(score.value) and 0 <= score.value <= 1):
                    raise ValueError(f"a score of {score.value}, which is not within 0 and 1")
            except Exception as error:  # scorers are others' code, also over a network: whatever it was, it is told
                self.dropped[scorer.name] = f"{type(error).__name__}: {error}"
            else:
                scores[scorer.name] = score
        self.made.append(_Made(candidate, parent, strength, scores))
        return len(self.made) - 1

    def judgement(self, number: int) -> Judgement:
        """By the scorers that have not failed so far. Raises SearchError."""
        return judged(without(self.made[number].scores, self.dropped), self._aspects, self._weights)

    def best(self, numbers: Sequence[int], most: int) -> list[int]:
        """The best first; of equals the earliest."""
        return sorted(numbers, key=lambda number: (-self.judgement(number).potential, number))[:most]


def search(
    generator: Generator[C], scorers: Sequence[Scorer[C]], seed: int, plan: SearchPlan = SearchPlan()
) -> SearchResult[C]:  # frozen
    """The same seed finds the same. Raises SearchError where every scorer failed, and what the generator raises."""
    run: _Search[C] = _Search(scorers, plan.weights)
    run.add(generator.raw())
    for i in range(plan.explore):
        run.add(generator.draw(np.random.default_rng([seed, 0, i])))
    for place, parent in enumerate(run.best(range(len(run.made)), plan.keep)):
        line, strength = [parent], plan.strength
        for i in range(plan.refine):
            [origin] = run.best(line, 1)
            random = np.random.default_rng([seed, 1 + place, i])
            line.append(run.add(generator.refine(run.made[origin].candidate, strength, random), origin, strength))
            strength *= plan.decay
    tried = tuple(
        Tried(n, one.candidate, one.parent, one.strength, without(one.scores, run.dropped), run.judgement(n))
        for n, one in enumerate(run.made)
    )
    [best] = run.best(range(len(tried)), 1)
    return SearchResult(tried[best], tried, run.dropped)
