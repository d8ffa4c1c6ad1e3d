"""What `bench engines` measures: which runtimes, which models, and the whole run in its order. Prints nothing."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from engines.backends.compiled import installed
from engines.backends.openvino import open_openvino
from engines.backends.survey import survey
from engines.errors import ModelError, UnderstudyError
from engines.graph.load import load, save
from engines.graph.macs import macs
from engines.graph.standin import standin
from engines.store.store import default_store
from tools.bench.engines.contenders import PRECISIONS, ContenderRow, Feeds, Subject, contenders, quantised, race, rows
from tools.bench.engines.matmul_peak import SIDE, open_product
from tools.models.feeds import feeds as crops

STANDIN = "standin-138m"


@dataclass(frozen=True, slots=True)
class Wish:
    """names: models of the store, or the stand-in. backends: as `backends` gives them. side: of the matrix product."""

    names: Sequence[str]
    backends: Sequence[str]
    batches: Sequence[int]
    threads: int
    rounds: int
    side: int = SIDE


@dataclass(frozen=True, slots=True)
class EngineResults:
    """ceilings: thousand million multiply-adds a second by (backend, precision)."""

    ceilings: dict[tuple[str, str], float]
    rows: tuple[ContenderRow, ...]


def measure(wish: Wish, say: Callable[[str], None]) -> EngineResults:
    """Each model's contenders and the matrix products, in turns. say: told what had to be left out."""
    products = [open_product(p, b, wish.threads, wish.side) for b in wish.backends for p in PRECISIONS[b]]
    int8 = any(product.precision == "int8" for product in products)
    ceilings: dict[tuple[str, str], float] = {}
    found: list[ContenderRow] = []
    for name in wish.names:
        with TemporaryDirectory(prefix="understudy-") as scratch:
            one = subject(name, Path(scratch), int8)
            field = contenders(one, wish.backends, wish.batches, wish.threads, Path(scratch), say)
            race(field, products, wish.rounds)
            ceilings = {(product.backend, product.precision): product.rate for product in products}
            found += rows(one, field, ceilings)
    return EngineResults(ceilings, tuple(found))


def backends(wanted: str) -> list[str]:
    """The runtimes to measure. Errors: UnderstudyError where none is usable, or one is unknown."""
    usable = [finding.backend for finding in survey() if finding.usable]
    named = [name.strip() for name in wanted.split(",") if name.strip()]
    unknown = [name for name in named if name not in PRECISIONS]
    if unknown:
        raise UnderstudyError(f"no runtime is called {unknown[0]!r}; there is {', '.join(PRECISIONS)}")
    missing = [name for name in named if name not in usable]
    if missing:
        raise UnderstudyError(f"{missing[0]} is not usable here; `understudy doctor` says why")
    return named or usable


def subject(name: str, scratch: Path, int8: bool) -> Subject:
    """The stand-in, written and quantised on the spot, or a model of the store with its compiled int8 copy."""
    if name == STANDIN:
        graph, count = standin()
        path = scratch / f"{STANDIN}.onnx"
        save(graph, path)
        given = standin_feeds()
        return Subject(name, path, given, count, quantised(path, [given], scratch / "int8.onnx") if int8 else None)
    store = default_store()
    model, path = store.model(name), store.path(name)
    if path.suffix == ".tflite":
        raise ModelError(
            f"{name} is a TFLite file, which OpenVINO alone runs, so there is nothing to compare; name models with ONNX"
            " files (`understudy models list --here`)"
        )
    given = next(iter(crops(model, open_openvino(path).inputs, None)()))
    copy = installed(store.root / "compiled", name, "int8", path)
    return Subject(name, path, given, macs(load(path)), copy if copy.is_file() else None)


def standin_feeds() -> Feeds:
    rng = np.random.default_rng(0)
    source = rng.standard_normal((1, 512)).astype(np.float32)
    return {"target": rng.random((1, 3, 128, 128), np.float32), "source": source / np.linalg.norm(source)}


def as_json(outcome: EngineResults) -> dict[str, object]:
    """A precision's ceiling is that of the best runtime here; every row's share is of its own runtime's."""
    best: dict[str, float] = {}
    for (_, precision), rate in outcome.ceilings.items():
        best[precision] = max(rate, best.get(precision, 0))
    own = {f"{name} {precision}": round(rate, 2) for (name, precision), rate in outcome.ceilings.items()}
    return {
        "ceiling": {precision: round(rate, 2) for precision, rate in best.items()},
        "ceiling_by_backend": own,
        "rows": [
            {k: round(v, 6) if isinstance(v, float) else v for k, v in asdict(row).items()} for row in outcome.rows
        ],
    }
