"""What a right output looks like: a run without a fault, for each pair of inputs that a case may leave behind. Whether
an output equals one of them."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import c2pa  # type: ignore[import-untyped]
import cv2
import numpy as np

from engines.values import U8
from tests.tools.commands import film, portrait, sound, times

FRAMES = 24
NEAR = 4.0  # levels that two encodings of the same swap differ by, at most; those of other inputs differ by more


@dataclass(frozen=True)
class Reference:
    """A run without a fault. frames: uint8 (n, h, w, 3) RGB."""

    clip: str
    face: str
    frames: U8
    times: tuple[Fraction, ...]
    sound: tuple[bytes, ...]


def make_inputs(folder: Path, mirrored: bool) -> None:
    """`clip.mp4` and `face.png`; mirrored: others, of the same size and kind."""
    folder.mkdir(parents=True, exist_ok=True)
    film(folder / "clip.mp4", FRAMES, with_face=True, size=192)
    face = portrait()[..., ::-1]
    if mirrored:
        _mirror(folder / "clip.mp4")
        face = np.ascontiguousarray(face[:, ::-1] // 2 + np.array([0, 60, 110], np.uint8))
    cv2.imwrite(str(folder / "face.png"), face)


def _mirror(path: Path) -> None:
    """The same clip, its pictures mirrored and tinted, its sound cut to its second half."""
    part = path.with_suffix(".new.mp4")
    with av.open(str(path)) as old, av.open(str(part), "w") as new:
        video = new.add_stream("libx264", rate=Fraction(30000, 1001), options={"preset": "ultrafast"})
        video.width = video.height = 192
        video.pix_fmt = "yuv420p"
        for frame in old.decode(video=0):
            picture = frame.to_ndarray(format="rgb24")[:, ::-1] // 2 + np.array([90, 40, 0], np.uint8)
            image = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture, np.uint8), format="rgb24")
            new.mux(video.encode(image))
        new.mux(video.encode(None))
    part.replace(path)


def pictures(path: Path) -> Iterator[U8]:
    with av.open(str(path)) as file:
        for frame in file.decode(video=0):
            yield np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)


def read(path: Path, clip: str, face: str) -> Reference:
    return Reference(clip, face, np.stack(list(pictures(path))), tuple(times(path)), tuple(_sound(path)))


def differences(output: Path, references: Iterable[Reference]) -> list[str]:
    """Empty where the output equals one of the runs in every frame, in times and in sound; else what is wrong with it.
    The runs are asked for one by one."""
    try:
        found = read(output, "", "")
    except (av.error.FFmpegError, OSError, ValueError) as error:
        return [f"it cannot be read: {error}"]
    state = _signature(output)
    if state not in ("Valid", "Trusted"):
        return [f"its signature is {state}"]
    wrong = []
    for one in references:
        if found.times != one.times or found.sound != one.sound:
            wrong.append(f"{one.clip} {one.face}: other times or sound")
            continue
        apart = np.abs(found.frames.astype(np.int16) - one.frames).mean((1, 2, 3))
        if apart.max() <= NEAR:
            return []
        wrong.append(f"{one.clip} {one.face}: {apart.max():.1f} levels apart in frame {apart.argmax()}")
    return wrong


def _signature(path: Path) -> str:
    try:
        with path.open("rb") as file, c2pa.Reader("video/mp4", file) as reader:
            json.loads(reader.json())
            return str(reader.get_validation_state())
    except c2pa.C2paError as error:
        return f"missing or damaged ({error})"


def _sound(path: Path) -> list[bytes]:
    with av.open(str(path)) as file:
        return sound(path) if file.streams.audio else []
