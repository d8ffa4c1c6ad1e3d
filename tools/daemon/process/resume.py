"""ResumeState: what a job's process has to know of the one before it: `state.json` in the job's folder.

Knows values and their file; nothing of what they are used for.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from engines.values import Box
from stream.frame import Frame, Route
from stream.pipeline.guard import Reason
from stream.pipeline.misses import MissLog, MissSpan
from tools.daemon.files.durable import write_text
from tools.daemon.files.fingerprint import Fingerprint
from tools.daemon.files.output_folder import PlacedFile

SPANS = 100  # of missed faces, that are kept over a break


@dataclass(frozen=True, slots=True)
class Account:
    """What became of the frames of the finished pieces. routes: frames by route. painted: with a painted face. missed:
    with a face that should have been painted. covered: with one that was made unrecognisable instead. spans: of the
    missed ones. sources: frames in which each source, by its number from 0, was painted. unfollowed: faces at once that
    were more than are followed."""

    routes: Mapping[str, int] = field(default_factory=dict)
    painted: int = 0
    missed: int = 0
    covered: int = 0
    spans: tuple[MissSpan, ...] = ()
    sources: Mapping[int, int] = field(default_factory=dict)
    unfollowed: int = 0

    @property
    def misses(self) -> MissLog:
        return MissLog(self.missed, self.painted, self.covered, self.spans, self.sources, self.unfollowed)


class FrameCounter:
    """Counts a process's frames onto what was counted before. last: pts of the last frame that was finished before:
    frames up to it are seen again, so that the stages remember, and are not counted again. misses: the pipeline's,
    which knows of a frame when it is written."""

    def __init__(self, before: Account, misses: MissLog, last: int | None) -> None:
        self._before, self._misses, self._last = before, misses, last
        self._routes = dict(before.routes)
        self._skipped = self._now = self._counted()  # among the frames that are seen again, and among all
        self._since: float | None = None  # seconds of the first frame that counts

    def add(self, frame: Frame, route: Route) -> None:
        """A frame that was written, in order."""
        if self._last is not None and frame.pts <= self._last:
            self._skipped = self._counted()
            return
        self._since = frame.seconds if self._since is None else self._since
        self._routes[route.value] = self._routes.get(route.value, 0) + 1
        self._now = self._counted()

    @property
    def account(self) -> Account:
        """Of all frames so far."""
        if self._since is None:
            return self._before
        b, new = self._before, Counter(self._now)
        new.subtract(self._skipped)
        spans = tuple(span for span in self._misses.spans if span.end >= self._since)
        numbers = {*b.sources, *(number for number in new if isinstance(number, int))}
        return Account(
            dict(self._routes),
            b.painted + new["painted"],
            b.missed + new["missed"],
            b.covered + new["covered"],
            (*b.spans, *spans)[:SPANS],
            {number: b.sources.get(number, 0) + new[number] for number in sorted(numbers)},
            max(b.unfollowed, self._misses.unfollowed),
        )

    def _counted(self) -> Counter[str | int]:
        """What the pipeline has counted so far; sources by their numbers."""
        found: Counter[str | int] = Counter()
        found.update(missed=self._misses.frames, painted=self._misses.painted, covered=self._misses.covered)
        for number, frames in self._misses.sources.items():
            found[number] = frames
        return found


@dataclass(frozen=True, slots=True)
class ResumeState:
    """session: the invisible mark's, None before the first piece. total: frames in all, as far as the file tells.
    resumed: how often the job was gone on with. inputs: what the pieces were made of and by, by name. placing: files
    that were about to get their names."""

    session: int | None = None
    total: int | None = None
    resumed: int = 0
    account: Account = field(default_factory=Account)
    inputs: Mapping[str, Fingerprint] = field(default_factory=dict)
    placing: tuple[PlacedFile, ...] = ()

    @classmethod
    def read(cls, folder: Path) -> Self:
        """As it was kept; the empty one where there is none, or no whole one."""
        try:
            found = json.loads(_path(folder).read_text())
            found["account"] = _account(found["account"])
            found["inputs"] = {name: Fingerprint(**one) for name, one in found["inputs"].items()}
            found["placing"] = tuple(PlacedFile(**one) for one in found["placing"])
            return cls(**found)
        except (OSError, ValueError, TypeError, KeyError, AttributeError, AssertionError):
            return cls()

    def keep(self, folder: Path) -> None:
        """Raises OSError."""
        write_text(_path(folder), json.dumps(asdict(self)))

    def is_of(self, inputs: Mapping[str, Fingerprint]) -> bool:
        """Whether pieces of this state go with inputs of this content. Times do not count: a file may be copied."""
        return _contents(self.inputs) == _contents(inputs)


class KeptState:
    """value: the state as it is on disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.value = ResumeState.read(folder)

    def keep(self, value: ResumeState) -> None:
        """Raises OSError; the value is then the one before."""
        value.keep(self._folder)
        self.value = value


def _account(found: dict[str, object]) -> Account:
    spans, sources = found.pop("spans"), found.pop("sources")
    assert isinstance(spans, list) and isinstance(sources, dict)
    read = tuple(MissSpan(**{**one, "reason": Reason(one["reason"]), "box": Box(**one["box"])}) for one in spans)
    numbered = {int(number): int(frames) for number, frames in sources.items()}
    return Account(**found, spans=read, sources=numbered)  # type: ignore[arg-type]


def _contents(inputs: Mapping[str, Fingerprint]) -> dict[str, tuple[int, str]]:
    return {name: (one.size, one.sha256) for name, one in inputs.items()}


def _path(folder: Path) -> Path:
    return folder / "state.json"
