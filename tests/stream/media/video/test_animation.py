"""Animations by their files: which is one, how often it plays, when its pictures come."""

import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from engines.errors import InputError
from engines.values import U8
from stream.media.source import open_source
from stream.media.still import is_image
from stream.media.video.animation import FOREVER, is_animation, looping, moves, opened, plays
from stream.pixels.planes import Planes
from tests.stream.clips import picture

LENGTHS = (80, 120, 40, 300)  # milliseconds of the pictures
SIZE = (48, 32)


def animate(path: Path, lengths: tuple[int, ...] = LENGTHS, loop: int = 0, clear: bool = False) -> Path:
    """An animation made by OpenCV, its pictures those of `picture`."""
    frames = []
    for i in range(len(lengths)):
        bgr = picture(i, *SIZE)[..., ::-1]
        alpha = np.full(bgr.shape[:2], 255, np.uint8)
        if clear:
            alpha[:, 24:] = 0
        frames.append(np.dstack([bgr, alpha]))
    animation: Any = cv2.Animation()
    animation.frames, animation.durations, animation.loop_count = frames, np.array(lengths, np.int32), loop
    assert cv2.imwriteanimation(str(path), animation, [cv2.IMWRITE_WEBP_QUALITY, 101])
    return path


def still(path: Path) -> Path:
    cv2.imwrite(str(path), picture(0, *SIZE)[..., ::-1])
    return path


def read(path: Path) -> tuple[list[U8], list[Fraction]]:
    """RGBA pictures and their times in seconds."""
    with open_source(str(path)) as source:
        frames = list(source.frames())
        out = []
        for frame in frames:
            assert isinstance(frame.picture, Planes)
            rgba = frame.picture.to_av().to_ndarray(format="rgba")
            out.append(np.asarray(rgba, np.uint8))
        return out, [f.pts * f.time_base for f in frames]


@pytest.mark.parametrize("ending", ["webp", "png", "gif"])
def test_what_moves_is_an_animation(tmp_path: Path, ending: str) -> None:
    moving, one = animate(tmp_path / f"a.{ending}"), still(tmp_path / "b.png")
    assert is_animation(moving) and not is_image(str(moving))
    assert not is_animation(one) and is_image(str(one))
    assert is_image(str(still(tmp_path / "b.webp")))
    assert not is_animation(tmp_path / "nothing.webp")


def test_a_png_may_say_late_that_it_moves(tmp_path: Path) -> None:
    """A large chunk before the one that says so."""
    path = animate(tmp_path / "a.png")
    data = path.read_bytes()
    extra = struct.pack(">I", 200_000) + b"caBX" + bytes(200_000) + bytes(4)
    path.write_bytes(data[:33] + extra + data[33:])
    assert is_animation(path) and not is_image(str(path))
    assert len(read(path)[0]) == 4


@pytest.mark.parametrize("ending", ["webp", "png", "apng", "gif"])
@pytest.mark.parametrize("clear", [False, True])
def test_every_picture_at_its_own_time(tmp_path: Path, ending: str, clear: bool) -> None:
    path = animate(tmp_path / ("a.png" if ending == "apng" else f"a.{ending}"), clear=clear)
    path = path.rename(tmp_path / f"a.{ending}")
    pictures, times = read(path)
    assert times == [Fraction(0), Fraction(8, 100), Fraction(20, 100), Fraction(24, 100)]
    for i, rgba in enumerate(pictures):
        off = np.abs(rgba[:, :20, :3].astype(int) - picture(i, *SIZE)[:, :20])
        assert off.mean() < (20 if ending == "gif" else 0.5)  # OpenCV makes coarse GIFs
        assert (rgba[:, :20, 3] == 255).all()
        assert (rgba[:, 28:, 3] == (0 if clear else 255)).all()
    with open_source(str(path)) as source:
        assert source.info.transparent is clear
        assert source.info.container == ("webp" if ending == "webp" else "gif" if ending == "gif" else "apng")


def test_a_span_of_a_webp(tmp_path: Path) -> None:
    path = animate(tmp_path / "a.webp")
    with open_source(str(path), start=Fraction(1, 10), end=Fraction(22, 100)) as source:
        assert [f.pts * f.time_base for f in source.frames()] == [Fraction(20, 100)]


@pytest.mark.parametrize(("loop", "times"), [(0, FOREVER), (1, 1), (3, 3)])
@pytest.mark.parametrize("ending", ["webp", "png"])
def test_how_often_it_plays(tmp_path: Path, ending: str, loop: int, times: int) -> None:
    assert plays(animate(tmp_path / f"a.{ending}", loop=loop)) == times


def test_gifs_count_repeats(tmp_path: Path) -> None:
    for loop, times in ((-1, 1), (0, FOREVER), (4, 5)):
        path = tmp_path / f"{times}.gif"
        with av.open(str(path), "w", container_options={"loop": str(loop)}) as out:
            stream: Any = out.add_stream("gif", 10)
            stream.width, stream.height, stream.pix_fmt = 16, 16, "rgb8"
            for i in range(3):
                frame = av.VideoFrame.from_ndarray(np.full((16, 16, 3), 60 * i, np.uint8), format="rgb24")
                frame = frame.reformat(format="rgb8")
                frame.pts = i
                out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
        assert plays(path) == times
        assert looping("gif", times) == {"loop": str(loop)}


def test_a_clip_plays_for_ever() -> None:
    assert plays(Path("clip.mp4")) == FOREVER
    assert looping("webp", FOREVER) == {"loop": "0"} and looping("apng", 2) == {"plays": "2"}


def test_what_is_to_be_an_animation(tmp_path: Path) -> None:
    moving = str(animate(tmp_path / "a.webp"))
    assert moves("clip.mp4", "out.gif") and moves("clip.mp4", "out.webp") and moves("clip.mp4", "OUT.APNG")
    assert moves(moving, "out.png") and not moves("clip.mp4", "out.png"), "one frame is meant"
    assert not moves(moving, "out.jpg") and not moves(moving, "out.mp4")


def test_other_files_are_opened_elsewhere(tmp_path: Path) -> None:
    assert opened(still(tmp_path / "a.webp")) is None
    assert opened(animate(tmp_path / "a.gif")) is None
    assert opened(tmp_path / "nothing.webp") is None


@pytest.mark.parametrize("keep", [0.3, 0.9])
def test_a_webp_that_was_cut_short(tmp_path: Path, keep: float) -> None:
    path = animate(tmp_path / "a.webp")
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(InputError, match=r"a\.webp was cut short"):
        open_source(str(path))


def test_a_webp_whose_pictures_are_noise(tmp_path: Path) -> None:
    path = animate(tmp_path / "a.webp")
    data = bytearray(path.read_bytes())
    at = data.index(b"ANMF") + 40
    data[at:] = bytes((i * 37) % 256 for i in range(len(data) - at))
    path.write_bytes(data)
    with pytest.raises(InputError, match="damaged"), open_source(str(path)) as source:
        list(source.frames())
