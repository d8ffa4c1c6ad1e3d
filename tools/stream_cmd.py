"""`understudy stream IN OUT...`: one live input through the swap to one or more outputs. Options only."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from engines.errors import UnderstudyError


def stream(
    address: Annotated[str, typer.Argument(metavar="IN", help="rtmp://, rtsp://, udp://, v4l2:/dev/video0, a file.")],
    outputs: Annotated[
        list[str], typer.Argument(metavar="OUT...", help="rtmp(s)://, udp://, whip+https://, .m3u8, .ts, .mp4, .mkv.")
    ],
    source: Annotated[
        list[Path] | None, typer.Option("--source", "-s", metavar="FACE", help="Photo of the face to put in.")
    ] = None,
    consent: Annotated[bool, typer.Option("--i-have-consent", help="The source's person agreed to this.")] = False,
    listen: Annotated[bool, typer.Option("--listen", help="Wait for an RTMP publisher at IN.")] = False,
    realtime: Annotated[bool, typer.Option("--realtime", help="IN is a file, played at its own pace.")] = False,
    who: Annotated[str, typer.Option(help="Whose face: all, largest, left-to-right:N.")] = "all",
    when: Annotated[str, typer.Option("--when-lost", help="hold or blur.")] = "hold",
    device: Annotated[str, typer.Option(help="Where networks run.")] = "auto",
    bitrate: Annotated[str, typer.Option(metavar="RATE", help="Of the video: 4M.")] = "4M",
    preset: Annotated[str, typer.Option(help="x264's effort.")] = "superfast",
    mark: Annotated[bool, typer.Option("--mark/--no-mark", help="The invisible mark.")] = True,
    token_file: Annotated[Path | None, typer.Option(metavar="FILE", help="Bearer token for WHIP outputs.")] = None,
    trace: Annotated[Path | None, typer.Option(metavar="FILE.json", help="Every frame's way, for Perfetto.")] = None,
    log: Annotated[str, typer.Option(help="text or json.")] = "text",
) -> None:
    """Swap faces in a live stream, and keep at it: connections that break are made again.

    understudy stream --listen -s face.jpg --i-have-consent rtmp://127.0.0.1:1935/live/key live.m3u8
    """
    missing = next((name for name in ("aiohttp", "aiortc", "prometheus_client") if find_spec(name) is None), None)
    if missing:
        raise UnderstudyError(f"`stream` needs {missing}; install it: pip install 'understudy[serve]'")
    from stream.feed.address import inlet, outlet
    from tools.job import parse_bitrate
    from tools.serve.command import logs
    from tools.serve.loop import on_loop
    from tools.serve.settings import Settings

    if not source:
        raise UnderstudyError("no source face was given; add --source FACE.jpg")
    if when not in ("hold", "blur"):
        raise UnderstudyError(f"--when-lost {when!r}: write hold or blur")
    settings = Settings(sources=tuple(source), consent=consent, who=who, when=when, device=device, mark=mark)
    settings.check()
    logs(log)
    token = token_file.read_text("utf-8").strip() if token_file else None
    taken, given = inlet(address, listen=listen, realtime=realtime), [outlet(text) for text in outputs]
    on_loop(_run(settings, taken, given, parse_bitrate(bitrate), preset, token, trace))


async def _run(
    settings: object, taken: object, given: object, bitrate: int, preset: str, token: str | None, trace: Path | None
) -> None:
    import asyncio
    import signal

    import cv2

    from stream.feed.address import Inlet
    from stream.feed.relay import Relay
    from stream.memory import keep_freed_memory
    from stream.metrics import Metrics
    from stream.trace import Tracer
    from tools.serve.house import House
    from tools.serve.settings import Settings

    assert isinstance(settings, Settings) and isinstance(taken, Inlet) and isinstance(given, list)
    cv2.setNumThreads(1)
    keep_freed_memory()
    house = await asyncio.to_thread(House, settings)
    tracer = Tracer(trace) if trace else None
    relay = Relay(
        taken, given, house.swap(None), Metrics(), tracer=tracer, bitrate=bitrate, preset=preset, token=token
    )  # fmt: skip
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        await relay.run(stop)
    finally:
        if tracer:
            tracer.close()
    broken = [m for m in relay.mouths if m.error is not None]
    s = relay.session
    if s is not None:
        typer.echo(f"{s.came} frames came, {s.left} left, {s.shed} dropped, {s.held} held", err=True)
    if broken:
        raise UnderstudyError(f"{broken[0].outlet.shown} could not be written: {broken[0].error}")


def register(app: typer.Typer) -> None:
    app.command("stream")(stream)
