"""The daemon's life: the order in which its parts begin and end. What each of them does is its own file's."""

import asyncio
import logging
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from engines.errors import UnderstudyError
from stream.lanes.runtime import calm, settle
from stream.telemetry.metrics import Metrics
from tools.daemon.api import Api, listen
from tools.daemon.config import Config
from tools.daemon.files.allowed import AllowedFolders
from tools.daemon.queue.disk_room import SIZE, DiskRoom
from tools.daemon.queue.job_folders import JobFolders
from tools.daemon.queue.scheduler import Scheduler, SchedulerLimits
from tools.daemon.queue.store_access import StoreAccess, open_store
from tools.daemon.steps import Passed, Step, unheard
from tools.daemon.watch_folders import FolderWatch
from tools.http.token_gate import TokenGate

if TYPE_CHECKING:
    from tools.daemon.command import Options
    from tools.daemon.endpoints import Endpoints

log = logging.getLogger("understudy.daemon")
KEPT = 7 * 24 * 3600.0  # seconds that a job which is over can be asked about
TIDY_EVERY = 3600.0  # seconds


async def serve(
    options: "Options",
    config: Config,
    *,
    clock: Callable[[], float] = time.time,
    limits: SchedulerLimits | None = None,
    reserve: int = SIZE,
    passed: Passed = unheard,
) -> None:
    """From its start to SIGINT or SIGTERM. clock: seconds since 1970. limits: of the jobs, where they are not those
    of the options. reserve: bytes that are set aside on the state's disk. Raises UnderstudyError."""
    settle()
    metrics = Metrics()
    limits = limits or SchedulerLimits(options.jobs, options.attempts, options.segment)
    with ExitStack() as stack:
        claim(options.state, stack)
        scheduler = open_scheduler(options.state, limits, stack, clock, reserve, passed)
        await scheduler.tidy(KEPT)
        passed(Step.TIDIED)
        gate = TokenGate(options.tokens)
        live = await _open_endpoints(options, config, metrics)
        shown = live.to_json if live is not None else list
        allowed = AllowedFolders(options.files, (options.state,))
        api = Api(scheduler, allowed, gate, metrics, shown, options.base_path, passed)
        ending = _ending()
        async with _listening(api, live, options):
            passed(Step.LISTENING)
            works = [scheduler.run(), _tidy(scheduler), *(FolderWatch(scheduler, one).run() for one in config.watches)]
            tasks = [asyncio.create_task(work) for work in works]
            halt = asyncio.create_task(ending.wait())
            await asyncio.wait({halt, *tasks}, return_when=asyncio.FIRST_COMPLETED)
            log.info("ending")
            await _drain(scheduler, live, options.drain)
            for task in (halt, *tasks):
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result


def claim(state: Path, stack: ExitStack) -> None:
    """The state's folder, for one daemon alone. Raises UnderstudyError."""
    try:
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        stack.enter_context(FileLock(state / "daemon.lock", timeout=0))
    except Timeout as error:
        raise UnderstudyError(f"another daemon works in {state}; end it, or give another --state") from error
    except OSError as error:
        raise UnderstudyError(f"--state {state}: {error.strerror}; give another folder") from error


def open_scheduler(
    state: Path,
    limits: SchedulerLimits,
    stack: ExitStack,
    clock: Callable[[], float] = time.time,
    reserve: int = SIZE,
    passed: Passed = unheard,
) -> Scheduler:
    """The queue in a state's folder, on a full disk too. Raises StoreError."""
    room, folders = DiskRoom(state, reserve), JobFolders(state / "jobs")
    store = open_store(state / "jobs.sqlite3", room, folders)
    stack.callback(store.close)
    passed(Step.STORE_OPENED)
    room.keep()
    passed(Step.ROOM_KEPT)
    return Scheduler(StoreAccess(store, room, folders), folders, limits, clock, passed=passed)


async def _open_endpoints(options: "Options", config: Config, metrics: Metrics) -> "Endpoints | None":
    """With their faces read: what is wrong with one is said before anything begins. Endpoints that want the same
    networks share them. Raises UnderstudyError."""
    if not config.endpoints:
        return None
    from tools.daemon.endpoint_swaps import open_swaps  # networks: most daemons have no endpoint
    from tools.daemon.endpoints import Endpoints

    swaps = await asyncio.to_thread(open_swaps, config.endpoints)
    calm()
    return Endpoints(config.endpoints, swaps, metrics, options.streams)


@asynccontextmanager
async def _listening(api: Api, live: "Endpoints | None", options: "Options") -> AsyncIterator[None]:
    """HTTP, and RTMP where there are endpoints. Raises UnderstudyError."""
    async with AsyncExitStack() as stack:
        try:
            server, port = await listen(api, options.host, options.port)
            stack.push_async_callback(server.close)
            if live is not None and options.rtmp is not None:
                place = await live.open(*options.rtmp)
                print(f"publish to rtmp://{options.rtmp[0]}:{place}/APP/KEY", file=sys.stderr)
        except OSError as error:
            raise UnderstudyError(
                f"cannot listen: {error.strerror or error}; is another daemon running there?"
            ) from error
        print(f"jobs: http://{options.host}:{port}/jobs (Ctrl-C ends)", file=sys.stderr, flush=True)
        yield


def _ending() -> asyncio.Event:
    """Set by SIGINT and SIGTERM."""
    event = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, event.set)
    return event


async def _drain(scheduler: Scheduler, live: "Endpoints | None", patience: float) -> None:
    if live is not None:
        live.shut()
    await scheduler.drain(patience)
    if live is not None:
        await live.close()


async def _tidy(scheduler: Scheduler) -> None:
    while True:
        await asyncio.sleep(TIDY_EVERY)
        await scheduler.tidy(KEPT)
