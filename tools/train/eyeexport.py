"""From an eyewear checkpoint to the file that ships, and the proof that both answer alike. Knows torch and ONNX."""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from engines.backends.choose import open_engine
from engines.errors import ModelError
from engines.eyewear import HEIGHT, WIDTH
from engines.values import F32
from tools.train.export import NEAR, OPSET, halve
from tools.train.eyenet import Exported


def export(net: Any, path: Path) -> None:
    """Writes `band` -> `worn`, `map`; weights stored as float16, computed as float32."""
    net = Exported(net).eval().to(memory_format=torch.contiguous_format)
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        net,
        (torch.zeros(1, 3, HEIGHT, WIDTH),),
        str(path),
        input_names=["band"],
        output_names=["worn", "map"],
        opset_version=OPSET,
        dynamo=False,
    )
    halve(path)


def parity(net: Any, path: Path, bands: F32) -> float:
    """The largest difference between torch and the exported file over bands (n, 3, 80, 160). Both use the weights as
    stored. Errors: ModelError where it is beyond NEAR."""
    session = open_engine(path, "cpu", "f32").session()
    with torch.no_grad():
        want = [a.numpy() for a in Exported(net).eval()(torch.from_numpy(bands))]
    worst = 0.0
    for i in range(len(bands)):
        got = session.run({"band": bands[i : i + 1]})
        for name, whole in zip(("worn", "map"), want, strict=True):
            worst = max(worst, float(np.abs(np.asarray(got[name], np.float32)[0] - whole[i]).max()))
    session.close()
    if worst > NEAR:
        raise ModelError(
            f"{path} answers up to {worst:.4f} differently from the network it was made of; export it again"
        )
    return worst
