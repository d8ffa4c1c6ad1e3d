"""A refiner's program: started when first asked, given so long for an answer, started again when it dies, given up when
that keeps happening. Threads that share it wait for one another.
"""

import os
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy.typing as npt

from engines.errors import UnderstudyError
from engines.refiners.wire import Arrays, WireError, receive, send

TRIES = 3  # deaths in a row after which a program is left alone
ENDED = "ended"
TOLD = 400  # characters of its last words
OFFLINE = {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1"}
"""For its libraries: everything it needs lies on this machine, and nobody is to be told of its use."""


class RefinerError(UnderstudyError):
    """A refiner's program is missing, has died, was too slow, or says that it cannot."""


class RefinerWorker:
    """command: what to start. seconds: for an answer; loading: until it is ready for the first one."""

    def __init__(self, name: str, command: Sequence[str], seconds: float, loading: float = 600.0) -> None:
        self.name, self._command = name, list(command)
        self._seconds, self._loading = seconds, loading
        self._process: subprocess.Popen[bytes] | None = None
        self._words: BinaryIO | None = None
        self.deaths = 0
        self._asking = threading.Lock()

    def ask(self, note: Mapping[str, object], arrays: Mapping[str, npt.NDArray[Any]]) -> Arrays:
        """Raises RefinerError; the next call then starts the program anew."""
        with self._asking:
            return self._ask(note, arrays)

    def _ask(self, note: Mapping[str, object], arrays: Mapping[str, npt.NDArray[Any]]) -> Arrays:
        if self.deaths >= TRIES:
            raise RefinerError(f"the refiner {self.name} ended {self.deaths} times in a row and is left alone")
        process = self._started()
        answer = self._exchange(process, self._seconds, note, arrays)
        self.deaths = 0
        if "error" in answer[0]:
            raise RefinerError(f"the refiner {self.name} says: {str(answer[0]['error'])[:TOLD]}")
        return answer[1]

    def close(self) -> None:
        """May be called at any time, more than once."""
        if self._process is not None:
            with suppress(OSError):
                self._in(self._process).close()
            self._end(self._process)
        self._process = None
        if self._words is not None:
            self._words.close()
        self._words = None

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.close()
        self._words = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            pipe, around = subprocess.PIPE, {**os.environ, **OFFLINE}
            process = subprocess.Popen(self._command, stdin=pipe, stdout=pipe, stderr=self._words, env=around)
        except OSError as error:
            self.deaths += 1
            self.close()
            raise RefinerError(
                f"the refiner {self.name} cannot be started ({self._command[0]}: {error.strerror})"
            ) from error
        self._process = process
        self._exchange(process, self._loading, None, {})
        return process

    def _exchange(
        self,
        process: subprocess.Popen[bytes],
        seconds: float,
        note: Mapping[str, object] | None,
        arrays: Mapping[str, npt.NDArray[Any]],
    ) -> tuple[dict[str, Any], Arrays]:
        """Sends (unless note is None) and receives. The clock ends the program, which ends whatever waits for it."""
        late = threading.Event()

        def end() -> None:
            late.set()
            process.kill()

        clock = threading.Timer(seconds, end)
        clock.daemon = True
        clock.start()
        try:
            if note is not None:
                send(self._in(process), note, arrays)
            answer = receive(self._out(process))
        except (OSError, ValueError, KeyError, WireError) as error:
            raise self._death(process, f"did not answer ({error})", late, seconds) from error
        finally:
            clock.cancel()
        if answer is None:
            raise self._death(process, ENDED, late, seconds)
        return answer

    def _death(
        self, process: subprocess.Popen[bytes], what: str, late: threading.Event, seconds: float
    ) -> RefinerError:
        # one that ends by itself may yet have to say why
        self._end(process, 10.0 if what == ENDED and not late.is_set() else 0.0)
        self.deaths += 1
        words = self._last_words()
        why = f"took more than {seconds:g} s" if late.is_set() else what
        self.close()
        return RefinerError(f"the refiner {self.name} {why}" + (f"; its last words: {words}" if words else ""))

    def _last_words(self) -> str:
        if self._words is None:
            return ""
        size = self._words.seek(0, 2)
        self._words.seek(max(0, size - TOLD))
        return self._words.read().decode("utf-8", "replace").strip().rpartition("\n")[2]

    def _end(self, process: subprocess.Popen[bytes], grace: float = 2.0) -> None:
        try:
            process.wait(grace)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    @staticmethod
    def _in(process: subprocess.Popen[bytes]) -> BinaryIO:
        assert process.stdin is not None
        return process.stdin  # type: ignore[return-value]

    @staticmethod
    def _out(process: subprocess.Popen[bytes]) -> BinaryIO:
        assert process.stdout is not None
        return process.stdout  # type: ignore[return-value]


def program(python: Path | str, name: str, *words: str) -> list[str]:
    """The command that runs one of this folder's programs with an interpreter of its own."""
    return [str(python), str(Path(__file__).with_name(name)), *words]
