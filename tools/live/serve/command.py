"""`understudy serve`: its options. The work is done elsewhere, and imported only when asked for."""

import asyncio
import json
import logging
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engines.errors import UnderstudyError
from stream.marks.layers import marking
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
    from tools.live.serve.settings import Settings

NET, WATCH = "Network", "Watching"


def serve(
    source: Annotated[
        list[str] | None,
        typer.Option(
            "--source",
            "-s",
            metavar="FACE",
            help="The face for sessions that bring none: a photo, a folder of them, or a kept identity's name.",
            rich_help_panel=FACES,
        ),
    ] = None,
    consent: Agreed = False,
    who: Who = "all",
    when: WhenLost = "hold",
    device: Annotated[str, typer.Option(help="Where networks run.")] = "auto",
    strict: chosen.Strict = False,
    model: chosen.Model = None,
    precision: chosen.Precise = chosen.Precision.AUTO,
    boost: chosen.Boost = 0,
    morph: chosen.Morph = 0.75,
    enhance: chosen.Enhance = None,
    mask: chosen.Masks = None,
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
    most: Annotated[int, typer.Option("--sessions", min=1, help="Most sessions at once.")] = 16,
    label: Words = WORDS,
    place: LabelPlace = PLACE,
    no_label: NoLabel = False,
    without: Without = None,
    because: Because = "",
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
    from tools.live.serve.settings import Settings, parse_ice
    from tools.live.stream import one_person

    check_when(when)
    servers = list(ice or ())
    if ice_file is not None:
        try:
            servers += [line for line in ice_file.read_text("utf-8").split("\n") if line.strip()]
        except (OSError, UnicodeDecodeError) as error:
            raise UnderstudyError(f"--ice-file {ice_file} cannot be read: {error}") from error
    marks = marking(without or [], because)
    nets = chosen.read(model, precision.value, boost, morph, enhance, mask, None, strict)
    source = source or chosen.baked(nets)
    photos = one_person(source, consent) if source else ()
    settings = Settings(
        host=host, port=port, sources=photos, device=device, nets=nets, who=who, tokens=tokens, cert=cert, key=key,
        ice=tuple(parse_ice(text.strip()) for text in servers), origins=tuple(origin or ()), most=most, when=when,
        mark=marks.watermark, because=because, trace=trace, consent=True,
        label=label_of(label, place, no_label),
    )  # fmt: skip
    settings.check()
    logs(log)
    on_loop(_serve(settings))


class Lines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, and the facts that a record carries. No names, no
    addresses: whoever logs leaves them out."""

    def format(self, record: logging.LogRecord) -> str:
        facts = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)),
            "level": record.levelname.lower(),
            "from": record.name,
            "message": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            facts["error"] = self.formatException(record.exc_info)
        return json.dumps(facts)


def logs(kind: str) -> None:
    """Logs to stderr. Raises UnderstudyError for an unknown kind."""
    if kind not in ("text", "json"):
        raise UnderstudyError(f"--log {kind!r}: write text or json")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines() if kind == "json" else logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("understudy")
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel(logging.INFO)


async def _serve(settings: "Settings") -> None:
    from tools.cli.process import calm, settle
    from tools.live.serve.app import Faces, Server, listening
    from tools.live.serve.house import House

    settle()
    house = await asyncio.to_thread(House, settings)
    server = Server(settings, Faces(house.prepare, house.swap, house.source))
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, done.set)
    calm()
    async with listening(server) as port:
        scheme = "https" if settings.cert else "http"
        print(f"open {scheme}://{settings.host}:{port}/ (Ctrl-C ends)", file=sys.stderr, flush=True)
        await done.wait()
        print("ending the sessions", file=sys.stderr, flush=True)
    house.close()


def register(app: typer.Typer) -> None:
    app.command("serve")(serve)
