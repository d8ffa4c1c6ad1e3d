"""Sheet: one picture of all flagged spans: the face at its worst, before and after, with time and reason.

The faces in it are synthetic, and its heading says so.
"""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from calib.qa.spans import FlaggedSpan
from engines.values import U8, Rect
from stream.frame import Frame
from stream.media.atomicfile import write_whole
from stream.media.source import open_source
from tools.qa.markers import timecode

SIDE, GAP, LINE = 128, 6, 18
ACROSS = 6  # spans in a row
MOST = 60  # spans on a sheet
ROOM = 1.8  # side of a tile over the face's longer side
_PAPER, _INK = 250, 30


def write_sheet(
    path: Path,
    clips: Sequence[str],
    original: str | None,
    spans: Sequence[FlaggedSpan],
    rate: Fraction,
    start: Fraction | None = None,
    end: Fraction | None = None,
) -> None:
    """clips: a row each: the swap, and what a repair made of it. start, end: of the original. Raises OutputError,
    InputError."""
    shown = spans[:MOST]
    rows = [_pictures(clip, shown) for clip in clips]
    if original is not None:
        rows.append(_pictures(original, shown, start, end))
    below = [*("repaired" for _ in clips[1:]), *(("the original",) if original is not None else ())]
    _write(path, _drawn(shown, rows, rate, Path(clips[0]).name, below, len(spans) - len(shown)))


def _pictures(
    clip: str, spans: Sequence[FlaggedSpan], start: Fraction | None = None, end: Fraction | None = None
) -> list[U8 | None]:
    """The face of each span at its worst."""
    wanted: dict[int, list[int]] = {}
    for i, span in enumerate(spans):
        wanted.setdefault(span.at, []).append(i)
    out: list[U8 | None] = [None] * len(spans)
    if not spans:
        return out
    with open_source(clip, start=start, end=end) as source:
        for frame in source.frames():
            for i in wanted.pop(frame.index, ()):
                out[i] = _tile(frame, spans[i])
            if not wanted:
                break
    return out


def _tile(frame: Frame, span: FlaggedSpan) -> U8:
    (x, y), side = span.box.centre, max(16, round(ROOM * max(span.box.width, span.box.height)))
    rgb = frame.picture.rgb(Rect(round(x - side / 2), round(y - side / 2), side, side))
    way = cv2.INTER_AREA if side > SIDE else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(rgb, (SIDE, SIDE), interpolation=way), np.uint8)


def _drawn(
    spans: Sequence[FlaggedSpan],
    rows: Sequence[Sequence[U8 | None]],
    rate: Fraction,
    name: str,
    below: Sequence[str],
    more: int,
) -> U8:
    high = len(rows) * (SIDE + 2) + 2 * LINE + GAP
    lines = max(1, -(-len(spans) // ACROSS))
    sheet = np.full((2 * LINE + lines * high, ACROSS * (SIDE + GAP) + GAP, 3), _PAPER, np.uint8)
    left = f", {more} more not shown" if more else ""
    under = f", under each {' and '.join(below)}" if below else ""
    _say(sheet, f"SYNTHETIC FACES of {name}: {len(spans)} flagged{under}{left}", GAP, LINE)
    for i, span in enumerate(spans):
        x, y = GAP + i % ACROSS * (SIDE + GAP), 2 * LINE + i // ACROSS * high
        for k, pictures in enumerate(rows):
            picture = pictures[i]
            if picture is not None:
                top = y + k * (SIDE + 2)
                sheet[top : top + SIDE, x : x + SIDE] = picture
        words = (timecode(span.start, rate), f"{span.reason.value} {span.frames} frames")
        for k, text in enumerate(words):
            _say(sheet, text, x, y + len(rows) * (SIDE + 2) + (k + 1) * LINE - 5)
    return sheet


def _say(image: U8, text: str, x: int, y: int) -> None:
    plain = text.encode("ascii", "replace").decode()  # what OpenCV's letters have
    cv2.putText(image, plain, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (_INK,) * 3, 1, cv2.LINE_AA)


def _write(path: Path, rgb: U8) -> None:
    kind = path.suffix.lower() if path.suffix.lower() in (".jpg", ".jpeg", ".png") else ".jpg"
    _, data = cv2.imencode(kind, rgb[..., ::-1])
    write_whole(path, data.tobytes())
