"""Damaged files through `understudy swap`: no traceback, no hang, nothing under the final name that does not play.

A case is a seed and a number; the same two give the same damage to the same whole file.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import av
import cv2

from stream.media.still import is_image
from tests.tools.fuzz.mutations import mutated

LIMIT = 20.0  # seconds of processor time
OUTPUTS = {"video": ("mp4", "mp4", "mkv", "mov", "ts", "avi"), "picture": ("png", "jpg")}


@dataclass(frozen=True, slots=True)
class Case:
    """done: what was done to the whole file. words: the options beside input and output."""

    seed: int
    number: int
    whole: str
    done: tuple[str, ...]
    data: bytes
    into: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.seed}:{self.number} {self.whole} {'+'.join(self.done)} -> {self.into} {' '.join(self.words)}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """complaints: what should not have been; empty where all is well. said: all that was printed."""

    case: Case
    code: int
    spent: float
    said: str
    complaints: tuple[str, ...]


def case(wholes: Sequence[Path], seed: int, number: int) -> Case:
    rng = Random(f"{seed}:{number}")
    whole = rng.choice(wholes)
    data, done = mutated(whole.read_bytes(), whole.suffix[1:], rng)
    picture = is_image(whole.name)
    words: tuple[str, ...] = ()
    if not picture and rng.random() < 0.25:
        words = rng.choice((("--start", "0.2"), ("--end", "0.3"), ("--start", "0.1", "--end", "0.3")))
    if rng.random() < 0.5:
        words += ("--without", "manifest", "--because", "fuzz")
    return Case(
        seed, number, whole.name, tuple(done), data, rng.choice(OUTPUTS["picture" if picture else "video"]), words
    )


class Runner:
    """A program that is loaded and runs one command at a time."""

    def __init__(self, process: "subprocess.Popen[str]", face: Path, folder: Path) -> None:
        self._process, self._face, self._folder = process, face, folder

    def run(self, one: Case) -> Outcome:
        """In a folder that is empty but for the input, and is emptied again."""
        target = self._folder / f"in{Path(one.whole).suffix}"
        output = self._folder / f"out.{one.into}"
        target.write_bytes(one.data)
        words = ["swap", "-y", "--quiet", "--i-have-consent", "--source", str(self._face), *one.words]
        answer = self._ask([*words, target.name, output.name])
        left = sorted(p.name for p in self._folder.iterdir() if p != target)
        wrong = tuple(complaints(answer, output, left))
        for path in self._folder.iterdir():
            path.unlink()
        return Outcome(one, answer["code"], answer["spent"], answer["said"], wrong)

    def _ask(self, words: list[str]) -> dict[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        print(json.dumps({"words": words, "folder": str(self._folder), "seconds": LIMIT}), file=self._process.stdin)
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


@contextmanager
def runner(face: Path, folder: Path) -> Iterator[Runner]:
    """face: the source photo. folder: to work in; made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "tests.tools.fuzz.zygote"]
    root = Path(__file__).parents[3]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Runner(process, face, folder)
        finally:
            assert process.stdin is not None
            process.stdin.close()


def complaints(answer: dict[str, Any], output: Path, left: list[str]) -> Iterator[str]:
    code, said = answer["code"], answer["said"]
    if answer["ended"]:
        yield f"hangs: ended after {answer['spent']} s"
        return
    if "Traceback" in said:
        yield "a traceback"
    if code < 0:
        yield f"killed by signal {-code}"
    if code and not output.exists() and "error: " not in said:
        yield "fails without a word"
    kept = {output.name, f"{output.name}.c2pa"} if code == 0 else set()
    if strange := [name for name in left if name not in kept]:
        yield f"left behind: {', '.join(strange)}"
    if code == 0:
        yield from _plays(output)


def _plays(path: Path) -> Iterator[str]:
    """What keeps an output from being played to its end."""
    if not path.exists():
        yield "no output, and no error"
    elif is_image(path.name):
        if cv2.imread(str(path)) is None:
            yield "the picture cannot be read"
    else:
        try:
            with av.open(str(path)) as clip:
                stream = next(s for s in clip.streams.video if not s.disposition & av.stream.Disposition.attached_pic)
                packets = frames = 0
                for packet in clip.demux():
                    if packet.stream is stream:
                        packets += bool(packet.size)
                        frames += len(packet.decode())
                if not frames or frames != packets:
                    yield f"{frames} frames of {packets} packets play"
        except (av.error.FFmpegError, OSError, StopIteration) as error:
            yield f"does not play to its end: {error!r}"
