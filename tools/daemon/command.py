"""`understudy daemon`: its options. What they start is `service`'s."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from engines.errors import UnderstudyError
from stream.net.loopback import is_loopback
from tools.cli.live_options import need
from tools.http.base_path import check_base_path

JOBS, NET = "Jobs", "Network"


@dataclass(frozen=True, slots=True)
class Options:
    """As on the command line. rtmp: host and port, None where nobody may publish."""

    state: Path
    files: tuple[Path, ...]
    host: str
    port: int
    rtmp: tuple[str, int] | None
    tokens: Path | None
    config: Path | None
    jobs: int
    attempts: int
    streams: int
    drain: float
    segment: float
    base_path: str = ""

    def check(self) -> None:
        """Raises UnderstudyError."""
        if not is_loopback(self.host) and self.tokens is None:
            raise UnderstudyError(
                f"--host {self.host} can be reached by others, so it needs --tokens TOKENS.json"
                " (`understudy token add --file TOKENS.json --scope swap --scope view`)"
            )
        for folder in self.files:
            if not folder.is_dir():
                raise UnderstudyError(f"--files {folder} is no folder; make it first")
        check_base_path(self.base_path)


def daemon(
    files: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="DIR",
            help="Jobs by REST may read and write here, and nowhere else. More than once. Default: this folder.",
            rich_help_panel=JOBS,
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.toml", help="Watched folders and RTMP endpoints; see docs/daemon.md.", rich_help_panel=JOBS
        ),
    ] = None,
    state: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the queue is kept.", rich_help_panel=JOBS)
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Files worked on at once.", rich_help_panel=JOBS)] = 1,
    attempts: Annotated[int, typer.Option(min=1, help="Tries of one job.", rich_help_panel=JOBS)] = 3,
    streams: Annotated[int, typer.Option(min=1, help="Live streams at once.", rich_help_panel=JOBS)] = 2,
    drain: Annotated[
        float,
        typer.Option(
            min=0, help="Seconds that jobs get to end after SIGTERM; then they are paused.", rich_help_panel=JOBS
        ),
    ] = 20.0,
    segment: Annotated[
        float,
        typer.Option(min=0.1, help="Seconds of a piece: what a crash loses at most.", rich_help_panel=JOBS),
    ] = 10.0,
    host: Annotated[
        str, typer.Option(help="Address to listen at. Beyond this machine only with --tokens.", rich_help_panel=NET)
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, rich_help_panel=NET)] = 8090,
    rtmp: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where publishers of the endpoints come.", rich_help_panel=NET)
    ] = "127.0.0.1:1935",
    tokens: Annotated[
        Path | None,
        typer.Option(metavar="TOKENS.json", help="Bearer tokens, made by `understudy token add`.", rich_help_panel=NET),
    ] = None,
    base_path: Annotated[
        str,
        typer.Option(metavar="/PATH", help="Where a proxy before the daemon shows it.", rich_help_panel=NET),
    ] = "",
    log: Annotated[str, typer.Option(help="text or json.")] = "text",
) -> None:
    """Keep a queue of jobs and RTMP endpoints running. It survives crashes: jobs go on where they were.

    understudy daemon --files ~/videos
    """
    need("daemon")
    import platformdirs

    from tools.cli.event_loop import on_loop
    from tools.cli.logs import logs
    from tools.daemon.config import read
    from tools.daemon.service import serve

    options = Options(
        state=(state or platformdirs.user_state_path("understudy", False) / "daemon").resolve(),
        files=tuple(folder.resolve() for folder in files or [Path.cwd()]),
        host=host,
        port=port,
        rtmp=_place(rtmp),
        tokens=tokens,
        config=config,
        jobs=jobs,
        attempts=attempts,
        streams=streams,
        drain=drain,
        segment=segment,
        base_path=base_path,
    )
    options.check()
    logs(log)
    on_loop(serve(options, read(config)))


def _place(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdigit() or int(port) > 65535:
        raise UnderstudyError(f"--rtmp {text!r}: write HOST:PORT, for example 0.0.0.0:1935")
    return host.strip("[]"), int(port)


def register(app: typer.Typer) -> None:
    app.command("daemon")(daemon)
