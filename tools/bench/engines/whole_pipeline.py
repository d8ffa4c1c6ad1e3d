"""`bench engines --pipeline`: the whole file pipeline with the stand-in as swapper, on each runtime in turns.

Decode to encode, as `understudy swap` runs it; only what paints is exchanged. The yardstick is ONNX Runtime on the CPU,
one face a call; the others paint several frames at once, whose faces go in joint calls.
"""

import os
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from engines.backends.choose import open_engine
from engines.errors import InputError, UnderstudyError
from engines.nets.net import Net
from engines.nets.pasted import Asked, Pasted, Together, by_swapper
from engines.nets.shared import SharedEngines
from engines.nets.swapper import Swapper
from engines.protocol import Engine
from engines.store.catalog import load_catalog
from engines.values import Patch
from stream.jobs.job import SwapJob
from stream.media.codecs import Encoding
from stream.painting.network_painting import NetworkPainting
from stream.painting.painter import Painter
from stream.pipeline.choices import Routing
from stream.pipeline.control import SourceSet
from stream.pipeline.models import MOST, Models, Timing
from stream.pipeline.networks import ROWS
from stream.pipeline.pipeline import Pipeline
from stream.pipeline.spec import SwapSpec
from tools.bench.engines.contenders import PRECISIONS, Subject
from tools.bench.engines.measure import STANDIN, subject
from tools.bench.file.measure import transcode
from tools.bench.file.rescale import rescale

YARDSTICK = ("ort-cpu", "f32")
LIKE = "inswapper_128"


@dataclass(frozen=True, slots=True)
class Journey:
    """What to run. face, clip: files. height, frames: of the clip that is made of it. threads: of CPU networks."""

    face: Path
    clip: Path
    height: int
    frames: int
    rounds: int
    threads: int


@dataclass(frozen=True, slots=True)
class Ran:
    """fps: median of the rounds. times: of the yardstick's, 0 where that was not run. faces: painted in a round."""

    model: str
    backend: str
    precision: str
    fps: float
    times: float
    frames: int
    faces: int


@dataclass(slots=True)
class _Way:
    """together: of each painter. seen: faces that each painted."""

    backend: str
    precision: str
    together: Sequence[Together]
    hub: SharedEngines
    fps: list[float] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)

    @property
    def faces(self) -> int:
        return sum(self.seen)

    def painters(self) -> list[Painter]:
        """New ones, for a new clip."""
        self.seen = self.seen or [0] * len(self.together)
        return [Painter(NetworkPainting(partial(self._chain, i))) for i in range(len(self.together))]

    def _chain(self, i: int, sources: SourceSet, masks: bool) -> Together:
        return partial(self._paint, i)

    def _paint(self, i: int, asked: Sequence[Asked]) -> list[Patch | None]:
        self.seen[i] += len(asked)
        return self.together[i](asked)


def measure(what: Journey, backends: Sequence[str], say: Callable[[str], None]) -> tuple[Ran, ...]:
    """backends: as `enginebench.backends` gives them. say: told what had to be left out. Raises InputError."""
    wanted = [(backend, precision) for backend in backends for precision in PRECISIONS[backend]]
    with TemporaryDirectory(prefix="understudy-") as scratch:
        folder = Path(scratch)
        standin = subject(STANDIN, folder, any(precision == "int8" for _, precision in wanted))
        ways = [way for backend, precision in wanted if (way := _open(standin, backend, precision, what, folder, say))]
        try:
            run(what, ways, folder)
        finally:
            for way in ways:
                way.hub.close()
    base = next((statistics.median(w.fps) for w in ways if (w.backend, w.precision) == YARDSTICK), 0.0)
    return tuple(
        Ran(
            STANDIN,
            way.backend,
            way.precision,
            statistics.median(way.fps),
            statistics.median(way.fps) / base if base else 0.0,
            what.frames,
            way.faces // what.rounds,
        )
        for way in ways
    )


def run(what: Journey, ways: Sequence[_Way], folder: Path) -> None:
    """Every way once a round, in the same order. Raises InputError where there is nobody to paint."""
    clip = folder / "clip.mp4"
    frames = rescale(what.clip, clip, what.height, what.frames)
    encoding = Encoding(codec="libx264", preset="veryfast", threads=what.threads)
    job = SwapJob(SwapSpec(((what.face,),), routing=Routing.FAST), str(clip), str(folder / "out.mp4"), encoding)
    models = Models(job.spec)
    sources = models.sources_of(job.spec)
    for _ in range(what.rounds):
        for way in ways:
            pipeline = Pipeline(models, job.spec, sources)  # a new one: tracks must not be left over
            seconds, _, _ = transcode(job, replace(pipeline.stages, paints=tuple(way.painters())))
            pipeline.close()
            way.fps.append(frames / seconds)
    models.close()
    if not all(way.faces for way in ways):
        raise InputError(f"no face was seen in {what.clip} at {what.height}p; give a clip with a face")


def _open(
    subject: Subject, backend: str, precision: str, what: Journey, folder: Path, say: Callable[[str], None]
) -> _Way | None:
    path = subject.int8 if precision == "int8" else subject.path
    assert path is not None
    catalog = load_catalog()
    model = catalog.model(LIKE)
    hands = 1 if backend == YARDSTICK[0] else min(MOST, os.cpu_count() or 1)
    hub = SharedEngines(ROWS, Timing.FILES.value)

    def make() -> Engine:
        many, side = (1, 1) if hands == 1 else (ROWS, min(hands, what.threads))
        return open_engine(path, backend, precision, what.threads, batch=many, streams=side, strict=True, folder=folder)

    try:
        opened = [hub.open(backend, make, i) for i in range(hands)]
    except UnderstudyError as problem:
        say(f"{subject.name} on {backend} {precision}: {problem}")
        return None
    source, emap = np.asarray(subject.feeds["source"], np.float32), np.eye(512, dtype=np.float32)
    swappers = [Swapper(Net(model, engine, session), emap=emap) for engine, session in opened]
    template = catalog.template(model.template)
    return _Way(backend, precision, [Pasted(by_swapper(s, source), template, model.px) for s in swappers], hub)


def as_json(found: Sequence[Ran]) -> list[dict[str, object]]:
    return [{k: round(v, 4) if isinstance(v, float) else v for k, v in asdict(ran).items()} for ran in found]
