"""From a checkpoint to the file that ships, and the proof that both answer alike. Knows torch and ONNX."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from engines.backends.choose import open_engine
from engines.errors import ModelError
from engines.mesh.field.lightnet import CHANNELS
from engines.mesh.field.lightnet import SIDE as LIGHT_SIDE
from engines.occlusion.eyewear import HEIGHT, WIDTH
from engines.occlusion.network import SIDE
from engines.values import F32
from tools.train.net import Exported

OPSET = 18
LARGE = 1024  # values from which on a weight is stored as float16
NEAR = 2e-3  # largest difference, in logits and in map values, that counts as alike in f32


@dataclass(frozen=True, slots=True)
class Form:
    """A network's tensors as they ship. sees: the input's name; size: its shape but for the batch. tells: the outputs'
    names. odds: the last of them is maps, made probabilities; else there is one output, as the network gives it."""

    sees: str
    size: tuple[int, ...]
    tells: tuple[str, ...]
    odds: bool = True


OCCLUSION = Form("face", (7, SIDE, SIDE), ("logits", "maps"))
EYEWEAR = Form("band", (3, HEIGHT, WIDTH), ("worn", "map"))
LIGHT = Form("face", (CHANNELS, LIGHT_SIDE, LIGHT_SIDE), ("gain",), odds=False)


def export(net: Any, path: Path, half: bool = True, form: Form = OCCLUSION) -> None:
    """Writes the form's input -> outputs. half: weights stored as float16, computed as float32."""
    net = Exported(net, form.odds).eval().to(memory_format=torch.contiguous_format)
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        net,
        (torch.zeros(1, *form.size),),
        str(path),
        input_names=[form.sees],
        output_names=list(form.tells),
        opset_version=OPSET,
        dynamo=False,
    )
    if half:
        halve(path)


def halve(path: Path) -> None:
    """Stores a model's large float32 weights as float16, each behind a Cast."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(str(path))
    casts = []
    for weight in model.graph.initializer:
        if weight.data_type != TensorProto.FLOAT or int(np.prod(weight.dims)) < LARGE:
            continue
        name, values = weight.name, numpy_helper.to_array(weight).astype(np.float16)
        weight.CopyFrom(numpy_helper.from_array(values, name + ".f16"))
        casts.append(helper.make_node("Cast", [name + ".f16"], [name], name=name + ".cast", to=TensorProto.FLOAT))
    for cast in reversed(casts):
        model.graph.node.insert(0, cast)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def answers(net: Any, seen: F32, form: Form = OCCLUSION) -> tuple[F32, ...]:
    """torch's answers in f32 to inputs (n, ...), in the order of the form's outputs, (n, ...) each."""
    with torch.no_grad():
        told = Exported(net, form.odds).eval()(torch.from_numpy(seen))
    return tuple(t.numpy() for t in (told if isinstance(told, tuple) else (told,)))


def parity(net: Any, path: Path, seen: F32, form: Form = OCCLUSION) -> float:
    """The largest difference between torch and the exported file, run as the product runs it, over inputs (n, ...) of
    the form's size.

    Both use the weights as stored. Errors: ModelError where it is beyond NEAR.
    """
    session = open_engine(path, "cpu", "f32").session()
    want, worst = answers(net, seen, form), 0.0
    for i in range(len(seen)):
        got = session.run({form.sees: seen[i : i + 1]})
        near = [np.abs(np.asarray(got[n], np.float32)[0] - w[i]).max() for n, w in zip(form.tells, want, strict=True)]
        worst = max(worst, *(float(d) for d in near))
    session.close()
    if worst > NEAR:
        raise ModelError(
            f"{path} answers up to {worst:.4f} differently from the network it was made of; export it again"
        )
    return worst


def folded(net: Any) -> Any:
    """The net with each batch norm that follows a convolution taken into its weights, in eval mode.

    The exporter does the same; done beforehand, what is rounded here is what is rounded in the file.
    """
    net.eval()
    for module in [m for m in net.modules() if isinstance(m, nn.Sequential)]:
        for i, (one, next_) in enumerate(pairwise(module)):
            if isinstance(one, nn.Conv2d) and isinstance(next_, nn.BatchNorm2d):
                module[i], module[i + 1] = fuse_conv_bn_eval(one, next_), nn.Identity()
    return net


def rounded(net: Any) -> Any:
    """The net, folded, with the weights that `halve` stores, so that parity compares like with like."""
    for p in folded(net).parameters():
        if p.numel() >= LARGE:
            p.data.copy_(p.data.half().float())
    return net
