"""The declaration of an ONNX file: its inputs, outputs, and where its outside data lie. Weights are never read.

A walk over the protobuf's fields (onnx.proto: ModelProto, GraphProto, NodeProto, TensorProto); no code, no pickle, no
outside file is opened, so it may look at a file that nobody trusts yet.
"""

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from engines.errors import ModelError
from engines.store.catalog import Tensor

TYPES = {
    1: "float32",
    2: "uint8",
    3: "int8",
    5: "int16",
    6: "int32",
    7: "int64",
    9: "bool",
    10: "float16",
    11: "float64",
}
TYPES |= {16: "bfloat16"}
# the standard's own, and those that ONNX Runtime brings along
KNOWN_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml", "com.microsoft", "com.microsoft.nchwc"})
DEEPEST = 16  # nested graphs; published models have at most two


@dataclass(frozen=True, slots=True)
class Head:
    """inputs, outputs: as declared, initialisers left out. external: outside data files, relative to the model's.
    domains: whose operators its nodes are, those left out that the file defines itself. operators: their names."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    external: tuple[str, ...]
    domains: frozenset[str] = frozenset()
    operators: frozenset[str] = frozenset()


def refuse_tflite(file: Path) -> None:
    """Raises ModelError where a file is TensorFlow Lite, whole or not, which is no damaged ONNX."""
    with file.open("rb") as opened:
        if opened.read(8)[4:] == b"TFL3":
            raise ModelError(f"{file} is a TFLite file, and this works on ONNX files alone")


def read_head(file: Path) -> Head:
    """Raises ModelError where the file is no ONNX, is cut short, names outside data beyond its own folder, or needs
    operators of its maker's own."""
    try:
        with file.open("rb") as opened:
            # unmapped when the last slice of it is gone, not before
            head = _model(memoryview(mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)))
    except (ValueError, IndexError, UnicodeDecodeError) as error:
        refuse_tflite(file)
        raise ModelError(f"{file} is no ONNX file, or is cut short ({error}); fetch or export it again") from error
    for place in head.external:
        _inside(file, place)
    if strange := sorted(head.domains - KNOWN_DOMAINS):
        raise ModelError(
            f"{file} needs operators of {', '.join(strange)}, which no runtime here has; export it with plain ones"
        )
    return head


def _inside(file: Path, place: str) -> None:
    path = PurePosixPath(place.replace("\\", "/"))
    unsafe = path.is_absolute() or ".." in path.parts or ":" in place or not place
    folder = file.parent.resolve()
    if unsafe or not (folder / path).resolve().is_relative_to(folder):
        raise ModelError(f"{file} takes data from {place!r}, outside its own folder: refused. Export it as one file")
    if not (folder / path).is_file():
        raise ModelError(f"{file} lacks its data file {place!r}, which belongs beside it")


def _fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Number and value of every field; a value is an int, or a slice for what has a length."""
    at, end = 0, len(data)
    while at < end:
        key, at = _varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint(data, at)
            yield key >> 3, value
            continue
        if kind == 2:
            size, at = _varint(data, at)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
        else:
            raise ValueError(f"no field can be of kind {kind}")
        if key >> 3 == 0 or at + size > end:
            raise ValueError(f"a field of {size} bytes ends beyond the file")
        yield key >> 3, data[at : at + size]
        at += size


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("a number without an end")


def _parts(data: memoryview, number: int) -> list[memoryview]:
    return [value for n, value in _fields(data) if n == number and isinstance(value, memoryview)]


def _text(data: memoryview, number: int) -> str:
    parts = _parts(data, number)
    return str(parts[-1], "utf-8") if parts else ""


def _number(data: memoryview, number: int) -> int | None:
    return next((value for n, value in _fields(data) if n == number and isinstance(value, int)), None)


def _model(data: memoryview) -> Head:
    graphs = _parts(data, 7)
    if len(graphs) != 1 or _number(data, 1) is None:
        raise ValueError("it holds no graph")
    graph, weights, external, domains, operators = graphs[0], set[str](), list[str](), set[str](), set[str]()
    inputs: list[Tensor] = []
    outputs: list[Tensor] = []
    for tensor in _parts(graph, 5):
        weights.add(_text(tensor, 8))
    _walk(graph, external, domains, operators, 0)
    domains -= {_text(function, 10) for function in _parts(data, 25)}
    for number, into in ((11, inputs), (12, outputs)):
        into += [t for t in map(_declared, _parts(graph, number)) if t.name not in weights]
    return Head(tuple(inputs), tuple(outputs), tuple(dict.fromkeys(external)), frozenset(domains), frozenset(operators))


def _walk(graph: memoryview, found: list[str], domains: set[str], operators: set[str], depth: int) -> None:
    """Outside data of a graph's initialisers, and of the tensors and graphs within its nodes' attributes; the nodes'
    domains and operators."""
    if depth > DEEPEST:
        raise ValueError("graphs are nested too deep")
    tensors = _parts(graph, 5) + [part for sparse in _parts(graph, 15) for n in (1, 2) for part in _parts(sparse, n)]
    for node in _parts(graph, 1):
        domains.add(_text(node, 7))
        operators.add(_text(node, 4))
        for attribute in _parts(node, 5):
            tensors += _parts(attribute, 5) + _parts(attribute, 10)
            for inner in _parts(attribute, 6) + _parts(attribute, 11):
                _walk(inner, found, domains, operators, depth + 1)
    for tensor in tensors:
        places = [_text(entry, 2) for entry in _parts(tensor, 13) if _text(entry, 1) == "location"]
        if places or _number(tensor, 14) == 1:
            found += places or [""]


def _declared(value: memoryview) -> Tensor:
    for kind in _parts(value, 2):
        for tensor in _parts(kind, 1):
            shape = [n if (n := _number(d, 1)) is not None else -1 for s in _parts(tensor, 2) for d in _parts(s, 1)]
            code = _number(tensor, 1) or 0
            sizes = tuple(n if n > 0 else -1 for n in shape)
            return Tensor(_text(value, 1), TYPES.get(code, f"type{code}"), sizes)
    return Tensor(_text(value, 1), "none", ())
