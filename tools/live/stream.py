"""`understudy stream IN OUT...`: one live input through the swap to one or more outputs. Options, beginning and end."""

import asyncio
import logging
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engines.errors import OutputError, UnderstudyError
from stream.marks.layers import log_unmarked
from tools.cli.expand import expanded
from tools.cli.live_options import LiveChoices, need
from tools.cli.options import Agreed
from tools.cli.overwrite import Overwrite, may_replace
from tools.cli.swap_options import SwapOptions

if TYPE_CHECKING:
    from stream.io.address import InputAddress, OutputAddress
    from stream.io.recordings import Recordings
    from stream.io.relay import Relay
    from stream.live.swaps import LiveOptions
    from stream.pipeline.spec import SwapSpec
    from stream.rtmp.server import RtmpServer

INPUT, OUTPUT = "Input", "Output"


@expanded
def stream(
    address: Annotated[
        str, typer.Argument(metavar="IN", help="rtmp(s)://, rtsp(s)://, udp://, http(s)://, v4l2:/dev/video0, a file.")
    ],
    outputs: Annotated[
        list[str],
        typer.Argument(
            metavar="OUT...", help="rtmp(s)://, udp://, whip+https://, .m3u8, .ts, .mp4, .mkv, .flv; one or more."
        ),
    ],
    *,
    wanted: SwapOptions,
    live: LiveChoices,
    consent: Agreed = False,
    listen: Annotated[
        bool, typer.Option("--listen", help="Wait for an RTMP publisher at IN.", rich_help_panel=INPUT)
    ] = False,
    realtime: Annotated[
        bool, typer.Option("--realtime", help="IN is a file, played at its own pace.", rich_help_panel=INPUT)
    ] = False,
    bitrate: Annotated[str, typer.Option(metavar="RATE", help="Of the video: 4M.", rich_help_panel=OUTPUT)] = "4M",
    preset: Annotated[str, typer.Option(help="x264's effort.", rich_help_panel=OUTPUT)] = "superfast",
    token_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Bearer token for WHIP outputs.", rich_help_panel=OUTPUT)
    ] = None,
    trace: Annotated[Path | None, typer.Option(metavar="FILE.json", help="Every frame's way, for Perfetto.")] = None,
    log: Annotated[str, typer.Option(help="text or json.")] = "text",
    overwrite: Overwrite = False,
) -> None:
    """Swap faces in a live stream, and keep at it: connections that break are made again.

    understudy stream --listen -s face.jpg --i-have-consent rtmp://127.0.0.1:1935/live/KEY live.m3u8
    """
    need("stream")
    from stream.io.address import inlet, outlet
    from stream.io.recordings import Recordings, is_recording
    from stream.marks.keys import local_identity
    from stream.media.bitrate import parse_bitrate
    from stream.media.codecs import X_PRESETS
    from tools.cli.event_loop import on_loop
    from tools.cli.logs import logs

    if not address.strip() or not all(text.strip() for text in outputs):
        raise UnderstudyError("IN or an OUT is empty; name an address or a file")
    if preset not in X_PRESETS:
        raise UnderstudyError(f"--preset {preset!r}: take one of {', '.join(X_PRESETS)}")
    taken, given = inlet(address, listen=listen, realtime=realtime), [outlet(text) for text in outputs]
    if twice := {o.url for o in given if [g.url for g in given].count(o.url) > 1}:
        raise UnderstudyError(f"{', '.join(sorted(twice))} is named twice; every output needs its own place")
    options = live.options()
    logs(log)
    spec, agreed = wanted.settled(consent, live=True)
    read = {path.resolve() for path in (Path(address), *(p for photos in spec.source for p in photos))}
    if over := next((o.url for o in given if Path(o.url).resolve() in read), None):
        raise OutputError(f"{over} is also read here; write to another name")
    may_replace([*(o.url for o in given), trace], overwrite)
    words = options.label.words if options.label is not None else ""
    recordings = Recordings(given, options.marking, agreed, local_identity(), _now, words)
    if options.marking.off and (others := [o.shown for o in given if not is_recording(o)]):
        log_unmarked(", ".join(others), options.marking, _now())
    token = _token(token_file)
    on_loop(_run(spec, options, taken, given, parse_bitrate(bitrate), preset, token, trace, recordings))


def _now() -> datetime:
    return datetime.now(UTC)


def _token(path: Path | None) -> str | None:
    try:
        return path.read_text("utf-8").strip() if path else None
    except (OSError, UnicodeDecodeError) as error:
        raise UnderstudyError(f"--token-file {path} cannot be read: {error}") from error


async def _run(
    spec: "SwapSpec",
    options: "LiveOptions",
    taken: "InputAddress",
    given: "list[OutputAddress]",
    bitrate: int,
    preset: str,
    token: str | None,
    trace: Path | None,
    recordings: "Recordings",
) -> None:
    from stream.io.relay import Relay
    from stream.lanes.runtime import calm, settle
    from stream.live.swaps import LiveSwaps
    from stream.rtmp.server import RtmpServer, digest
    from stream.rtmp.slot import Slot
    from stream.telemetry.metrics import Metrics
    from stream.telemetry.trace import Tracer

    settle()
    swaps = await asyncio.to_thread(LiveSwaps, spec, options)
    tracer = Tracer(trace) if trace else None
    slot = Slot() if taken.listen else None
    make = swaps.make(None, recordings.payload, recordings.opened)
    calm()
    relay = Relay(taken, given, make, Metrics(), tracer=tracer, bitrate=bitrate, preset=preset, token=token, slot=slot)
    server = None
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        if slot is not None:
            host, port, path = taken.place
            server = RtmpServer({digest(path): slot})
            await _listen(server, host, port)
        signed = await recordings.carry(relay, stop)
    finally:
        swaps.close()
        if server is not None:
            await server.close()
        if tracer:
            tracer.close()
    _tell(relay, signed)


async def _listen(server: "RtmpServer", host: str, port: int) -> None:
    try:
        await server.open(host, port)
    except OSError as error:
        raise UnderstudyError(f"cannot listen at {host}:{port}: {error.strerror or error}") from error
    logging.getLogger("understudy.io").info("waiting for a publisher at %s:%d (Ctrl-C ends)", host, port)


def _tell(relay: "Relay", signed: list[str]) -> None:
    """What came of it. signed: a sentence for each file. Raises UnderstudyError where an output is not whole."""
    if (s := relay.session) is not None:
        left, dropped = s.left - relay.skipped, s.shed + relay.skipped
        typer.echo(f"{s.came} frames came, {left} left, {dropped} dropped, {s.held} held", err=True)
    for output in relay.outputs:
        typer.echo(f"{output.address.shown}: opened {output.opened} times, {output.lost} packets lost", err=True)
    for sentence in signed:
        typer.echo(sentence, err=True)
    broken = [m for m in relay.outputs if m.error is not None]
    if broken:
        why = getattr(broken[0].error, "strerror", None) or broken[0].error
        raise UnderstudyError(f"{broken[0].address.shown} could not be written: {why}")
    if empty := [m.address.shown for m in relay.outputs if not m.opened]:
        raise UnderstudyError(f"nothing was written to {', '.join(empty)}: no picture came, or it could not be reached")


def register(app: typer.Typer) -> None:
    app.command("stream")(stream)
