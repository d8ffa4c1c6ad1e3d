"""Scoring: what a scorer says of a candidate, and the potential that all scorers together give it.

Source: the potential of EACPS, 1.0 consistency + 4.0 realism + 1.5 identity.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from engines.errors import UnderstudyError

C = TypeVar("C")


class SearchError(UnderstudyError):
    """No candidate can be told from another."""


class Aspect(StrEnum):
    CONSISTENCY = "consistency"
    REALISM = "realism"
    IDENTITY = "identity"


WEIGHTS: Mapping[Aspect, float] = {Aspect.CONSISTENCY: 1.0, Aspect.REALISM: 4.0, Aspect.IDENTITY: 1.5}
CAP = 0.3  # most realism of a candidate with a fatal flaw


@dataclass(frozen=True, slots=True)
class CandidateScore:
    """value: 0 to 1. fatal: flaws that no other merit makes up for, in words."""

    value: float
    fatal: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scorer(Generic[C]):
    """name: one of a search's own. score: may raise; the scorer is then left out of the whole search."""

    name: str
    aspect: Aspect
    score: Callable[[C], CandidateScore]


@dataclass(frozen=True, slots=True)
class Judgement:
    """potential: up to the sum of the weights. aspects: 0 to 1 each, realism after the cap. fatal: flaws found."""

    potential: float
    aspects: Mapping[Aspect, float]
    fatal: tuple[str, ...]


def judged(
    scores: Mapping[str, CandidateScore], aspects: Mapping[str, Aspect], weights: Mapping[Aspect, float] = WEIGHTS
) -> Judgement:
    """scores, aspects: by the scorer's name. Several scorers of one aspect count with their mean. Where an aspect has
    none, its weight goes to the others in proportion, so that potentials keep their range. Raises SearchError where
    nothing is scored."""
    by: dict[Aspect, list[float]] = {}
    for name, score in scores.items():
        by.setdefault(aspects[name], []).append(score.value)
    there = {aspect: sum(values) / len(values) for aspect, values in by.items() if weights.get(aspect, 0) > 0}
    if not there:
        raise SearchError("no scorer is left, so no candidate can be told from another; mend one of the scorers")
    fatal = tuple(flaw for score in scores.values() for flaw in score.fatal)
    if fatal and Aspect.REALISM in there:
        there[Aspect.REALISM] = min(there[Aspect.REALISM], CAP)
    whole, used = sum(weights.values()), sum(weights[aspect] for aspect in there)
    potential = sum(weights[aspect] * value for aspect, value in there.items()) * whole / used
    return Judgement(potential, there, fatal)


def without(scores: Mapping[str, CandidateScore], dropped: Collection[str]) -> dict[str, CandidateScore]:
    return {name: score for name, score in scores.items() if name not in dropped}
