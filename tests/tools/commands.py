"""The console script as a user calls it, and the clips it is called with."""

import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from engines.store.store import default_store
from engines.values import U8
from stream.perception.face_finding import NAMES as NETWORKS
from tools.main import main

needs_models = [
    pytest.mark.models,
    pytest.mark.skipif(not all(map(default_store().holds, NETWORKS)), reason="the embedded models are not pulled"),
]
AGREED = "--i-have-consent"


@dataclass(frozen=True)
class Result:
    returncode: int
    stdout: str
    stderr: str


def understudy(*words: object) -> Result:
    """The console script in this process: loading the runtime for every test would take most of the time."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["understudy", *map(str, words)])
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
    return Result(code, out.getvalue(), err.getvalue())


def failed(*words: object) -> str:
    """The one line that a failing `swap` prints; consent is given."""
    result = understudy("swap", AGREED, *words)
    assert result.returncode == 2
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    (line,) = result.stderr.splitlines()
    return line


def on_terminal(answer: str, *words: object) -> tuple[int, str]:
    """The console script on a terminal of its own, whose user types `answer`: exit code, and what was shown there."""
    import pty  # there is none on Windows

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "tools.main", *map(str, words)]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs) as running:
        os.close(theirs)
        os.write(ours, answer.encode() + b"\n")
        shown = b""
        while True:
            try:
                shown += os.read(ours, 4096)
            except OSError:  # how Linux says that nobody holds the other end any more
                break
    os.close(ours)
    return running.returncode, shown.decode()


def portrait() -> U8:
    """A public-domain photo with one face, uint8 (512, 512, 3) RGB."""
    data = pytest.importorskip("skimage.data")
    return np.asarray(data.astronaut(), np.uint8)


def film(path: Path, frames: int, with_face: bool, size: int = 256) -> Path:
    """A clip at 29.97 with a tone beside it; the portrait drifts through it, or a grey ramp does."""
    grey = np.add.outer(np.arange(512) // 4, np.arange(512) // 8)[..., None].repeat(3, 2).astype(np.uint8)
    whole = portrait() if with_face else grey
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=Fraction(30000, 1001), options={"preset": "ultrafast"})
        video.width = video.height = size
        video.pix_fmt = "yuv420p"
        sound = container.add_stream("aac", rate=44100, layout="mono")
        for n in range(frames):
            x = 60 + abs(20 - n % 40)
            view = np.ascontiguousarray(whole[0:400, x : x + 400])
            image = np.asarray(cv2.resize(view, (size, size), interpolation=cv2.INTER_AREA), np.uint8)
            container.mux(video.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        for n in range(int(frames * 44100 / 29.97 / 1024)):
            tone = np.sin(np.arange(n * 1024, (n + 1) * 1024) / 20).astype(np.float32)[None] * 0.1
            block = av.AudioFrame.from_ndarray(tone, format="fltp", layout="mono")
            block.sample_rate, block.pts = 44100, n * 1024
            container.mux(sound.encode(block))
        container.mux(sound.encode(None))
        container.mux(video.encode(None))
    return path


def times(path: Path) -> list[Fraction]:
    with av.open(str(path)) as container:
        return [f.pts * f.time_base for f in container.decode(video=0) if f.pts is not None and f.time_base]


def sound(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(p) for p in container.demux(audio=0) if p.size]
