"""ONNX files with a declaration that tests choose, and weights of zeros."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def net(path: Path, inputs: dict[str, list[int | str]], outputs: dict[str, list[int | str]]) -> Path:
    """A graph with this declaration, and a constant behind every output."""

    def values(of: dict[str, list[int | str]]) -> list[onnx.ValueInfoProto]:
        return [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in of.items()]

    weight = numpy_helper.from_array(np.zeros(3, np.float32), "weight")
    nodes = [helper.make_node("Identity", ["weight"], [name]) for name in outputs]
    # old exporters list weights among the inputs
    listed = [*values(inputs), helper.make_tensor_value_info("weight", TensorProto.FLOAT, [3])]
    graph = helper.make_graph(nodes, "g", listed, values(outputs), [weight])
    onnx.save(helper.make_model(graph), str(path))
    return path


def swapper(path: Path, side: int = 128) -> Path:
    return net(path, {"target": [1, 3, side, side], "source": [1, 512]}, {"out": [1, 3, side, side]})


def external(path: Path, location: str) -> Path:
    swapper(path)
    model = onnx.load(str(path))
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    path.write_bytes(model.SerializeToString())
    return path
