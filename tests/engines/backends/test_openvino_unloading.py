"""A network that another thread drops must not take the main thread's stack for signals with it."""

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import gc, os, signal, sys, threading
from engines.backends.openvino import open_openvino
from pathlib import Path

signal.signal(signal.SIGINT, lambda *_: print("interrupted"))
held = [open_openvino(Path(sys.argv[1]))]

def drop():
    held.clear()
    gc.collect()

thread = threading.Thread(target=drop)
thread.start()
thread.join()
os.kill(os.getpid(), signal.SIGINT)
print("alive")
"""


def test_ctrl_c_after_another_thread_dropped_the_last_network(tmp_path: Path) -> None:
    from onnx import TensorProto, helper, save

    ports = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, 4]) for n in ("x", "y")]
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "relu", ports[:1], ports[1:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 10
    path = tmp_path / "relu.onnx"
    save(model, path)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(path)], capture_output=True, text=True, cwd=Path(__file__).parents[3]
    )
    assert done.stdout.split() == ["interrupted", "alive"], done.stderr
