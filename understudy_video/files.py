"""Whole files: swapped, marked and signed as by the command line; and looked at again."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engines.errors import OutputError
from stream.jobs.batch import BatchItem, plan
from stream.jobs.batch_run import BatchResult, FileResult, run_batch
from stream.jobs.clip import swap_clip
from stream.jobs.job import SwapJob
from stream.jobs.kinds import is_picture_job
from stream.jobs.picture import swap_picture
from stream.jobs.result import Follow, JobResult, Progress
from stream.jobs.shared import SharedNetworks
from stream.jobs.targets import find_targets
from stream.marks.layers import Marking
from stream.marks.verify import Verified, trusted_roots
from stream.marks.verify import verify as look
from stream.media.codecs import Encoding
from stream.media.others.wanted import Streams, read_streams
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
    streams: Streams | str = Streams.ALL,
    **options: object,
) -> JobResult:
    """A clip or a picture with other faces, at `output`. source, consent: as `open` takes them. progress: called for
    every frame of a clip. streams: `strict` makes it an error that sound or another stream cannot be kept, which `all`
    leaves out and notes. options: as of `understudy swap`, by their names (`who="all"`, `model="inswapper_128"`). What
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
        streams=read_streams(streams),
    )
    job.check()
    picture = is_picture_job(job)

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


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """file: the number of the target at work, from 1, of so many files. frames: of the target, where it is a clip."""

    file: int
    files: int
    target: Path
    frames: FileProgress | None = None

    def __str__(self) -> str:
        return f"file {self.file} of {self.files}" + (f", {self.frames}" if self.frames is not None else "")


def swap_files(
    source: Source | Sequence[Source],
    targets: str | Path | Sequence[str | Path],
    output_dir: str | Path,
    *,
    consent: str | None = None,
    progress: Callable[[BatchProgress], object] | None = None,
    name: str = "{name}",
    recursive: bool = False,
    pattern: str | None = None,
    overwrite: bool = False,
    skip_done: bool = False,
    encoding: Encoding | None = None,
    marking: Marking | None = None,
    streams: Streams | str = Streams.ALL,
    **options: object,
) -> BatchResult:
    """Clips, pictures and animations with other faces, all with the same networks and sources, in `output_dir`, which
    is made. targets: files, and folders of them. name, recursive, pattern, skip_done: as `understudy swap` has them.
    progress: called when a target is taken up, and for every frame of a clip. The rest: as of `swap_file`.

    A target that fails does not stop the rest: what became of each stands in the result's `files`. Raises
    UnderstudyError before anything is made where an output would replace a target, another output, or, without
    overwrite and skip_done, a file that is there; and where networks or sources cannot be opened."""
    settled = settle(several(source), consent)
    spec = read_spec(options, tuple(() for _ in settled.people))
    words = [targets] if isinstance(targets, str | Path) else list(targets)
    folder = Path(output_dir)
    made = plan(
        find_targets([str(word) for word in words], recursive, pattern, [folder]), folder, name, _photos(source)
    )
    made.check()
    if made.existing and not overwrite and not skip_done:
        raise OutputError(f"{made.existing[0]} exists; name another folder, or give overwrite=True or skip_done=True")
    job = SwapJob(
        spec,
        "",
        None,
        encoding or Encoding(),
        consent=settled.consent,
        marking=marking or Marking(),
        streams=read_streams(streams),
    )
    networks = SharedNetworks(settled.people)
    try:
        return run_batch(made, job, networks.open, _Followed(progress), skip_done=skip_done, overwrite=overwrite)
    finally:
        networks.close()


def _photos(source: Source | Sequence[Source]) -> list[Path]:
    """The files among the sources."""
    people = [[one] if isinstance(one, str | Path | np.ndarray) else one for one in several(source)]
    return [Path(photo) for person in people for photo in person if isinstance(photo, str | Path)]


class _Followed:
    def __init__(self, tell: Callable[[BatchProgress], object] | None) -> None:
        self._tell = tell or (lambda progress: None)

    def begin(self, number: int, total: int, item: BatchItem) -> Follow:
        self._tell(BatchProgress(number, total, item.target))

        @contextmanager
        def follow(frames: int | None) -> Iterator[Progress]:
            yield _Told(lambda done: self._tell(BatchProgress(number, total, item.target, done)), frames)

        return follow

    def end(self, result: FileResult) -> None:
        """It stands in the result."""


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
