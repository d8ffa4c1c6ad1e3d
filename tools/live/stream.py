"""`understudy stream IN OUT...`: one live input through the swap to one or more outputs. Options; `run_stream` does
it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from engines.errors import OutputError, UnderstudyError
from stream.marks.layers import log_unmarked
from tools.cli.expand import expanded
from tools.cli.live_options import LiveChoices, need
from tools.cli.options import Agreed
from tools.cli.overwrite import Overwrite, may_replace
from tools.cli.swap_options import SwapOptions

INPUT, OUTPUT, CONTROL = "Input", "Output", "Changing it while it runs"


@expanded
def stream(
    address: Annotated[
        str, typer.Argument(metavar="IN", help="rtmp(s)://, rtsp(s)://, udp://, http(s)://, v4l2:/dev/video0, a file.")
    ],
    outputs: Annotated[
        list[str],
        typer.Argument(
            metavar="OUT...",
            help="rtmp(s)://, udp://, whip+https://, virtualcam:, .m3u8, .ts, .mp4, .mkv, .flv; one or more.",
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
    control: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Take changes here, JSON lines over TCP.", rich_help_panel=CONTROL),
    ] = None,
    control_token_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A token that --control asks for.", rich_help_panel=CONTROL),
    ] = None,
    osc: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Take changes here, by OSC.", rich_help_panel=CONTROL)
    ] = None,
    log: Annotated[str, typer.Option(help="text or json.")] = "text",
    overwrite: Overwrite = False,
) -> None:
    """Swap faces in a live stream, and keep at it: connections that break are made again.

    understudy stream --listen -s face.jpg --i-have-consent rtmp://127.0.0.1:1935/live/KEY live.m3u8
    """
    need("stream")
    from stream.io.address import inlet, outlet
    from stream.io.recordings import Recordings, is_recording
    from stream.io.virtual_camera import VirtualCamera
    from stream.marks.keys import local_identity
    from stream.media.bitrate import parse_bitrate
    from stream.media.codecs import X_PRESETS
    from tools.cli.event_loop import on_loop
    from tools.cli.logs import logs
    from tools.live.stream_run import ControlPorts, StreamRun, run_stream

    if not address.strip() or not all(text.strip() for text in outputs):
        raise UnderstudyError("IN or an OUT is empty; name an address or a file")
    if preset not in X_PRESETS:
        raise UnderstudyError(f"--preset {preset!r}: take one of {', '.join(X_PRESETS)}")
    taken, given = inlet(address, listen=listen, realtime=realtime), [outlet(text) for text in outputs]
    if twice := {o.url for o in given if [g.url for g in given].count(o.url) > 1}:
        raise UnderstudyError(f"{', '.join(sorted(twice))} is named twice; every output needs its own place")
    options = live.options()
    ports = ControlPorts.read(control, read_token("--control-token-file", control_token_file), osc)
    logs(log)
    spec, agreed = wanted.settled(consent, live=True)
    read = {path.resolve() for path in (Path(address), *(p for photos in spec.source for p in photos))}
    if over := next((o.url for o in given if Path(o.url).resolve() in read), None):
        raise OutputError(f"{over} is also read here; write to another name")
    may_replace([*(o.url for o in given if not o.camera), trace], overwrite)
    for one in given:
        if one.camera:
            VirtualCamera(one)  # a missing one is told before anything slow
    words = options.label.words if options.label is not None else ""
    recordings = Recordings(given, options.marking, agreed, local_identity(), lambda: datetime.now(UTC), words)
    if options.marking.off and (others := [o.shown for o in given if not is_recording(o)]):
        log_unmarked(", ".join(others), options.marking, datetime.now(UTC))
    token = read_token("--token-file", token_file)
    on_loop(
        run_stream(
            StreamRun(spec, options, taken, given, recordings, parse_bitrate(bitrate), preset, token, trace, ports)
        )
    )


def read_token(option: str, path: Path | None) -> str | None:
    """Of a file that an option names. Raises UnderstudyError."""
    try:
        token = path.read_text("utf-8").strip() if path else None
    except (OSError, UnicodeDecodeError) as error:
        raise UnderstudyError(f"{option} {path} cannot be read: {error}") from error
    if token == "":
        raise UnderstudyError(f"{option} {path} is empty; write a token into it")
    return token


def register(app: typer.Typer) -> None:
    app.command("stream")(stream)
