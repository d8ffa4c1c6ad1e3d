"""Geometry by value: every turn and mirror of a small picture, and what counts as square."""

import io
from fractions import Fraction

import av
import numpy as np
import pytest

from engines.values import Rect
from stream.media.video.display import Display
from stream.pixels.geometry import Geometry, angle, orientation

ONE = 65_536
TURNS = [(rotation, mirrored) for rotation in (0, 90, 180, 270) for mirrored in (False, True)]
# As FFmpeg's documentation of display matrices has them: stored x points along (a, b), stored y along (c, d).
MATRICES = {
    (0, False): (1, 0, 0, 1),
    (90, False): (0, 1, -1, 0),
    (180, False): (-1, 0, 0, -1),
    (270, False): (0, -1, 1, 0),
    (0, True): (-1, 0, 0, 1),
    (180, True): (1, 0, 0, -1),
    (90, True): (0, 1, 1, 0),
    (270, True): (0, -1, -1, 0),
}


def matrix(a: float, b: float, c: float, d: float) -> tuple[int, ...]:
    return (round(a * ONE), round(b * ONE), 0, round(c * ONE), round(d * ONE), 0, 0, 0, 1 << 30)


def placed(stored: np.ndarray[tuple[int, int], np.dtype[np.int64]], turn: tuple[int, bool]) -> list[list[int]]:
    """What a display matrix makes of a picture: every sample carried to where its axes point."""
    a, b, c, d = MATRICES[turn]
    h, w = stored.shape
    points = {(a * x + c * y, b * x + d * y): int(stored[y, x]) for y in range(h) for x in range(w)}
    columns, rows = (sorted({p[i] for p in points}) for i in (0, 1))
    return [[points[x, y] for x in columns] for y in rows]


@pytest.mark.parametrize("turn", TURNS)
def test_a_picture_is_shown_as_its_matrix_says(turn: tuple[int, bool]) -> None:
    stored = np.arange(6).reshape(2, 3)
    geometry = Geometry(3, 2, *turn)
    assert orientation(matrix(*MATRICES[turn])) == turn
    assert geometry.turned(stored).tolist() == placed(stored, turn)
    assert geometry.unturned(geometry.turned(stored)).tolist() == stored.tolist()
    assert geometry.upright == geometry.turned(stored).shape[::-1]


@pytest.mark.parametrize("turn", TURNS)
def test_a_rectangle_is_found_where_it_is_stored(turn: tuple[int, bool]) -> None:
    stored = np.arange(70).reshape(7, 10)
    geometry = Geometry(10, 7, *turn)
    shown = geometry.turned(stored)
    rect = Rect(2, 1, 3, 4)
    at = geometry.stored(rect)
    part = stored[at.y : at.y + at.h, at.x : at.x + at.w]
    assert geometry.turned(part).tolist() == shown[1:5, 2:5].tolist()


def test_ffmpeg_and_we_mean_the_same_turns() -> None:
    """`set_display_rotation` takes degrees against the clock."""
    for turn in TURNS:
        file = io.BytesIO()
        with av.open(file, "w", format="mp4") as out:
            stream = out.add_stream("mpeg4", 25)
            stream.width, stream.height = 32, 16
            stream.set_display_rotation(-turn[0], hflip=turn[1])
            for i in range(2):
                frame = av.VideoFrame.from_ndarray(np.zeros((16, 32, 3), np.uint8), format="rgb24")
                frame.pts = i
                out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
        file.seek(0)
        with av.open(file, "r") as again:
            frame = next(again.decode(video=0))
            seen = Display(again.streams.video[0])(frame)
            assert (seen.rotation, seen.mirrored) == turn


@pytest.mark.parametrize("degrees", [30, 45, 100, 200])
def test_other_turns_are_none_of_ours(degrees: int) -> None:
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    slanted = matrix(cos, sin, -sin, cos)
    assert orientation(slanted) is None
    assert angle(slanted) == degrees


def test_a_matrix_of_another_scale_turns_the_same() -> None:
    assert orientation(matrix(0, 0.5, -2, 0)) == (90, False)
    assert orientation(matrix(0, 0, 0, 0)) is None
    assert orientation(matrix(1, 0.01, -0.01, 1)) == (0, False), "within a degree"


@pytest.mark.parametrize(
    ("size", "rotation", "aspect", "shown"),
    [
        ((330, 480), 0, Fraction(16, 11), (480, 480)),
        ((240, 480), 0, Fraction(2), (480, 480)),
        ((720, 480), 0, Fraction(8, 9), (720, 540)),
        ((720, 576), 90, Fraction(16, 15), (576, 768)),
        ((720, 480), 270, Fraction(8, 9), (540, 720)),
        ((640, 480), 0, Fraction(1), (640, 480)),
    ],
)
def test_pixels_become_square_and_no_side_shorter(
    size: tuple[int, int], rotation: int, aspect: Fraction, shown: tuple[int, int]
) -> None:
    assert Geometry(*size, rotation, False, aspect).shown == shown


@pytest.mark.parametrize("aspect", [Fraction(200, 199), Fraction(99, 100), Fraction(65535), Fraction(1, 9)])
def test_nearly_square_and_impossible_pixels_are_square(aspect: Fraction) -> None:
    assert Geometry(64, 48, aspect=aspect).shown == (64, 48)
