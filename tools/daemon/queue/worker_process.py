"""WorkerProcess: one job's process as the daemon sees it: started, heard, paused, killed, ended when it is silent.

Knows pipes and signals; nothing of what becomes of the job.
"""

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.cli import child
from tools.daemon.files.durable import write_text
from tools.daemon.steps import Passed, Step, unheard

log = logging.getLogger("understudy.daemon")
COMMAND = child.command("tools.daemon.worker")
SILENCE = 900.0  # seconds without a word after which a process is ended: building an engine may take ten minutes
LAST_WORDS = 2000  # characters of a process's complaints that are kept


@dataclass(frozen=True, slots=True)
class ProcessEnd:
    """code: the exit code, negative for a signal. said: the reason it gave, or its last words."""

    code: int
    said: str


@dataclass(frozen=True, slots=True)
class JobProgress:
    """frames: finished ones. total: in all, as far as the file tells."""

    frames: int
    total: int | None


class WorkerProcess:
    """folder: the job's; made here. length: seconds of a piece. heard: called with every report and note."""

    def __init__(
        self,
        folder: Path,
        length: float,
        heard: Callable[[JobProgress | str], object],
        command: tuple[str, ...] = COMMAND,
        silence: float = SILENCE,
        passed: Passed = unheard,
    ) -> None:
        self._folder, self._length, self._heard = folder, length, heard
        self._command, self._silence, self._passed = command, silence, passed
        self._process: asyncio.subprocess.Process | None = None
        self._killed = False

    def pause(self) -> None:
        """It finishes its piece and ends."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()

    def kill(self) -> None:
        """Whether it runs already or is only about to."""
        self._killed = True
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def run(self, request: Mapping[str, object]) -> ProcessEnd:
        """To its end. Raises OSError where it cannot be started, ValueError where what it says is no line."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._passed(Step.FOLDER_MADE)
        write_text(self._folder / "request.json", json.dumps(dict(request)))
        self._passed(Step.REQUEST_WRITTEN)
        process = self._process = await self._start()
        self._passed(Step.PROCESS_STARTED)
        if self._killed:
            self.kill()
        assert process.stdin is not None and process.stderr is not None
        complaints = asyncio.create_task(_last_words(process.stderr))
        try:
            said = await self._listen(process)
            code = await process.wait()
            return ProcessEnd(code, said or (await complaints).strip().rpartition("\n")[2])
        finally:
            complaints.cancel()
            if process.returncode is None:
                self.kill()
                await process.wait()
            process.stdin.close()

    async def _start(self) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        words = (*self._command, str(self._folder), str(self._length))
        return await asyncio.create_subprocess_exec(*words, stdin=pipe, stdout=pipe, stderr=pipe, cwd=self._folder)

    async def _listen(self, process: asyncio.subprocess.Process) -> str:
        """To the end of what it says. Returns the reason that it gave for its end, empty where it gave none."""
        assert process.stdout is not None
        error = ""
        while True:
            try:
                line = await asyncio.wait_for(process.stdout.readline(), self._silence)
            except TimeoutError:
                self.kill()
                return f"it said nothing for {self._silence:.0f} s and was ended"
            if not line:
                return error
            error = self._take(line) or error

    def _take(self, line: bytes) -> str:
        """A line of the process's; the reason, if it gives one."""
        try:
            found = json.loads(line)
            if "error" in found:
                return str(found["error"])
            if "note" in found:
                self._heard(str(found["note"]))
            elif "frames" in found:
                total = found["total"]
                self._heard(JobProgress(int(found["frames"]), int(total) if total is not None else None))
        except (ValueError, KeyError, TypeError):
            log.info("a job's process said: %s", line[:200])
        return ""


async def _last_words(stream: asyncio.StreamReader) -> str:
    """Everything is read, the end is kept."""
    kept = b""
    while data := await stream.read(1 << 14):
        kept = (kept + data)[-LAST_WORDS:]
    return kept.decode(errors="replace")
