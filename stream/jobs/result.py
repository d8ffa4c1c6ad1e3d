"""What came of a job, and how it is followed while it runs."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from stream.marks.happened import WhatHappened
from stream.pipeline.misses import MissLog
from stream.telemetry.stats import Table


class Progress(Protocol):
    """Counts frames. `tick` is called from one thread, for every frame."""

    def tick(self) -> None: ...
    def say(self, text: str) -> None:
        """A sentence for the user."""
        ...


# opens the progress of a clip of so many frames, None where that is not known
Follow = Callable[[int | None], AbstractContextManager[Progress]]


class Silent:
    """A `Progress` that shows nothing."""

    def tick(self) -> None:
        pass

    def say(self, text: str) -> None:
        pass


@contextmanager
def unseen(frames: int | None) -> Iterator[Progress]:
    """A `Follow` that shows nothing."""
    yield Silent()


@dataclass(frozen=True, slots=True)
class JobResult:
    """output: a path, a URL or `-`. whole: False where it was stopped, and what was finished is kept. table: frames by
    route and times by stage. misses: the account of faces that were painted and
    missed. notes: one sentence each, of what was seen at the start; warnings: of
    what came out otherwise than was asked. marks: one
    sentence, None where nothing was painted, so that nothing was marked. happened: as the signed record of a clip says
    it."""

    output: str
    whole: bool
    table: Table
    misses: MissLog
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    marks: str | None = None
    happened: WhatHappened | None = None

    @property
    def painted(self) -> int:
        """Frames in which a face was painted."""
        return self.misses.painted

    @property
    def frames(self) -> int:
        return self.table.frames


def output_facts(output: str, frames: int) -> dict[str, object]:
    """The report's `output`. bytes: None where it is no file."""
    path = Path(output)
    return {"path": output, "frames": frames, "bytes": path.stat().st_size if path.is_file() else None}
