"""Whole files: swapped, marked and signed as by the command line; and looked at again."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from engines.errors import OutputError
from stream.jobs.clip import swap_clip
from stream.jobs.job import SwapJob
from stream.jobs.picture import swap_picture
from stream.jobs.result import JobResult, Progress
from stream.marks.layers import Marking
from stream.marks.verify import Verified, trusted_roots
from stream.marks.verify import verify as look
from stream.media.codecs import Encoding
from stream.media.still import is_image
from stream.pipeline.models import Models
from stream.pipeline.pipeline import Pipeline
from stream.pipeline.spec import SwapSpec, read_spec
from understudy_video.people import Source, settle, several


@dataclass(frozen=True, slots=True)
class FileProgress:
    """done: frames that were written. total: of the file, None where it is not known."""

    done: int
    total: int | None

    def __str__(self) -> str:
        return f"{self.done} of {self.total if self.total is not None else '?'} frames"


def swap_file(
    source: Source | Sequence[Source],
    target: str | Path,
    output: str | Path,
    *,
    consent: str | None = None,
    progress: Callable[[FileProgress], object] | None = None,
    overwrite: bool = False,
    encoding: Encoding | None = None,
    marking: Marking | None = None,
    **options: object,
) -> JobResult:
    """A clip or a picture with other faces, at `output`. source, consent: as `open` takes them. progress: called for
    every frame of a clip. options: as of `understudy swap`, by their names (`who="all"`, `model="inswapper_128"`). What
    came otherwise than was asked stands in the result's `warnings`. Raises UnderstudyError; there is no output then."""
    if Path(output).exists() and not overwrite:
        raise OutputError(f"{output} exists; name another, or give overwrite=True")
    settled = settle(several(source), consent)
    spec = read_spec(options, tuple(() for _ in settled.people))
    job = SwapJob(
        spec,
        str(target),
        str(output),
        encoding or Encoding(),
        consent=settled.consent,
        marking=marking or Marking(),
    )
    job.check()
    picture = is_image(str(target))

    @contextmanager
    def opened(spec: SwapSpec) -> Iterator[Pipeline]:
        models = Models(spec, lanes=1 if picture else None)
        try:
            pipeline = Pipeline(models, spec, models.sources(settled.people))
            try:
                yield pipeline
            finally:
                pipeline.close()
        finally:
            models.close()

    @contextmanager
    def follow(total: int | None) -> Iterator[Progress]:
        yield _Told(progress, total)

    return swap_picture(job, opened) if picture else swap_clip(job, follow, opener=opened)


class _Told:
    def __init__(self, tell: Callable[[FileProgress], object] | None, total: int | None) -> None:
        self._tell, self._total, self._done = tell, total, 0

    def tick(self) -> None:
        self._done += 1
        if self._tell is not None:
            self._tell(FileProgress(self._done, self._total))

    def say(self, text: str) -> None:
        """Notes stand in the result."""


def verify(target: str | Path, *, trust: Sequence[Path] = (), thorough: bool = True) -> Verified:
    """Was this made by Understudy, and is it still as it was made? trust: PEM files of further signing roots. thorough:
    cropped pictures are searched for, which takes seconds. Raises InputError for a root that cannot be read."""
    return look(str(target), trusted_roots(list(trust)), thorough=thorough)
