"""What a user's own model file is, by the tensors it declares. Nothing of it is run or unpacked."""

from dataclasses import dataclass
from pathlib import Path

from engines.errors import ModelError
from engines.store.catalog import Catalog, Model, Tensor
from engines.store.onnx_header import Head, read_head

PICKLES = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


@dataclass(frozen=True, slots=True)
class Recognised:
    """like: the catalogue's model that it was taken for. others: those with the very same declaration."""

    like: str
    others: tuple[str, ...]
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


def recognise(file: Path, catalog: Catalog, name: str | None = None) -> Recognised:
    """What `file` is; with `name`, whether it is that model. Raises ModelError, which says what was seen."""
    if not file.is_file():
        raise ModelError(f"{file} is no file")
    head = _read(file)
    fitting = [m for m in catalog.models.values() if fits(m, head)]
    if name is not None:
        fitting = [m for m in fitting if m.name == name]
    if not fitting:
        seen = f"inputs {_list(head.inputs)}; outputs {_list(head.outputs)}"
        if name is not None:
            want = catalog.model(name)
            raise ModelError(
                f"{file} is not {name}: it declares {seen}, "
                f"and {name} has inputs {_list(want.inputs)}; outputs {_list(want.outputs)}"
            )
        known = "; ".join(f"{m.name}: {_list(m.inputs)}" for m in catalog.models.values() if m.inputs)
        raise ModelError(f"{file} is no model that is known here: it declares {seen}. Known are: {known}")
    names = tuple(m.name for m in fitting)
    # a family's own name says more than that of one of its look-alikes
    like = next((m.name for m in fitting if m.kind), names[0])
    return Recognised(like, tuple(n for n in names if n != like), head.inputs, head.outputs)


def fits(model: Model, head: Head) -> bool:
    """Whether a file's declaration is this model's: every input and output, in any order, and no more."""
    if not model.inputs:
        return False
    # DFM files carry an optional second input
    optional = {"morph_value:0"} if model.task == "swap_dfm" else set()
    given = [t for t in head.inputs if t.name not in optional]
    if len(given) != len(model.inputs) or len(head.outputs) != len(model.outputs):
        return False
    return _matched(model.inputs, given) and _matched(model.outputs, head.outputs)


def _matched(declared: tuple[Tensor, ...], given: list[Tensor] | tuple[Tensor, ...]) -> bool:
    left = list(given)
    for want in sorted(declared, key=lambda t: not t.name):  # named ones first: they choose
        hit = next((t for t in left if want.fits(t)), None)
        if hit is None:
            return False
        left.remove(hit)
    return True


def _read(file: Path) -> Head:
    with file.open("rb") as opened:
        start = opened.read(8)
    if start[:2] in PICKLES or start[:4] == b"PK\x03\x04":
        raise ModelError(f"{file} is a pickle or a checkpoint (.pt, .pth): it could run code. Export it to ONNX first")
    if start[4:8] == b"TFL3":
        raise ModelError(f"{file} is a TFLite file; of these only the embedded ones are used: `understudy models pull`")
    head = read_head(file)
    if head.external:
        raise ModelError(
            f"{file} keeps weights in {', '.join(head.external)}, which its own digest would not cover; "
            "make one file of it: python -c \"import onnx; onnx.save(onnx.load('IN.onnx'), 'OUT.onnx')\""
        )
    return head


def _list(tensors: tuple[Tensor, ...]) -> str:
    return ", ".join(map(str, tensors)) or "none"
