"""`understudy swap`: its options, and the choice between clip, picture and preview. The work is done elsewhere."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engines.errors import UnderstudyError
from stream.marks.layers import Signer, marking
from stream.media.others.wanted import Streams
from tools.cli import config_file
from tools.cli.expand import expanded
from tools.cli.groups import Group
from tools.cli.options import MARKS, Agreed, Because, Without
from tools.cli.overwrite import Overwrite, may_replace
from tools.cli.swap_options import SwapOptions
from tools.cli.timecode import parse_time
from tools.swap.batch_options import BatchOptions
from tools.swap.words import SwapCommand

if TYPE_CHECKING:
    from stream.jobs.job import SwapJob

FLOW, ENCODER, OUTPUT = "What to swap", "Encoding", "Output"


class Interrupted(UnderstudyError):
    """Ended by Ctrl-C."""

    exit_code = 130  # as shells count it


def register(app: typer.Typer) -> None:
    app.command("swap", cls=SwapCommand, rich_help_panel=Group.SWAP)(swap)


@expanded
def swap(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="TARGET... OUTPUT",
            help="Video or picture to change, and the result's name; - is stdin, stdout. OUTPUT may be left out with"
            " --preview; many targets take --output-dir.",
        ),
    ],
    *,
    wanted: SwapOptions,
    many: BatchOptions,
    start: Annotated[
        str | None, typer.Option(metavar="TIME", help="Begin here: 12.5 or 1:02:03.", rich_help_panel=FLOW)
    ] = None,
    end: Annotated[str | None, typer.Option(metavar="TIME", help="End before this.", rich_help_panel=FLOW)] = None,
    threads: Annotated[
        int, typer.Option(min=0, help="Threads of decoder and encoder; 0: all cores.", rich_help_panel=ENCODER)
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
    streams: Annotated[
        Streams,
        typer.Option(
            help="Sound, subtitles, covers and data that the output cannot hold: leave them out and say so (all), or"
            " fail (strict).",
            rich_help_panel=OUTPUT,
        ),
    ] = Streams.ALL,
    preview: Annotated[
        Path | None,
        typer.Option(
            metavar="FRAME.png",
            help="One frame, before and after side by side: that at --start, or the first with a face. With"
            " --output-dir: a folder for one of each file.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.json",
            help="Every frame's route and faces, and timings. With --output-dir: a folder for one of each file.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Errors only.", rich_help_panel=OUTPUT)] = False,
    overwrite: Overwrite = False,
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
            callback=config_file.apply,
            help="Defaults for these options; see docs/understudy.example.toml.",
        ),
    ] = None,
) -> None:
    """Put the face of a photo into a video or a picture, or into many.

    understudy swap --source face.jpg clip.mp4 result.mp4

    understudy swap --source face.jpg clips/*.mp4 --output-dir out/
    """
    many.check()
    if crf is not None and bitrate is not None:
        raise UnderstudyError("--crf and --bitrate exclude each other; give one of them")
    from stream.jobs.job import SwapJob, check_files
    from stream.media.bitrate import parse_bitrate
    from stream.media.codecs import Encoding

    rate = parse_bitrate(bitrate) if bitrate else None
    marks, signer = marking(without or [], because), Signer(certificate, certificate_key, remote_signer, timestamp)
    begin, finish = parse_time(start, "--start") if start else None, parse_time(end, "--end") if end else None
    encoding = Encoding(codec, crf, preset, rate, threads)
    if many.output_dir is not None:
        spec, agreed = wanted.settled(consent)
        plan, replacing = many.planned(
            words, [path for photos in spec.source for path in photos], overwrite, preview, report
        )
        job = SwapJob(spec, "", None, encoding, begin, finish, None, None, agreed, marks, signer, streams)
        from tools.swap import show_batch

        raise typer.Exit(show_batch.run(plan, job, quiet, many.skip_done, replacing))
    target, output = words[0], words[1] if len(words) > 1 else None
    check_files(target, output, preview)
    spec, agreed = wanted.settled(consent)
    job = SwapJob(spec, target, output, encoding, begin, finish, preview, report, agreed, marks, signer, streams)
    job.check()
    may_replace((output, preview, report), overwrite)
    try:
        code = _carry_out(job, quiet)
    except KeyboardInterrupt:
        raise Interrupted("interrupted; nothing was kept") from None
    raise typer.Exit(code)


def _carry_out(job: "SwapJob", quiet: bool) -> int:
    from stream.jobs.kinds import is_picture_job  # heavy: codecs, networks; the help does without
    from stream.media.still import is_image
    from tools.swap import show

    if job.preview is not None:
        show.preview(job, job.preview, job.target != "-" and is_image(job.target), quiet)
    if job.output is None:
        return 0
    return show.picture(job, quiet) if is_picture_job(job) else show.clip(job, quiet)
