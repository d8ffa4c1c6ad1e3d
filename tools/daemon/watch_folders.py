"""FolderWatch: files that appear in a folder and have stopped growing become jobs, each once, each with an output of
its own."""

import asyncio
import logging
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from engines.errors import UnderstudyError
from stream.jobs.targets import VIDEOS
from tools.daemon.config import WatchFolder
from tools.daemon.errors import RequestError, StoreBusyError, StoreFullError
from tools.daemon.queue.job_store import JobStore
from tools.daemon.queue.queued_job import OVER
from tools.daemon.queue.scheduler import Scheduler
from tools.daemon.request import Request, parse

log = logging.getLogger("understudy.daemon")
EVERY = 2.0  # seconds between two looks
STILL = 4.0  # seconds without a change after which a file counts as whole
NUMBERS = 1000  # outputs of one name, at most


class Watcher:
    """One folder. Decides by names, sizes and times alone; `look` is handed seconds that only rise. still: seconds
    without a change."""

    def __init__(self, watch: WatchFolder, still: float = STILL) -> None:
        self._watch, self._still = watch, still
        self._seen: dict[str, tuple[int, int, float]] = {}  # size, time of change, since when it stands still

    def look(self, now: float) -> list[tuple[Path, str]]:
        """The files that are whole, with a key that names this content of this file. They are named every time: whoever
        takes them in knows by the key which are new. Links are let be: they may lead out of the folder."""
        seen, whole = {}, []
        with os.scandir(self._watch.folder) as found:
            for entry in found:
                if entry.name.startswith(".") or Path(entry.name).suffix.lower() not in VIDEOS:
                    continue
                if not entry.is_file(follow_symlinks=False):
                    continue
                stat = entry.stat(follow_symlinks=False)
                before = self._seen.get(entry.name)
                same = before is not None and before[:2] == (stat.st_size, stat.st_mtime_ns)
                since = before[2] if same and before is not None else now
                seen[entry.name] = (stat.st_size, stat.st_mtime_ns, since)
                if now - since >= self._still and stat.st_size:
                    whole.append((Path(entry.path), f"watch:{entry.path}:{stat.st_size}:{stat.st_mtime_ns}"))
        self._seen = seen
        return sorted(whole)

    def outputs(self, path: Path) -> Iterator[Path]:
        """Names for a file's result, the best first. The second tells apart files that differ in their endings alone,
        the others are numbered."""
        folder, ending = self._watch.output, self._watch.ending
        yield folder / f"{path.stem}{ending}"
        if path.suffix != ending:
            yield folder / f"{path.name}{ending}"
        for number in range(2, NUMBERS):
            yield folder / f"{path.stem}-{number}{ending}"


def free_output(watcher: Watcher, path: Path, store: JobStore, overwrite: bool) -> Path | None:
    """The first of a file's outputs that nothing else has: no other file's job, no job that still runs, and no file,
    but where one may be overwritten or left as it is. None where there is none."""
    return next((output for output in watcher.outputs(path) if _is_free(output, path, store, overwrite)), None)


def _is_free(output: Path, path: Path, store: JobStore, overwrite: bool) -> bool:
    for job in store.writers(str(output)):
        if job.request.get("target") != str(path) or job.state not in OVER:
            return False
    return overwrite or not os.path.lexists(output)


class FolderWatch:
    """Feeds the queue from one folder. steady: seconds that only rise."""

    def __init__(
        self,
        scheduler: Scheduler,
        folder: WatchFolder,
        steady: Callable[[], float] = time.monotonic,
        every: float = EVERY,
        still: float = STILL,
    ) -> None:
        self._scheduler, self._folder, self._steady, self._every = scheduler, folder, steady, every
        self._watcher, self._taken = Watcher(folder, still), set[str]()

    async def run(self) -> None:
        """Looks for ever. A folder that cannot be read is said once, and tried on."""
        troubled = False
        while True:
            try:
                for path, key in await asyncio.to_thread(self._watcher.look, self._steady()):
                    if key not in self._taken and not self._scheduler.draining:
                        await self._take(path, key)
                troubled = False
            except OSError as error:
                if not troubled:
                    log.error("the folder %s cannot be read: %s", self._folder.folder, error.strerror)
                troubled = True
            await asyncio.sleep(self._every)

    async def _take(self, path: Path, key: str) -> None:
        """A whole file becomes a job, if it never was one."""
        try:
            if not self._scheduler.store.has_seen(key):
                request = self._request(path)
                job, new = await self._scheduler.add(request.to_json(), self._folder.priority, key)
                if new:
                    log.info("job %s: a file came into %s", job.id, self._folder.folder)
        except (StoreBusyError, StoreFullError):
            return  # at the next look
        except UnderstudyError as error:
            log.error("a file in %s cannot be a job: %s", self._folder.folder, error)
        self._taken.add(key)

    def _request(self, path: Path) -> Request:
        """Raises RequestError, StoreError."""
        job = self._folder.job
        settled = bool(job.get("overwrite") or job.get("skip_done"))  # what may be there already
        output = free_output(self._watcher, path, self._scheduler.store, settled)
        if output is None:
            raise RequestError(f"{self._folder.output} has {NUMBERS} results of {path.stem}; move some away")
        request = parse({**job, "target": str(path), "output": str(output)})
        if (request.target, request.output) != (str(path), str(output)):
            raise RequestError(f"a link lies at {path} or at {output}; put a plain file there")
        return request
