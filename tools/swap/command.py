"""`understudy swap`: its options, and the choice between clip, picture and preview. The work is done elsewhere."""

import sys
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from engines.errors import OutputError, UnderstudyError
from stream.marks.layers import Signer, marking
from tools.cli import config_file as settings
from tools.cli.options import MARKS, Agreed, Because, Without
from tools.cli.timecode import parse_time
from tools.swap import chosen
from tools.swap.job import SwapJob, parse_bitrate

FLOW, ENCODER, OUTPUT = "What to swap", "Encoding", "Output"


class Interrupted(UnderstudyError):
    """Ended by Ctrl-C."""

    exit_code = 130  # as shells count it


class Routing(StrEnum):
    AUTO = "auto"
    FAST = "fast"
    XSEG = "xseg"
    ALWAYS_REFINE = "always-refine"


class Device(StrEnum):
    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"
    TENSORRT = "tensorrt"


def register(app: typer.Typer) -> None:
    app.command("swap")(swap)


def swap(
    target: Annotated[
        str, typer.Argument(metavar="TARGET", help="Video or picture to change; - reads a video from stdin.")
    ],
    output: Annotated[
        str | None,
        typer.Argument(
            metavar="OUTPUT", help="Where the result goes; - writes to stdout. May be left out with --preview."
        ),
    ] = None,
    source: Annotated[
        list[str] | None,
        typer.Option(
            "--source",
            "-s",
            metavar="FACE",
            help="Photo of the face to put in, or a kept identity's name. More photos of one person: a folder, or"
            " a.jpg,b.jpg. Once per person.",
        ),
    ] = None,
    who: Annotated[
        str | None,
        typer.Option(
            metavar="WHO",
            help="Whose face: largest (default), all, left-to-right:N, box:x0,y0,x1,y1, reference:PHOTO.",
            rich_help_panel=FLOW,
        ),
    ] = None,
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="N=WHO",
            help="With several sources: the N-th takes whose face, as 1=left-to-right:2. Default: from left to right.",
            rich_help_panel=FLOW,
        ),
    ] = None,
    start: Annotated[
        str | None, typer.Option(metavar="TIME", help="Begin here: 12.5 or 1:02:03.", rich_help_panel=FLOW)
    ] = None,
    end: Annotated[str | None, typer.Option(metavar="TIME", help="End before this.", rich_help_panel=FLOW)] = None,
    device: Annotated[Device, typer.Option(help="Where networks run.", rich_help_panel=FLOW)] = Device.AUTO,
    strict: chosen.Strict = False,
    model: chosen.Model = None,
    precision: chosen.Precise = chosen.Precision.AUTO,
    boost: chosen.Boost = 0,
    morph: chosen.Morph = 0.75,
    enhance: chosen.Enhance = None,
    mask: chosen.Masks = None,
    detector: chosen.Finds = None,
    threads: Annotated[
        int, typer.Option(min=0, help="Threads of decoder and encoder; 0: all cores.", rich_help_panel=FLOW)
    ] = 0,
    codec: Annotated[
        str | None,
        typer.Option(help="Encoder as FFmpeg names it. Default: the container's usual.", rich_help_panel=ENCODER),
    ] = None,
    crf: Annotated[
        int | None, typer.Option(help="Quality, lower is better. Default: 18 for x264.", rich_help_panel=ENCODER)
    ] = None,
    preset: Annotated[
        str | None, typer.Option(help="Encoder's effort: ultrafast to veryslow.", rich_help_panel=ENCODER)
    ] = None,
    bitrate: Annotated[
        str | None, typer.Option(metavar="RATE", help="Mean rate instead of --crf: 4M.", rich_help_panel=ENCODER)
    ] = None,
    routing: Annotated[
        Routing,
        typer.Option(
            help="What to do where something is before a face: decide frame by frame, or always the same.",
            rich_help_panel=FLOW,
        ),
    ] = Routing.AUTO,
    refiner: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="What lays a face beneath glass and steam: inverted (built in), or a generative one that you have"
            " installed: dkt, controlnet.",
            rich_help_panel=FLOW,
        ),
    ] = "inverted",
    preview: Annotated[
        Path | None,
        typer.Option(
            metavar="FRAME.png",
            help="One frame, before and after side by side: that at --start, or the first with a face.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE.json", help="Every frame's route and faces, and timings.", rich_help_panel=OUTPUT),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Errors only.", rich_help_panel=OUTPUT)] = False,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite",
            "-y",
            help="Replace an existing output. Without it you are asked on a terminal; scripts are not.",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
    consent: Agreed = False,
    without: Without = None,
    because: Because = "",
    certificate: Annotated[
        Path | None,
        typer.Option(metavar="CHAIN.pem", help="Sign with this, not as this computer.", rich_help_panel=MARKS),
    ] = None,
    certificate_key: Annotated[
        Path | None, typer.Option(metavar="KEY.pem", help="The certificate's key.", rich_help_panel=MARKS)
    ] = None,
    remote_signer: Annotated[
        str | None, typer.Option(metavar="URL", help="A service that has the key.", rich_help_panel=MARKS)
    ] = None,
    timestamp: Annotated[
        str | None, typer.Option(metavar="URL", help="A timestamp service (RFC 3161).", rich_help_panel=MARKS)
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.toml",
            is_eager=True,
            callback=settings.apply,
            help="Defaults for these options; see docs/understudy.example.toml.",
        ),
    ] = None,
) -> None:
    """Put the face of a photo into a video or a picture.

    understudy swap --source face.jpg clip.mp4 result.mp4
    """
    nets = chosen.read(model, precision.value, boost, morph, enhance, mask, detector, strict)
    source = source or chosen.baked(nets)
    if not source:
        raise UnderstudyError("no source face was given; add --source FACE.jpg")
    if crf is not None and bitrate is not None:
        raise UnderstudyError("--crf and --bitrate exclude each other; give one of them")
    from stream.consent.package import default_identities  # numpy; the help does without
    from stream.consent.people import find_people, settle

    people = find_people(source, default_identities())
    job = SwapJob(
        sources=tuple(person.photos for person in people),
        target=target,
        output=output,
        who=who,
        maps=tuple(map_ or ()),
        device=device.value,
        codec=codec,
        crf=crf,
        preset=preset,
        bitrate=parse_bitrate(bitrate) if bitrate else None,
        start=parse_time(start, "--start") if start else None,
        end=parse_time(end, "--end") if end else None,
        preview=preview,
        report=report,
        threads=threads,
        quiet=quiet,
        routing=routing.value,
        refiner=refiner,
        nets=nets,
        marking=marking(without or [], because),
        signer=Signer(certificate, certificate_key, remote_signer, timestamp),
    )
    job.check()
    if not overwrite:
        _ask(job)
    agreed = settle(people, consent, _agreed, datetime.now(UTC))
    try:
        code = _carry_out(replace(job, consent=agreed))
    except KeyboardInterrupt:
        raise Interrupted("interrupted; nothing was kept") from None
    raise typer.Exit(code)


def _ask(job: SwapJob) -> None:
    """Asks before replacing files, where there is someone to ask; a script that names an output means it."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return
    for name in (job.output, job.preview, job.report):
        if (
            name is not None
            and Path(name).is_file()
            and not typer.confirm(f"{name} exists. Replace it?", default=False, err=True)
        ):
            raise UnderstudyError(f"{name} was left as it is; name another, or give --overwrite")


def _agreed(question: str) -> bool:
    return typer.confirm(question, default=False, err=True)


def _carry_out(job: SwapJob) -> int:
    from stream.media.still import is_image  # heavy: codecs, networks; the help does without
    from stream.media.video.animation import moves
    from tools.swap import clip
    from tools.swap import picture as shot

    picture = job.target != "-" and is_image(job.target)
    if job.preview is not None:
        shot.preview(job, job.preview, picture)
    if job.output is None:
        return 0
    if not picture and is_image(job.output) and not moves(job.target, job.output):
        raise OutputError(
            f"{job.output} would be a picture, and {job.target} is a video; write to a .mp4, or take one frame with"
            f" --preview {job.output}"
        )
    return shot.swap_picture(job, job.output) if picture else clip.swap_clip(job, job.output)
