"""Reads an ONNX file safely: nothing outside its own folder is opened, custom operators are named, damage is said.

Every reader of ONNX graphs in the project goes through here.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx import AttributeProto, GraphProto, ModelProto, TensorProto

from engines.errors import ModelError
from engines.store.onnx_header import refuse_tflite

Graph = ModelProto  # for those who pass graphs on and look at none
KNOWN_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml"})


def tensors(graph: GraphProto) -> Iterator[TensorProto]:
    """Every tensor stored in a graph: initializers, constants, and those of its inner graphs."""
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == AttributeProto.TENSOR:
                yield attribute.t
            yield from attribute.tensors
            for inner in (attribute.g, *attribute.graphs):
                if inner.node or inner.initializer:
                    yield from tensors(inner)


def nodes(graph: GraphProto) -> Iterator[onnx.NodeProto]:
    """Every node, those of inner graphs included."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                if inner.node:
                    yield from nodes(inner)


def locations(model: ModelProto) -> set[str]:
    """The files beside the model that its tensors name."""
    return {
        entry.value
        for tensor in tensors(model.graph)
        if tensor.data_location == TensorProto.EXTERNAL
        for entry in tensor.external_data
        if entry.key == "location"
    }


def refuse_unsafe(location: str, folder: Path) -> None:
    """Raises ModelError where an external tensor lies outside `folder`, or behind a link."""
    parts = PurePosixPath(location.replace("\\", "/"))
    path = folder / parts
    if parts.is_absolute() or ".." in parts.parts or ":" in location:
        raise ModelError(f"the model wants to read {location!r}, outside its own folder: do not use this file")
    if path.is_symlink() or not path.resolve().is_relative_to(folder.resolve()):
        raise ModelError(f"the model's weights {location!r} are a link out of its folder: copy the file there instead")
    if not path.is_file():
        raise ModelError(f"the model's weights {location!r} are missing; put that file beside the model")


def load(path: Path, weights: bool = True) -> ModelProto:
    """The graph of an ONNX file. weights: also reads tensors stored in files beside it.

    Errors: ModelError for a missing, damaged or unsafe file, and for operators no runtime here has.
    """
    if not path.is_file():
        raise ModelError(f"{path} is missing; `understudy models list` shows what can be pulled")
    try:
        model = onnx.load(str(path), load_external_data=False)
    except (DecodeError, ValueError) as error:
        refuse_tflite(path)
        raise ModelError(f"{path} is not an ONNX file, or was cut short; fetch it again") from error
    if not model.graph.node:
        raise ModelError(f"{path} holds no network; fetch it again")
    for location in locations(model):
        refuse_unsafe(location, path.parent)
    strange = sorted({node.domain for node in nodes(model.graph)} - KNOWN_DOMAINS - functions(model))
    if strange:
        raise ModelError(f"{path} needs operators of {', '.join(strange)}, which no runtime here has")
    if weights:
        onnx.load_external_data_for_model(model, str(path.parent))
    return model


def functions(model: ModelProto) -> set[str]:
    """Domains whose operators the file defines itself."""
    return {function.domain for function in model.functions}


def save(model: ModelProto, path: Path) -> None:
    """Writes the graph; weights beyond protobuf's 2 GB go to one file beside it."""
    if model.ByteSize() < 2**31 - 2**20:
        onnx.save(model, str(path))
    else:
        onnx.save(model, str(path), save_as_external_data=True, location=path.name + ".data")
