"""`understudy daemon`: options, and the order of beginning and ending. The work is done elsewhere."""

import asyncio
import logging
import signal
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engines.errors import UnderstudyError
from stream.net.loopback import is_loopback
from tools.cli.live_options import need

if TYPE_CHECKING:
    from stream.telemetry.metrics import Metrics
    from tools.daemon.config import Config
    from tools.daemon.endpoints import Endpoints

log = logging.getLogger("understudy.daemon")
WORK, NET = "Work", "Network"
KEPT = 7 * 24 * 3600.0  # seconds that a job which is over can be asked about


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


def daemon(
    files: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="DIR",
            help="Jobs by REST may read and write here, and nowhere else. More than once. Default: this folder.",
            rich_help_panel=WORK,
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.toml", help="Watched folders and RTMP endpoints; see docs/daemon.md.", rich_help_panel=WORK
        ),
    ] = None,
    state: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the queue is kept.", rich_help_panel=WORK)
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Files worked on at once.", rich_help_panel=WORK)] = 1,
    attempts: Annotated[int, typer.Option(min=1, help="Tries of one job.", rich_help_panel=WORK)] = 3,
    streams: Annotated[int, typer.Option(min=1, help="Live streams at once.", rich_help_panel=WORK)] = 2,
    drain: Annotated[
        float,
        typer.Option(
            min=0, help="Seconds that jobs get to end after SIGTERM; then they are paused.", rich_help_panel=WORK
        ),
    ] = 20.0,
    segment: Annotated[
        float,
        typer.Option(min=0.1, help="Seconds of a piece: what a crash loses at most.", rich_help_panel=WORK),
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
    )
    options.check()
    logs(log)
    on_loop(_run(options, read(config)))


def _place(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdigit() or int(port) > 65535:
        raise UnderstudyError(f"--rtmp {text!r}: write HOST:PORT, for example 0.0.0.0:1935")
    return host.strip("[]"), int(port)


async def _run(options: Options, config: "Config") -> None:
    from filelock import FileLock, Timeout

    from stream.lanes.runtime import settle
    from stream.telemetry.metrics import Metrics
    from tools.daemon.api import Api, listen
    from tools.daemon.job_store import JobStore
    from tools.daemon.scheduler import Scheduler
    from tools.daemon.watch_folders import watch
    from tools.http.token_gate import TokenGate

    settle()
    metrics = Metrics()
    async with AsyncExitStack() as stack:
        try:
            options.state.mkdir(parents=True, exist_ok=True, mode=0o700)
            stack.enter_context(FileLock(options.state / "daemon.lock", timeout=0))
        except Timeout as error:
            raise UnderstudyError(
                f"another daemon works in {options.state}; end it, or give another --state"
            ) from error
        except OSError as error:
            raise UnderstudyError(f"--state {options.state}: {error.strerror}; give another folder") from error
        store = JobStore(options.state / "jobs.sqlite3")
        stack.callback(store.close)
        keeper = Scheduler(store, options.state / "jobs", options.jobs, options.attempts, options.segment)
        keeper.tidy(KEPT)
        gate = TokenGate(options.tokens)
        live = await _live(options, config, metrics)
        done = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, done.set)
        api = Api(keeper, options.files, gate, metrics, live.told if live else list)
        try:
            server, port = await listen(api, options.host, options.port)
            if live is not None and options.rtmp is not None:
                place = await live.open(*options.rtmp)
                print(f"publish to rtmp://{options.rtmp[0]}:{place}/APP/KEY", file=sys.stderr)
        except OSError as error:
            raise UnderstudyError(
                f"cannot listen: {error.strerror or error}; is another daemon running there?"
            ) from error
        print(f"jobs: http://{options.host}:{port}/jobs (Ctrl-C ends)", file=sys.stderr, flush=True)
        tasks = [asyncio.create_task(keeper.run())]
        tasks += [asyncio.create_task(watch(keeper, folder, time.time)) for folder in config.watches]
        halt = asyncio.create_task(done.wait())
        await asyncio.wait({halt, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        log.info("ending")
        if live is not None:
            live.shut()
        await keeper.drain(options.drain)
        if live is not None:
            await live.close()
        for task in (halt, *tasks):
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        await server.close()
        for result in results:
            if isinstance(result, Exception):
                raise result


async def _live(options: Options, config: "Config", metrics: "Metrics") -> "Endpoints | None":
    """The endpoints, with their faces read: what is wrong with one is told before anything begins. Endpoints that want
    the same networks share them."""
    if not config.endpoints:
        return None
    from stream.lanes.runtime import calm
    from tools.daemon.endpoints import Endpoints, open_swaps

    swaps = await asyncio.to_thread(open_swaps, config.endpoints)
    calm()
    return Endpoints(config.endpoints, [swap.make(None) for swap in swaps], metrics, options.streams)


def register(app: typer.Typer) -> None:
    app.command("daemon")(daemon)
