"""A network that sees by a rule, as an ONNX file with the occlusion network's inputs and outputs: for tests of what is
around it."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from engines.occlusion.network import SIDE


def by_difference(path: Path, clear: float = 0.06, slope: float = 60.0, bias: tuple[float, float] = (0, -9)) -> Path:
    """Opaque where the face differs from its plate by more than `clear`, in shares of full scale over the whole crop,
    else none; without a plate none. bias: added to the logits of opaque and of transparent. Its opaque map is ten times
    what the difference has over 0.15; it sees nothing transparent."""
    ints = {"zero": [0], "three": [3], "six": [6], "seven": [7], "one": [1], "row": [1, 1]}
    floats = {
        "clear": np.float32(clear),
        "rise": np.array([[0, slope, 0]], np.float32),
        "bias": np.array([[0, *bias]], np.float32),
        "little": np.float32(0.15),
        "ten": np.float32(10),
        "low": np.float32(0),
        "high": np.float32(1),
        "naught": np.zeros((1, 1, 1, 1), np.float32),
    }
    stored = [numpy_helper.from_array(np.array(v, np.int64), n) for n, v in ints.items()]
    stored += [numpy_helper.from_array(np.asarray(v), n) for n, v in floats.items()]
    node = helper.make_node
    nodes = [
        node("Slice", ["face", "zero", "three", "one"], ["rgb"]),
        node("Slice", ["face", "three", "six", "one"], ["plate"]),
        node("Slice", ["face", "six", "seven", "one"], ["mask"]),
        node("Mul", ["rgb", "mask"], ["inside"]),
        node("Sub", ["inside", "plate"], ["signed"]),
        node("Abs", ["signed"], ["apart"]),
        node("Sign", ["plate"], ["known"]),
        node("Mul", ["apart", "known"], ["change"]),
        node("ReduceMean", ["change", "one"], ["grey"], keepdims=1),
        node("GlobalAveragePool", ["grey"], ["all"]),
        node("Sub", ["all", "clear"], ["more"]),
        node("Reshape", ["more", "row"], ["flat"]),
        node("MatMul", ["flat", "rise"], ["risen"]),
        node("Add", ["risen", "bias"], ["logits"]),
        node("Sub", ["grey", "little"], ["over"]),
        node("Mul", ["over", "ten"], ["much"]),
        node("Clip", ["much", "low", "high"], ["opaque"]),
        node("Mul", ["opaque", "naught"], ["nothing"]),
        node("Concat", ["opaque", "nothing", "nothing"], ["maps"], axis=1),
    ]
    face = helper.make_tensor_value_info("face", TensorProto.FLOAT, [1, 7, SIDE, SIDE])
    out = [
        helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 3]),
        helper.make_tensor_value_info("maps", TensorProto.FLOAT, [1, 3, SIDE, SIDE]),
    ]
    graph = helper.make_graph(nodes, "rule", [face], out, stored)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    model.ir_version = 9
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return path
