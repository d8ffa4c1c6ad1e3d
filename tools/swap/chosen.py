"""Chosen: which networks a swap is painted with, as the options say. Values and their checks; opens nothing."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import typer

from engines.errors import UnderstudyError

PANEL = "Swapping networks"


class Precision(StrEnum):
    AUTO = "auto"
    F32 = "f32"
    BF16 = "bf16"
    F16 = "f16"
    INT8 = "int8"


Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="NAME",
        help="Swapping network, as `understudy models list` shows it, or your own DFM. Default: the embedded mesh.",
        rich_help_panel=PANEL,
    ),
]
Precise = Annotated[
    Precision,
    typer.Option(
        help="Of --model. auto: half where chip and runtime have it. int8: the copy that `models compile` made.",
        rich_help_panel=PANEL,
    ),
]
Boost = Annotated[
    int,
    typer.Option(
        "--pixel-boost",
        metavar="PX",
        min=0,
        max=2048,
        help="Side of the swapped face, a multiple of the network's own: 512 with one of 128 is one call of 16 tiles.",
        rich_help_panel=PANEL,
    ),
]
Morph = Annotated[
    float,
    typer.Option(
        min=0, max=1, help="Of a DFM that has it: 0 keeps the shape of the target's face.", rich_help_panel=PANEL
    ),
]
Enhance = Annotated[
    str | None,
    typer.Option(
        metavar="NAME[:SHARE]",
        help="Sharpen what --model painted: gfpgan_1.4, or gfpgan_1.4:0.5 for half of it.",
        rich_help_panel=PANEL,
    ),
]
Masks = Annotated[
    list[str] | None,
    typer.Option(
        "--mask",
        metavar="NAME",
        help="Paint only where this network sees a face: xseg_1, bisenet_resnet_18. Several: all of them must.",
        rich_help_panel=PANEL,
    ),
]
Finds = Annotated[
    str | None,
    typer.Option(
        "--detector",
        metavar="NAME",
        help="Find faces with this network: scrfd_2.5g, yunet_2023_mar. Default: the embedded BlazeFace.",
        rich_help_panel=PANEL,
    ),
]
Strict = Annotated[
    bool,
    typer.Option(
        "--strict-device",
        help="Fail where --device is not usable, instead of falling back to the CPU.",
        rich_help_panel="What to swap",
    ),
]


@dataclass(frozen=True, slots=True)
class Chosen:
    """model: empty for the mesh swapper. boost: side of the crop in pixels, 0 for the network's. enhancer, detector:
    empty for none and for the embedded one. strength: 0 to 1. strict: no falling back to another device."""

    model: str = ""
    precision: str = "auto"
    boost: int = 0
    morph: float = 0.75
    enhancer: str = ""
    strength: float = 0.8
    masks: tuple[str, ...] = ()
    detector: str = ""
    strict: bool = False


def read(
    model: str | None,
    precision: str,
    boost: int,
    morph: float,
    enhance: str | None,
    masks: list[str] | None,
    detector: str | None,
    strict: bool,
) -> Chosen:
    """The options' values. Raises UnderstudyError where they go together badly."""
    enhancer, strength = read_share(enhance) if enhance else ("", 0.8)
    said = {"--precision": precision != "auto", "--pixel-boost": boost, "--enhance": enhancer, "--mask": masks}
    alone = next((name for name, given in said.items() if given and not model), None)
    if alone:
        raise UnderstudyError(f"{alone} goes with a swapping network; add --model NAME (`understudy models list`)")
    return Chosen(model or "", precision, boost, morph, enhancer, strength, tuple(masks or ()), detector or "", strict)


def read_share(text: str) -> tuple[str, float]:
    """`NAME` or `NAME:SHARE`, the share 0.8 where none is told. Raises UnderstudyError."""
    name, colon, rest = text.partition(":")
    try:
        share = float(rest) if colon else 0.8
    except ValueError:
        share = -1.0
    if not name or not 0 <= share <= 1:
        raise UnderstudyError(f"--enhance {text!r}: write NAME, or NAME:SHARE with a share from 0 to 1")
    return name, share


def baked(chosen: Chosen) -> list[str]:
    """The source of a job that names none: a DFM's own file, whose person needs to agree as anybody's. Else nothing."""
    if not chosen.model:
        return []
    from engines.store.store import default_store

    store = default_store()
    return [str(store.path(chosen.model))] if store.model(chosen.model).task == "swap_dfm" else []
