"""Makes inner tensors of a graph visible as outputs, so that calibration can look at them."""

from collections.abc import Iterable
from copy import deepcopy

from onnx import ModelProto, ValueInfoProto


def expose(model: ModelProto, names: Iterable[str]) -> ModelProto:
    """A copy with the named tensors as further outputs. A tensor that is fed is no output; leave it out."""
    seen = deepcopy(model)
    present = {value.name for value in seen.graph.output}
    for name in names:
        if name not in present:
            value = ValueInfoProto(name=name)
            value.type.tensor_type.elem_type = 1
            seen.graph.output.append(value)
            present.add(name)
    return seen
