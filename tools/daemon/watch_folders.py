"""WatchFolder: files that appear in a folder and have stopped growing become jobs, each once."""

import asyncio
import logging
import os
from collections.abc import Callable
from pathlib import Path

from engines.errors import UnderstudyError
from stream.jobs.targets import VIDEOS
from tools.daemon.config import WatchFolder
from tools.daemon.request import parse
from tools.daemon.scheduler import Scheduler

log = logging.getLogger("understudy.daemon")
EVERY = 2.0  # seconds between two looks
STILL = 4.0  # seconds without a change after which a file counts as whole


class Watcher:
    """One folder. Decides by names, sizes and times alone; `look` is handed the clock (seconds since 1970)."""

    def __init__(self, watch: WatchFolder) -> None:
        self._watch = watch
        self._seen: dict[str, tuple[int, int, float]] = {}  # size, time of change, since when it stands still

    def look(self, now: float) -> list[tuple[Path, str]]:
        """The files that are whole, with a key that names this content of this file. They are named every time: whoever
        takes them in knows by the key which are new."""
        seen, whole = {}, []
        with os.scandir(self._watch.folder) as found:
            for entry in found:
                if entry.name.startswith(".") or Path(entry.name).suffix.lower() not in VIDEOS or not entry.is_file():
                    continue
                stat = entry.stat()
                before = self._seen.get(entry.name)
                same = before is not None and before[:2] == (stat.st_size, stat.st_mtime_ns)
                since = before[2] if same and before is not None else now
                seen[entry.name] = (stat.st_size, stat.st_mtime_ns, since)
                if now - since >= STILL and stat.st_size:
                    whole.append((Path(entry.path), f"watch:{entry.path}:{stat.st_size}:{stat.st_mtime_ns}"))
        self._seen = seen
        return sorted(whole)

    def output(self, path: Path) -> Path:
        return self._watch.output / f"{path.stem}{self._watch.ending}"


async def watch(keeper: Scheduler, folder: WatchFolder, clock: Callable[[], float]) -> None:
    """Looks for ever. A folder that cannot be read is said once, and tried on."""
    watcher, taken, troubled = Watcher(folder), set[str](), False
    while True:
        try:
            for path, key in await asyncio.to_thread(watcher.look, clock()):
                if key not in taken and not keeper.draining:
                    taken.add(key)
                    _queue(keeper, folder, path, watcher.output(path), key)
            troubled = False
        except OSError as error:
            if not troubled:
                log.error("the folder %s cannot be read: %s", folder.folder, error.strerror)
            troubled = True
        await asyncio.sleep(EVERY)


def _queue(keeper: Scheduler, folder: WatchFolder, path: Path, output: Path, key: str) -> None:
    try:
        asked = parse({**folder.job, "target": str(path), "output": str(output)})
        entry, new = keeper.add(asked.told(), folder.priority, key)
        if new:
            log.info("job %s: a file came into %s", entry.id, folder.folder)
    except UnderstudyError as error:
        log.error("a file in %s cannot be a job: %s", folder.folder, error)
