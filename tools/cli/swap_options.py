"""The options of a swap, whichever way the frames come in: of `swap`, `stream` and `serve` alike. Light: the help waits
for it.

One field here and one of `stream.pipeline.spec.SwapSpec` make an option; REST jobs and endpoints then have it, too.
"""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engines.errors import UnderstudyError
from stream.pipeline.choices import Device, OnMiss, Precision, RefinerName, Routing

if TYPE_CHECKING:
    from stream.consent.consent import Consent
    from stream.pipeline.spec import SwapSpec

FACES, NETWORKS = "Faces", "Swapping networks"
NO_SOURCE = "no source face was given; add --source FACE.jpg"


@dataclass(frozen=True)
class SwapOptions:
    """As the command line takes them."""

    source: Annotated[
        list[str] | None,
        typer.Option(
            "--source",
            "-s",
            metavar="FACE",
            help="Photo of the face to put in, or a kept identity's name. More photos of one person: a folder, or"
            " a.jpg,b.jpg. Once per person.",
        ),
    ] = None
    who: Annotated[
        str | None,
        typer.Option(
            metavar="WHO",
            help="Whose face: largest, all, left-to-right:N, box:x0,y0,x1,y1, reference:PHOTO. Default: the largest"
            " in files, all live.",
            rich_help_panel=FACES,
        ),
    ] = None
    map: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="N=WHO",
            help="With several sources: the N-th takes whose face, as 1=left-to-right:2. Default: from left to right.",
            rich_help_panel=FACES,
        ),
    ] = None
    most_faces: Annotated[
        int, typer.Option(min=1, metavar="N", help="Faces that are followed at once.", rich_help_panel=FACES)
    ] = 64
    strength: Annotated[
        float,
        typer.Option(min=0, max=1, help="Of the swap: 0 shows the target's own face.", rich_help_panel=FACES),
    ] = 1.0
    on_miss: Annotated[
        OnMiss | None,
        typer.Option(
            help="What a frame shows where a face to paint was lost or could not be painted: hold the last picture and"
            " then blur, blur at once, or show it as it is. Default: show in files, hold live (which never shows it).",
            rich_help_panel=FACES,
        ),
    ] = None
    strict_faces: Annotated[
        bool,
        typer.Option(
            "--strict-faces",
            help="Fail, and leave no file, where a face to paint was missed in any frame.",
            rich_help_panel=FACES,
        ),
    ] = False
    device: Annotated[Device, typer.Option(help="Where networks run.", rich_help_panel=FACES)] = Device.AUTO
    strict_device: Annotated[
        bool,
        typer.Option(
            "--strict-device",
            help="Fail where --device is not usable, instead of falling back to the CPU.",
            rich_help_panel=FACES,
        ),
    ] = False
    routing: Annotated[
        Routing,
        typer.Option(
            help="What to do where something is before a face: decide frame by frame, or always the same.",
            rich_help_panel=FACES,
        ),
    ] = Routing.AUTO
    refiner: Annotated[
        RefinerName,
        typer.Option(
            help="What lays a face beneath glass and steam: inverted (built in), or a generative one that you have"
            " installed: dkt, controlnet.",
            rich_help_panel=FACES,
        ),
    ] = RefinerName.INVERTED
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="NAME",
            help="Swapping network, as `understudy models list` shows it, or your own DFM. Default: the embedded mesh.",
            rich_help_panel=NETWORKS,
        ),
    ] = None
    precision: Annotated[
        Precision,
        typer.Option(
            help="Of --model. auto: half where chip and runtime have it. int8: the copy that `models compile` made.",
            rich_help_panel=NETWORKS,
        ),
    ] = Precision.AUTO
    pixel_boost: Annotated[
        int,
        typer.Option(
            "--pixel-boost",
            metavar="PX",
            min=0,
            max=2048,
            help="Side of the swapped face, a multiple of the network's own: 512 with one of 128 is one call of 16"
            " tiles.",
            rich_help_panel=NETWORKS,
        ),
    ] = 0
    morph: Annotated[
        float,
        typer.Option(
            min=0, max=1, help="Of a DFM that has it: 0 keeps the shape of the target's face.", rich_help_panel=NETWORKS
        ),
    ] = 0.75
    enhance: Annotated[
        str | None,
        typer.Option(
            metavar="NAME[:SHARE]",
            help="Sharpen what --model painted: gfpgan_1.4, or gfpgan_1.4:0.5 for half of it.",
            rich_help_panel=NETWORKS,
        ),
    ] = None
    mask: Annotated[
        list[str] | None,
        typer.Option(
            "--mask",
            metavar="NAME",
            help="Paint only where this network sees a face: xseg_1, bisenet_resnet_18. Several: all of them must.",
            rich_help_panel=NETWORKS,
        ),
    ] = None
    detector: Annotated[
        str | None,
        typer.Option(
            "--detector",
            metavar="NAME",
            help="Find faces with this network: scrfd_2.5g, yunet_2023_mar. Default: the embedded BlazeFace.",
            rich_help_panel=NETWORKS,
        ),
    ] = None
    occlusion: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.onnx", help="Occlusion network of your own (`understudy train`).", rich_help_panel=NETWORKS
        ),
    ] = None
    eyewear: Annotated[
        Path | None, typer.Option(metavar="FILE.onnx", help="Eyewear network of your own.", rich_help_panel=NETWORKS)
    ] = None
    light: Annotated[
        Path | None,
        typer.Option(metavar="FILE.onnx", help="Network of the light, of your own.", rich_help_panel=NETWORKS),
    ] = None
    thresholds: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.toml",
            help="Route thresholds of your own (`understudy calibrate`).",
            rich_help_panel=NETWORKS,
        ),
    ] = None

    def settled(self, agreed: bool, live: bool = False, needed: bool = True) -> "tuple[SwapSpec, Consent | None]":
        """The spec, its people found and their consent settled, asked for on a terminal where nothing tells it. live:
        by default all faces are painted, and not the largest. needed: without a source it is an error; else the spec
        names nobody and there is no consent. Raises UnderstudyError."""
        from stream.consent.package import default_identities  # numpy; the help does without
        from stream.consent.people import find_people, settle
        from stream.pipeline.spec import read_spec

        told = asdict(self)
        texts = told.pop("source") or _baked(self.model)
        if not texts and needed:
            raise UnderstudyError(NO_SOURCE)
        people = find_people(texts, default_identities())
        if live and self.who is None and not self.map and len(people) <= 1:
            told["who"] = "all"
        spec = read_spec(told, tuple(person.photos for person in people))
        if live:
            spec.for_live()  # what cannot be is told before consent is asked for
        consent = settle(people, agreed, _ask, datetime.now(UTC)) if people else None
        return spec, consent


def _ask(question: str) -> bool:
    return typer.confirm(question, default=False, err=True)


def _baked(model: str | None) -> list[str]:
    """The source of a job that names none: a DFM's own file, whose person needs to agree as anybody's. Else nothing."""
    if model is None:
        return []
    from engines.store.choice import SWAP, find
    from engines.store.store import default_store

    store = default_store()
    return [str(store.path(model))] if find(store, model, SWAP).task == "swap_dfm" else []
