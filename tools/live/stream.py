"""`understudy stream IN OUT...`: one live input through the swap to one or more outputs. Options, beginning and end."""

import asyncio
import logging
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engines.errors import OutputError, UnderstudyError
from stream.marks.layers import log_unmarked, marking
from tools.cli.live_options import (
    FACES,
    PLACE,
    WORDS,
    LabelPlace,
    NoLabel,
    WhenLost,
    Who,
    Words,
    check_when,
    label_of,
    need,
)
from tools.cli.options import Agreed, Because, Without
from tools.swap import chosen

if TYPE_CHECKING:
    from stream.io.address import InputAddress, OutputAddress
    from stream.io.relay import Relay
    from stream.rtmp.server import RtmpServer
    from tools.live.serve.settings import Settings

INPUT, OUTPUT = "Input", "Output"


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
    source: Annotated[
        list[str] | None,
        typer.Option(
            "--source",
            "-s",
            metavar="FACE",
            help="Photo of the face to put in, or a kept identity's name. More photos: a folder, or a.jpg,b.jpg.",
            rich_help_panel=FACES,
        ),
    ] = None,
    consent: Agreed = False,
    who: Who = "all",
    when: WhenLost = "hold",
    device: Annotated[str, typer.Option(help="Where networks run.", rich_help_panel=FACES)] = "auto",
    strict: chosen.Strict = False,
    model: chosen.Model = None,
    precision: chosen.Precise = chosen.Precision.AUTO,
    boost: chosen.Boost = 0,
    morph: chosen.Morph = 0.75,
    enhance: chosen.Enhance = None,
    mask: chosen.Masks = None,
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
    label: Words = WORDS,
    place: LabelPlace = PLACE,
    no_label: NoLabel = False,
    without: Without = None,
    because: Because = "",
    trace: Annotated[Path | None, typer.Option(metavar="FILE.json", help="Every frame's way, for Perfetto.")] = None,
    log: Annotated[str, typer.Option(help="text or json.")] = "text",
) -> None:
    """Swap faces in a live stream, and keep at it: connections that break are made again.

    understudy stream --listen -s face.jpg --i-have-consent rtmp://127.0.0.1:1935/live/KEY live.m3u8
    """
    need("stream")
    from stream.io.address import inlet, outlet
    from stream.media.codecs import X_PRESETS
    from tools.cli.event_loop import on_loop
    from tools.live.serve.command import logs
    from tools.live.serve.settings import Settings
    from tools.swap.job import parse_bitrate

    nets = chosen.read(model, precision.value, boost, morph, enhance, mask, None, strict)
    source = source or chosen.baked(nets)
    if not source:
        raise UnderstudyError("no source face was given; add --source FACE.jpg")
    if not address.strip() or not all(text.strip() for text in outputs):
        raise UnderstudyError("IN or an OUT is empty; name an address or a file")
    check_when(when)
    if preset not in X_PRESETS:
        raise UnderstudyError(f"--preset {preset!r}: take one of {', '.join(X_PRESETS)}")
    taken, given = inlet(address, listen=listen, realtime=realtime), [outlet(text) for text in outputs]
    if twice := {o.url for o in given if [g.url for g in given].count(o.url) > 1}:
        raise UnderstudyError(f"{', '.join(sorted(twice))} is named twice; every output needs its own place")
    marks, shown = marking(without or [], because), label_of(label, place, no_label)
    logs(log)
    photos = one_person(source, consent)
    read = {path.resolve() for path in (Path(address), *photos)}
    if over := next((o.url for o in given if Path(o.url).resolve() in read), None):
        raise OutputError(f"{over} is also read here; write to another name")
    if marks.off:
        log_unmarked(", ".join(o.shown for o in given), marks, datetime.now(UTC))
    settings = Settings(
        sources=photos, consent=True, who=who, when=when, device=device, nets=nets,
        mark=marks.watermark, because=because, label=shown,
    )  # fmt: skip
    token = _token(token_file)
    on_loop(_run(settings, taken, given, parse_bitrate(bitrate), preset, token, trace))


def one_person(source: list[str], consent: bool) -> tuple[Path, ...]:
    """The photos of a live stream's source person, consent settled. Raises UnderstudyError."""
    from stream.consent.package import default_identities
    from stream.consent.people import find_people, settle

    people = find_people(source, default_identities())
    if len(people) > 1:
        raise UnderstudyError("a live stream takes one person; give more photos of them as a folder, or as a.jpg,b.jpg")
    settle(people, consent, lambda question: typer.confirm(question, default=False, err=True), datetime.now(UTC))
    return people[0].photos


def _token(path: Path | None) -> str | None:
    try:
        return path.read_text("utf-8").strip() if path else None
    except (OSError, UnicodeDecodeError) as error:
        raise UnderstudyError(f"--token-file {path} cannot be read: {error}") from error


async def _run(
    settings: "Settings",
    taken: "InputAddress",
    given: "list[OutputAddress]",
    bitrate: int,
    preset: str,
    token: str | None,
    trace: Path | None,
) -> None:
    from stream.io.relay import Relay
    from stream.rtmp.server import RtmpServer, Slot, digest
    from stream.telemetry.metrics import Metrics
    from stream.telemetry.trace import Tracer
    from tools.cli.process import calm, settle
    from tools.live.serve.house import House

    settle()
    house = await asyncio.to_thread(House, settings)
    tracer = Tracer(trace) if trace else None
    slot = Slot() if taken.listen else None
    make = house.swap(None)
    calm()
    relay = Relay(taken, given, make, Metrics(), tracer=tracer, bitrate=bitrate, preset=preset, token=token, slot=slot)
    door = None
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        if slot is not None:
            host, port, path = taken.place
            door = RtmpServer({digest(path): slot})
            await _open(door, host, port)
        await relay.run(stop)
    finally:
        house.close()
        if door is not None:
            await door.close()
        if tracer:
            tracer.close()
    _tell(relay)


async def _open(door: "RtmpServer", host: str, port: int) -> None:
    try:
        await door.open(host, port)
    except OSError as error:
        raise UnderstudyError(f"cannot listen at {host}:{port}: {error.strerror or error}") from error
    logging.getLogger("understudy.feed").info("waiting for a publisher at %s:%d (Ctrl-C ends)", host, port)


def _tell(relay: "Relay") -> None:
    """What came of it. Raises UnderstudyError where an output is not whole."""
    if (s := relay.session) is not None:
        left, dropped = s.left - relay.skipped, s.shed + relay.skipped
        typer.echo(f"{s.came} frames came, {left} left, {dropped} dropped, {s.held} held", err=True)
    for output in relay.outputs:
        typer.echo(f"{output.address.shown}: opened {output.opened} times, {output.lost} packets lost", err=True)
    broken = [m for m in relay.outputs if m.error is not None]
    if broken:
        why = getattr(broken[0].error, "strerror", None) or broken[0].error
        raise UnderstudyError(f"{broken[0].address.shown} could not be written: {why}")
    if empty := [m.address.shown for m in relay.outputs if not m.opened]:
        raise UnderstudyError(f"nothing was written to {', '.join(empty)}: no picture came, or it could not be reached")


def register(app: typer.Typer) -> None:
    app.command("stream")(stream)
