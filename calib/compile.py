"""Makes a model's copy in low precision, measures it against f32 layer by layer, and refuses what is not good enough.

Knows files and feeds; where pictures come from is `tools`' matter. Everything is measured with OpenVINO on the CPU.
"""

import json
import os
from collections.abc import Callable, Iterable, Mapping, Set
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from onnx import ModelProto

from calib.int8 import ranges
from calib.precision import Distance, Floor, distance, worst
from engines.backends.compiled import installed
from engines.backends.openvino import open_openvino, weight_peak
from engines.errors import ModelError
from engines.graph.cast import HALF, cast
from engines.graph.load import load, save
from engines.graph.observe import expose
from engines.graph.opset import lifted
from engines.graph.quantise import Range, observed, quantise, targets
from engines.protocol import Session
from engines.values import Array

PRECISIONS = ("f16", "bf16", "int8")
Feeds = Callable[[], Iterable[Mapping[str, Array]]]


@dataclass(frozen=True, slots=True)
class LayerDistance:
    """One convolution or matrix product. error: of its answer within the whole network, in shares of f32's length."""

    name: str
    op: str
    error: float


@dataclass(frozen=True, slots=True)
class CompileReport:
    """outputs: by name, the worst row of all feeds. layers: in the graph's order. skipped: left in f32."""

    precision: str
    outputs: dict[str, Distance]
    layers: tuple[LayerDistance, ...]
    skipped: tuple[str, ...]

    def complaint(self, floor: Floor) -> str:
        """What the first output lacks; further ones (masks, heat maps) are reported only."""
        return floor.complaint(next(iter(self.outputs.values())))


def compile_model(
    source: Path, name: str, precision: str, feeds: Feeds, floor: Floor, folder: Path, method: str = "percentile"
) -> tuple[Path, CompileReport]:
    """Writes the copy and its report into `folder`, both or none.

    feeds: the network's inputs as they come in use, the same each time it is called. method: of `calib.int8`.
    int8 is tried whole first, then with the first and the last layer left in f32. Errors: ModelError where the result
    is below `floor`, or the graph cannot be rewritten.
    """
    if precision not in PRECISIONS:
        raise ModelError(f"precision {precision!r} is not known: take one of {', '.join(PRECISIONS)}")
    graph = load(source)
    with TemporaryDirectory(prefix="understudy-") as scratch:
        work = Path(scratch)
        tries = [frozenset[str]()]
        spans: dict[str, Range] = {}
        if precision == "int8":
            graph = lifted(graph)
            spans = _spans(graph, feeds, method, work)
            layers = [node.output[0] for node in targets(graph)]
            tries.append(frozenset({layers[0], layers[-1]}) if len(layers) > 2 else frozenset())
        for skip in dict.fromkeys(tries):
            rewritten = _rewritten(graph, precision, spans, skip)
            report = _measured(graph, rewritten, precision, feeds, work, skip)
            if not report.complaint(floor):
                return _install(_rewritten(graph, precision, spans, skip, False), report, source, name, folder), report
    raise ModelError(f"{name} in {precision} is not good enough and was not installed: {report.complaint(floor)}")


def _spans(graph: ModelProto, feeds: Feeds, method: str, work: Path) -> dict[str, Range]:
    names = observed(graph)
    fed = {value.name for value in graph.graph.input}
    session = _opened(expose(graph, [n for n in names if n not in fed]), work / "seen.onnx")
    return ranges(session, names, feeds, method)


def _rewritten(
    graph: ModelProto, precision: str, spans: Mapping[str, Range], skip: Set[str], watched: bool = True
) -> ModelProto:
    """watched: with the layers' answers as outputs, which keep their names and f32 whatever lies within."""
    shown = expose(graph, [node.output[0] for node in targets(graph)]) if watched else graph
    return cast(shown, precision) if precision in HALF else quantise(shown, spans, skip, peak=weight_peak())


def _measured(
    graph: ModelProto, rewritten: ModelProto, precision: str, feeds: Feeds, work: Path, skip: Set[str]
) -> CompileReport:
    kinds = {node.output[0]: node.op_type for node in targets(graph)}
    exact = _opened(expose(graph, kinds), work / "exact.onnx")
    given = _opened(rewritten, work / "given.onnx", precision)
    seen: dict[str, Distance] = {}
    for batch in feeds():
        wanted, got = exact.run(batch), given.run(batch)
        for name, answer in wanted.items():
            now = distance(got[name], answer)
            seen[name] = worst(seen[name], now) if name in seen else now
    if not seen:
        raise ModelError("there is nothing to measure with: no pictures were given")
    outputs = {value.name: seen[value.name] for value in graph.graph.output}
    layers = tuple(LayerDistance(name, kind, seen[name].error) for name, kind in kinds.items())
    return CompileReport(precision, outputs, layers, tuple(sorted(skip)))


def _opened(graph: ModelProto, path: Path, precision: str = "f32") -> Session:
    save(graph, path)
    return open_openvino(path, "int8" if precision == "int8" else "f32", os.cpu_count() or 1).session()


def _install(graph: ModelProto, report: CompileReport, source: Path, name: str, folder: Path) -> Path:
    final = installed(folder, name, report.precision, source)
    part = final.with_suffix(f".part{os.getpid()}.onnx")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        save(graph, part)
        final.with_suffix(".json").write_text(json.dumps(asdict(report), indent=1), "utf-8")
        part.replace(final)
    except OSError as error:
        for half in (part, final.with_suffix(".json")):
            with suppress(OSError):
                half.unlink(missing_ok=True)
        raise ModelError(f"{name} could not be stored in {folder}: {error.strerror or error}") from error
    return final
