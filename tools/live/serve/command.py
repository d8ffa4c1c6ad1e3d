"""`understudy serve`: its options. The work is done elsewhere, and imported only when asked for."""

import asyncio
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engines.errors import UnderstudyError
from tools.cli.expand import expanded
from tools.cli.live_options import LiveChoices, need
from tools.cli.options import Agreed
from tools.cli.swap_options import SwapOptions

if TYPE_CHECKING:
    from tools.live.serve.settings import Settings

NET, WATCH = "Network", "Watching"
PLAIN = (
    "browsers on other machines give their camera to https pages alone: add --cert and --key, or a TLS proxy in front"
)


@expanded
def serve(
    *,
    wanted: SwapOptions,
    live: LiveChoices,
    consent: Agreed = False,
    host: Annotated[
        str, typer.Option(help="Address to listen at. Beyond this machine only with --tokens.", rich_help_panel=NET)
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, rich_help_panel=NET)] = 8080,
    tokens: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Bearer tokens, as `understudy token` makes them.", rich_help_panel=NET),
    ] = None,
    cert: Annotated[
        Path | None, typer.Option(metavar="FILE", help="TLS certificate chain.", rich_help_panel=NET)
    ] = None,
    key: Annotated[Path | None, typer.Option(metavar="FILE", help="Its key.", rich_help_panel=NET)] = None,
    ice: Annotated[
        list[str] | None,
        typer.Option(metavar="SERVER", rich_help_panel=NET, help="stun:host:port or turn:user:password@host:port."),
    ] = None,
    ice_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", rich_help_panel=NET, help="The same, one a line: passwords stay out of the process list."
        ),
    ] = None,
    origin: Annotated[
        list[str] | None, typer.Option(metavar="URL", rich_help_panel=NET, help="Another page that may call (CORS).")
    ] = None,
    base_path: Annotated[
        str,
        typer.Option(metavar="/PATH", help="Where a proxy before the server shows it.", rich_help_panel=NET),
    ] = "",
    most: Annotated[int, typer.Option("--sessions", min=1, help="Most sessions at once.")] = 16,
    texts: Annotated[
        Path | None, typer.Option(metavar="FILE.json", help="Further languages of the page (docs/live.md).")
    ] = None,
    trace: Annotated[
        Path | None,
        typer.Option(metavar="FILE.json", help="Every frame's way, for ui.perfetto.dev.", rich_help_panel=WATCH),
    ] = None,
    log: Annotated[str, typer.Option(help="text or json.", rich_help_panel=WATCH)] = "text",
) -> None:
    """Swap faces live: WebRTC in (WHIP), WebRTC out (WHEP), and a page to try it on.

    understudy serve --source face.jpg --i-have-consent, then open http://127.0.0.1:8080
    """
    need("serve")
    from tools.cli.event_loop import on_loop
    from tools.cli.logs import logs
    from tools.live.serve.settings import Settings, parse_ice

    options = live.options()
    servers = tuple(parse_ice(text) for text in (*(ice or ()), *_lines(ice_file)))
    spec, agreed = wanted.settled(consent, live=True, needed=False)
    settings = Settings(
        host, port, spec, options, tokens, cert, key, servers, tuple(origin or ()), most,
        trace=trace, consent=agreed, texts=texts, base_path=base_path,
    )  # fmt: skip
    settings.check()
    logs(log)
    on_loop(_serve(settings))


def _lines(path: Path | None) -> list[str]:
    """Of `--ice-file`."""
    try:
        return [] if path is None else [line.strip() for line in path.read_text("utf-8").split("\n") if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise UnderstudyError(f"--ice-file {path} cannot be read: {error}") from error


async def _serve(settings: "Settings") -> None:
    from stream.lanes.runtime import calm, settle
    from stream.live.swaps import LiveSwaps
    from tools.live.serve.app import Server, listening

    settle()
    swaps = await asyncio.to_thread(LiveSwaps, settings.spec, settings.live)
    server = Server(settings, swaps)
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, done.set)
    calm()
    async with listening(server) as port:
        scheme = "https" if settings.cert else "http"
        print(f"open {scheme}://{settings.host}:{port}{settings.base_path}/ (Ctrl-C ends)", file=sys.stderr, flush=True)
        if not settings.loopback and not settings.cert:
            print(PLAIN, file=sys.stderr, flush=True)
        await done.wait()
        print("ending the sessions", file=sys.stderr, flush=True)
    swaps.close()


def register(app: typer.Typer) -> None:
    app.command("serve")(serve)
