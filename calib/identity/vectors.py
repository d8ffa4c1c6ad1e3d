"""The two kinds of vectors of a face, kept apart by type: who it is (`IdVector`), and what it looks like (`VisVector`).

An identity embedding is made blind to expression and pose, so it cannot say how different two pictures are; a vector of
appearance takes other light for another person. No function here takes one for the other, nor those of two models.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engines.errors import UnderstudyError
from engines.nets.embedder import Metric
from engines.values import F32


class VectorError(UnderstudyError):
    """Vectors of two models, or of two kinds, were to be compared."""


@dataclass(frozen=True, slots=True, eq=False)  # arrays have no plain equality
class IdVector:
    """e_id: who it is. values: float32 (k,), as the metric prepares it. embedder: sha256 of the network's file."""

    values: F32
    embedder: str
    metric: Metric


@dataclass(frozen=True, slots=True, eq=False)
class VisVector:
    """e_vis: what it looks like. values: float32 (k,), of length 1. model: its name and version."""

    values: F32
    model: str


def likeness(one: IdVector, others: Sequence[IdVector]) -> F32:
    """float32 (n,): how much each of the others is the same person, by the embedder's metric. Raises VectorError for
    vectors of two embedders, or of another kind."""
    for other in (one, *others):
        if not isinstance(other, IdVector):
            raise VectorError("who a person is, is told by identity vectors alone")
        if (other.embedder, other.metric) != (one.embedder, one.metric):
            two = f"{one.embedder[:12]}, {other.embedder[:12]}"
            raise VectorError(f"vectors of two embedders say nothing together: {two}")
    if not others:
        return np.zeros(0, np.float32)
    return np.asarray(one.metric.likeness(one.values, np.stack([o.values for o in others]))[0], np.float32)


def similarity(one: VisVector, others: Sequence[VisVector]) -> F32:
    """float32 (n,): cosines, how much each of the others looks like it. Raises VectorError for vectors of two models,
    or of another kind."""
    for other in (one, *others):
        if not isinstance(other, VisVector):
            raise VectorError("how different two pictures are, is told by vectors of appearance alone")
        if other.model != one.model:
            raise VectorError(f"vectors of two models say nothing together: {one.model}, {other.model}")
    if not others:
        return np.zeros(0, np.float32)
    return np.asarray(np.stack([other.values for other in others]) @ one.values, np.float32)
