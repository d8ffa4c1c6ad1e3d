"""The contenders of `bench engines`: one model on each runtime, precision and batch, timed in turns.

Turns, because a machine's speed drifts: every contender sees the same drift, and ratios hold.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from calib.int8 import ranges
from calib.precision import distance
from engines.backends.choose import open_engine
from engines.backends.openvino import open_openvino, weight_peak
from engines.errors import UnderstudyError
from engines.graph.load import load, save
from engines.graph.observe import expose
from engines.graph.opset import lifted
from engines.graph.quantise import observed, quantise
from engines.protocol import Session
from engines.values import Array
from tools.bench.engines.matmul_peak import Product, middle, timed

Feeds = Mapping[str, Array]
# what each runtime is asked for; int8 is ONNX with Q/DQ for all of them
PRECISIONS: Mapping[str, Sequence[str]] = {
    "openvino": ("f32", "bf16", "int8"),
    "ort-cpu": ("f32", "int8"),
    "ort-cuda": ("f32", "f16"),
    "tensorrt": ("f16", "bf16", "int8"),
}


@dataclass(frozen=True, slots=True)
class Subject:
    """A model to measure. feeds: one row. macs: of one row. int8: its Q/DQ copy, if there is one."""

    name: str
    path: Path
    feeds: Feeds
    macs: int
    int8: Path | None


@dataclass(frozen=True, slots=True)
class ContenderRow:
    """One line of the result. ms: of one call, the median. error: against f32 on OpenVINO, in shares of its length."""

    model: str
    backend: str
    precision: str
    batch: int
    ms: float
    faces_per_s: float
    gmacs_per_s: float
    ceiling_share: float
    error: float


@dataclass(slots=True)
class Contender:
    backend: str
    precision: str
    batch: int
    session: Session
    feeds: Feeds
    seconds: list[float]
    error: float


def quantised(path: Path, rows: Sequence[Feeds], to: Path) -> Path:
    """A Q/DQ copy for timing, with ranges out of a few rows: `models compile` makes the one for use."""
    graph = lifted(load(path))
    fed = {value.name for value in graph.graph.input}
    names = observed(graph)
    seen = to.with_name("seen.onnx")
    save(expose(graph, [n for n in names if n not in fed]), seen)
    spans = ranges(open_openvino(seen, "f32", 2).session(), names, lambda: rows, "minmax")
    seen.unlink()
    save(quantise(graph, spans, peak=weight_peak()), to)
    return to


def repeated(feeds: Feeds, batch: int) -> Feeds:
    return {name: np.repeat(array, batch, axis=0) for name, array in feeds.items()}


def contenders(
    subject: Subject,
    backends: Sequence[str],
    batches: Sequence[int],
    threads: int,
    folder: Path,
    say: Callable[[str], None],
) -> list[Contender]:
    """Opens each; one that cannot be opened or run is said and left out."""
    exact = open_openvino(subject.path, "f32", threads).session()
    wanted = exact.run(subject.feeds)
    exact.close()
    made: list[Contender] = []
    for backend in backends:
        for precision in PRECISIONS[backend]:
            path = subject.int8 if precision == "int8" else subject.path
            if path is None:
                say(f"{subject.name}: no int8 copy (`understudy models compile {subject.name} --precision int8`)")
                continue
            try:
                most = max(batches)
                for streams, sizes in grouped(backend, batches, threads).items():
                    engine = open_engine(
                        path, backend, precision, threads, batch=most, streams=streams, strict=True, folder=folder
                    )
                    session = engine.session()
                    got = session.run(subject.feeds)
                    error = max(distance(got[name], wanted[name]).error for name in wanted)
                    for batch in sizes:
                        feeds = repeated(subject.feeds, batch)
                        session.run(feeds)  # shapes are compiled at their first use
                        made.append(Contender(backend, precision, batch, session, feeds, [], error))
            except UnderstudyError as problem:
                say(f"{subject.name} on {backend} {precision}: {problem}")
    return made


def grouped(backend: str, batches: Sequence[int], threads: int) -> dict[int, list[int]]:
    """Batches by the streams that suit them: OpenVINO answers one row soonest with all threads on it, and does most
    rows in a time with a row a thread. No other runtime has streams here."""
    by: dict[int, list[int]] = {}
    for batch in batches:
        by.setdefault(min(batch, threads) if backend == "openvino" else 1, []).append(batch)
    return by


def race(field: Sequence[Contender], products: Sequence[Product], rounds: int) -> None:
    """Each contender, and each matrix product, once a round, in the same order."""
    for _ in range(rounds):
        for matrix in products:
            matrix.run()
        for one in field:
            one.seconds.append(timed(lambda one=one: one.session.run(one.feeds)))


def rows(subject: Subject, field: Sequence[Contender], ceilings: Mapping[tuple[str, str], float]) -> list[ContenderRow]:
    """ceilings: thousand million multiply-adds a second by (backend, precision)."""
    found = []
    for one in field:
        seconds = middle(one.seconds)
        rate = subject.macs * one.batch / seconds / 1e9
        share = rate / ceilings[one.backend, one.precision]
        found.append(
            ContenderRow(
                subject.name,
                one.backend,
                one.precision,
                one.batch,
                seconds * 1e3,
                one.batch / seconds,
                rate,
                share,
                one.error,
            )
        )
    return found
