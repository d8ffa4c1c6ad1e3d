"""Actors: who is who across cuts. Everybody who was followed is remembered by how they look and where they were, with
the rule that they fell under; newcomers are compared with them. Knows descriptions, places and rules; nothing of
pictures or networks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from engines.values import F32

CLEAR = 0.04  # by how much more alike somebody must be than everybody else, to be taken for one who is not surely so
PLACE, NEAR = 0.03, 0.2  # likeness that standing in the same place is worth, and what counts as that, of the picture
UNNAMED = (
    0.01  # likeness that one with no rule must have more: of two memories of one person the one with a rule counts
)
FOLLOW = 0.3  # share of a new description that is taken over
MOST = 64  # people who are remembered


@dataclass(frozen=True, slots=True)
class Sighting:
    """Somebody in one frame. looks: float32 (d,), of length 1. place: x and y, shares of the picture's sides."""

    looks: F32
    place: tuple[float, float]


@dataclass(slots=True)
class _Actor:
    seen: Sighting
    rule: int | None
    first: int  # who was met first


@dataclass(slots=True)
class Actors:
    """sure, likely: see `Appearance`. Numbers are those of tracks and of rules."""

    sure: float
    likely: float
    _now: dict[int, _Actor] = field(default_factory=dict)  # by track
    _past: list[_Actor] = field(default_factory=list)  # the latest last
    _met: int = 0

    def recall(self, newcomers: Mapping[int, Sighting]) -> dict[int, int]:
        """Track -> rule, for newcomers who are somebody that fell under a rule before, who was met first coming first.
        All of a frame at once: who is whom is told by all of them together."""
        tracks = list(newcomers)
        pairs = matched(self._likeness(list(newcomers.values())), self.sure, self.likely)
        known = {tracks[i]: self._past[j] for i, j in pairs.items()}
        self._past = [a for j, a in enumerate(self._past) if j not in pairs.values()]
        for track, seen in newcomers.items():
            self._now[track] = self._followed(known.get(track), seen)
        named = sorted((actor.first, track, actor.rule) for track, actor in known.items() if actor.rule is not None)
        return {track: rule for _, track, rule in named}

    def note(self, people: Mapping[int, Sighting]) -> None:
        """How those who are followed look now."""
        for track, seen in people.items():
            self._now[track] = self._followed(self._now.get(track), seen)

    def name(self, rules: Mapping[int, int]) -> None:
        """Track -> the rule that it falls under now."""
        for track, actor in self._now.items():
            actor.rule = rules.get(track)

    def keep(self, tracks: set[int]) -> None:
        """The others are gone: they may come back as somebody new."""
        gone = [track for track in self._now if track not in tracks]
        self._past = [*self._past, *(self._now.pop(track) for track in gone)][-MOST:]

    def drop(self, track: int) -> None:
        """The track was somebody else's."""
        self._now.pop(track, None)

    def _followed(self, actor: _Actor | None, seen: Sighting) -> _Actor:
        if actor is None:
            self._met += 1
            return _Actor(seen, None, self._met)
        return _Actor(_mixed(actor.seen, seen), actor.rule, actor.first)

    def _likeness(self, newcomers: Sequence[Sighting]) -> F32:
        """float32 (newcomers, past)."""
        out = np.zeros((len(newcomers), len(self._past)), np.float32)
        for i, new in enumerate(newcomers):
            for j, actor in enumerate(self._past):
                away = np.hypot(new.place[0] - actor.seen.place[0], new.place[1] - actor.seen.place[1])
                alike = float(new.looks @ actor.seen.looks) + PLACE * float(np.exp(-((away / NEAR) ** 2)))
                out[i, j] = alike - (UNNAMED if actor.rule is None else 0.0)
        return out


def _mixed(old: Sighting, new: Sighting) -> Sighting:
    looks = old.looks + np.float32(FOLLOW) * (new.looks - old.looks)
    return Sighting(np.asarray(looks / (np.linalg.norm(looks) + 1e-9), np.float32), new.place)


def matched(likeness: F32, sure: float, likely: float) -> dict[int, int]:
    """Which column each row is, for the rows that are one: so that the sum of what is likely is greatest.

    likeness: float32 (n, m). A pair counts if it is sure, or likely and by CLEAR more so than the row's second best.
    """
    pairs = _paired(np.asarray(likeness - np.float32(likely), np.float32))
    out = {}
    for row, column in pairs.items():
        others = np.delete(likeness[row], column)
        second = float(others.max()) if others.size else likely - 1
        alike = float(likeness[row, column])
        if alike >= sure or alike >= max(likely, second + CLEAR):
            out[row] = column
    return out


def _paired(gain: F32) -> dict[int, int]:
    """Row -> column, each at most once, gains above 0 alone, the sum of gains as great as swaps of two can make it."""
    rows, columns = gain.shape
    side = max(rows, columns)
    square = np.zeros((side, side), np.float32)  # nobody is as good as one who is not likely
    square[:rows, :columns] = np.maximum(gain, 0)
    order = list(range(side))
    while _swapped(order, square.tolist()):
        pass
    return {row: order[row] for row in range(rows) if square[row, order[row]] > 0}


def _swapped(order: list[int], gain: list[list[float]]) -> bool:
    """Exchanges the columns of rows that gain by it, in place; whether there were any."""
    any_gained = False
    for a, b in combinations(range(len(order)), 2):
        if gain[a][order[b]] + gain[b][order[a]] > gain[a][order[a]] + gain[b][order[b]] + 1e-6:
            order[a], order[b] = order[b], order[a]
            any_gained = True
    return any_gained
