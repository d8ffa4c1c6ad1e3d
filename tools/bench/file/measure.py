"""What a machine does with one clip: bare transcode, whole pipeline, each stage; and the memory it took."""

import asyncio
import multiprocessing
import resource
import statistics
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from engines.errors import InputError
from stream.frame import Done, Frame, Plan, Route, Scene
from stream.jobs.job import SwapJob
from stream.journey import LANES, bottleneck, run
from stream.lanes.runtime import settle
from stream.media.marking import Marker, MarkingSink, new_payload
from stream.media.sink import Encoding, Sink, open_sink
from stream.media.source import Source, open_source
from stream.pipeline.models import Models
from stream.pipeline.pipeline import Pipeline, open_pipeline
from stream.pipeline.spec import SwapSpec
from stream.pipeline.stages import Stages, through
from stream.pixels.planes import Planes
from stream.telemetry.report import quantiles
from stream.telemetry.stats import StageTiming, Stats, Table
from tools.bench.file.rescale import rescale
from tools.cli.child import safe_path


@dataclass(frozen=True, slots=True)
class FileRun:
    """What to measure. height: of the clip that is made from `target`."""

    source: Path
    target: Path
    height: int
    preset: str
    frames: int
    rounds: int
    threads: int


@dataclass(frozen=True, slots=True)
class FileFigures:
    """bare_fps, fps: medians over the rounds. cpu: seconds of all threads per frame of the whole pipeline. peak_mb:
    the most resident memory of the process. stages: alone on one thread. busy: each lane's share of the whole run."""

    bare_fps: float
    fps: float
    cpu: float
    peak_mb: float
    stages: dict[str, StageTiming]
    busy: dict[str, float]
    bottleneck: str
    routes: dict[str, int]

    @property
    def ratio(self) -> float:
        return self.fps / self.bare_fps

    def as_json(self) -> dict[str, object]:
        return {
            "bare_fps": round(self.bare_fps, 2),
            "fps": round(self.fps, 2),
            "ratio": round(self.ratio, 3),
            "cpu_s_per_frame": round(self.cpu, 5),
            "peak_mb": round(self.peak_mb, 1),
            "stages": {name: quantiles(timing) for name, timing in self.stages.items()},
            "bottleneck": self.bottleneck,
        }


def in_own_process(what: FileRun) -> FileFigures:
    """`measure` in a new process, so that its peak memory is its own."""
    with safe_path(), ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(measure, what).result()


def measure(what: FileRun) -> FileFigures:
    """Bare transcode and whole pipeline in turns, then each stage. Raises UnderstudyError."""
    settle()
    marker = Marker(new_payload(0))
    with tempfile.TemporaryDirectory(prefix="understudy-") as folder:
        clip = Path(folder) / "clip.mp4"
        frames = rescale(what.target, clip, what.height, what.frames)
        encoding = Encoding(codec="libx264", preset=what.preset, threads=what.threads)
        job = SwapJob(SwapSpec(((what.source,),)), str(clip), str(Path(folder) / "out.mp4"), encoding)
        bare, full, cpu, tables = [], [], [], list[Table]()
        models = Models(job.spec)
        for _ in range(what.rounds):
            bare.append(frames / transcode(job, BARE)[0])
            pipeline = Pipeline(models, job.spec)  # a new one: tracks must not be left over from the last round
            seconds, busy, table = transcode(job, pipeline.stages, marker)
            pipeline.close()
            full.append(frames / seconds)
            cpu.append(busy / frames)
            tables.append(table)
        with open_pipeline(job.spec, models) as pipeline:
            stages = one_by_one(job, pipeline.stages, marker)
        models.close()
        last = tables[-1]
        if not last.routes.get(Route.FAST, StageTiming()).count:
            raise InputError(f"no face was seen in {what.target} at {what.height}p; give a clip with a face")
        return FileFigures(
            statistics.median(bare),
            statistics.median(full),
            statistics.median(cpu),
            peak_mb(),
            stages,
            {lane: last.busy(*stages) for lane, stages in LANES.items()},
            bottleneck(last),
            {r.value: t.count for r, t in last.routes.items()},
        )


def transcode(job: SwapJob, stages: Stages, marker: Marker | None = None) -> tuple[float, float, Table]:
    """One journey through the clip: wall seconds, processor seconds of all threads, the table."""
    with open_source(job.target, threads=job.encoding.threads) as source:
        plain = _sink(job, source)
        sink = plain if marker is None else MarkingSink(plain, marker)
        wall, cpu, stats = time.perf_counter(), time.process_time(), Stats()
        asyncio.run(run(source.frames(), sink, stages, stats=stats))
        return time.perf_counter() - wall, time.process_time() - cpu, stats.table()


def one_by_one(job: SwapJob, stages: Stages, marker: Marker) -> dict[str, StageTiming]:
    """Every stage alone: one frame after another on this thread, so that no stage waits for a core or for the GIL."""
    stats = Stats()
    with open_source(job.target, threads=1) as source:
        sink = _sink(job, source)
        for frame in stats.timed("decode", source.frames()):
            picture = through(stages, frame, stats).picture
            assert isinstance(picture, Planes), "files are decoded to Planes"
            with stats.time("mark"):
                picture = marker.next(picture, last=True)
            with stats.time("encode"):
                sink.write(frame, picture)
        sink.close()
    return stats.table().stages


def _sink(job: SwapJob, source: Source) -> Sink:
    assert job.output is not None
    return open_sink(job.output, source, job.encoding)


def _look_away(frame: Frame) -> Scene:
    return Scene(frame)


def _leave(plan: Plan) -> Done:
    return Done(plan)


BARE = Stages(_look_away, Plan, (_leave,))
"""The bare transcode: nobody is seen."""


def peak_mb() -> float:
    """The most memory that this process has had resident, MB (10**6 bytes)."""
    status = Path("/proc/self/status")
    if status.exists():  # ru_maxrss of a started process may be its parent's
        kb = next(line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(kb) * 1024 / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # bytes on macOS
