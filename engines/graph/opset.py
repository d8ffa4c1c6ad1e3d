"""Lifts old graphs to an opset that per-channel Q/DQ needs. Knows versions only."""

from onnx import ModelProto, version_converter

from engines.errors import ModelError

LEAST = 13


def version(model: ModelProto) -> int:
    return max((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), default=0)


def lifted(model: ModelProto) -> ModelProto:
    """The graph in opset 13 or later. Errors: ModelError where an operator has no counterpart there."""
    if version(model) >= LEAST:
        return model
    try:
        return version_converter.convert_version(model, LEAST)
    except (RuntimeError, ValueError) as error:
        raise ModelError(
            f"this graph is of opset {version(model)} and cannot be lifted to {LEAST}: {error}; export it again"
        ) from error
