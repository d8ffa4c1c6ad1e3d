"""Parameters: a generator of candidates that are named numbers and words, each within its own range."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

Value: TypeAlias = float | str
Parameters: TypeAlias = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Number:
    """least, most: both may be drawn."""

    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Words:
    """each: at least one."""

    each: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ParameterGenerator:
    """A `calib.search.eacps.Generator`. start: the raw candidate. ranges: of every parameter of it."""

    start: Parameters
    ranges: Mapping[str, Number | Words]

    def __post_init__(self) -> None:
        if self.start.keys() != self.ranges.keys():
            raise ValueError(f"parameters {sorted(self.start)} and ranges {sorted(self.ranges)} differ")

    def raw(self) -> Parameters:
        return dict(self.start)

    def draw(self, random: np.random.Generator) -> Parameters:
        return {name: _drawn(held, random) for name, held in self.ranges.items()}

    def refine(self, parent: Parameters, strength: float, random: np.random.Generator) -> Parameters:
        """Numbers move by a normal step of `strength` of their range; words are drawn anew with that probability."""
        out: dict[str, Value] = {}
        for name, held in self.ranges.items():
            value = parent[name]
            if isinstance(held, Words):
                out[name] = _drawn(held, random) if random.random() < strength else value
            else:
                step = strength * (held.most - held.least) * float(random.standard_normal())
                out[name] = min(held.most, max(held.least, float(value) + step))
        return out


def _drawn(held: Number | Words, random: np.random.Generator) -> Value:
    if isinstance(held, Words):
        return held.each[int(random.integers(len(held.each)))]
    return float(random.uniform(held.least, held.most))
