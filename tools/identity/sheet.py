"""Sheet: one picture of all sets of a run, to be looked over: anchors, the buckets filled and empty, challenges."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from calib.identity.buckets import YAW_NAMES, Expression, Pitch
from calib.identity.person_set import Sets
from engines.values import U8
from tools.identity.files import Shelf, shelves
from tools.identity.work import jpeg

SIDE, GAP, LINE, MARGIN = 104, 4, 20, 96
WIDTH = MARGIN + 8 * (SIDE + GAP)
_PAPER, _INK, _EMPTY = 250, 30, 225


class _Sheet:
    """Rows of pictures, one under another."""

    def __init__(self) -> None:
        self._rows: list[U8] = []

    def words(self, text: str) -> None:
        row = np.full((LINE + 4, WIDTH, 3), _PAPER, np.uint8)
        _write(row, text, 6, LINE - 3)
        self._rows.append(row)

    def pictures(self, label: str, tiles: Sequence[tuple[U8 | None, str]]) -> None:
        """A row of at most eight; None: an empty place."""
        row = np.full((SIDE + LINE, WIDTH, 3), _PAPER, np.uint8)
        _write(row, label, 6, SIDE // 2)
        for i, (picture, text) in enumerate(tiles):
            x = MARGIN + i * (SIDE + GAP)
            row[:SIDE, x : x + SIDE] = _EMPTY if picture is None else _square(picture)
            _write(row, text, x, SIDE + LINE - 7)
        self._rows.append(row)

    def done(self) -> U8:
        return np.concatenate(self._rows)


def write_sheet(sets: Sequence[Sets], folder: Path) -> None:
    """`sheet.jpg` of the sets that lie in `folder`."""
    sheet = _Sheet()
    for number, one in enumerate(sets):
        _person(sheet, number, one, folder / f"person_{number}")
    for path in sorted((folder / "pair").glob("*.jpg"))[:1]:
        sheet.pictures("pair", [(_read(path), path.stem)])
    (folder / "sheet.jpg").write_bytes(jpeg(sheet.done()))


def _person(sheet: _Sheet, number: int, sets: Sets, folder: Path) -> None:
    items = shelves(sets)
    filled = ", ".join(f"{name} {value}" for name, value in sets.covered.words.items())
    sheet.words(f"person_{number}: {len(sets.anchors)} anchors, {len(sets.coverage)} coverage ({filled}),"
                f" {len(sets.challenges)} challenge; {sets.chosen.value}")  # fmt: skip
    sheet.pictures("anchors", [(_read(folder / i.path), _words(i)) for i in items if i.kind == "anchor"][:8])
    cover = [i for i in items if i.kind == "coverage"]
    for pitch in Pitch:
        held = [[i for i in cover if _at(i, yaw, pitch)] for yaw in YAW_NAMES]
        tiles = [
            (_read(folder / max(cell, key=lambda i: i.rated.candidate.quality).path), f"{yaw} x{len(cell)}")
            if cell
            else (None, yaw)
            for cell, yaw in zip(held, YAW_NAMES, strict=True)
        ]
        sheet.pictures(pitch.value, tiles)
    best = {e: max((i for i in cover if i.rated.candidate.bucket.expression is e), default=None, key=_quality)
            for e in Expression}  # fmt: skip
    sheet.pictures("expression", [(_read(folder / i.path) if i else None, e.value) for e, i in best.items()])
    sheet.pictures("challenge", [(_read(folder / i.path), Path(i.path).stem[5:]) for i in items
                                 if i.kind == "challenge"][:8])  # fmt: skip


def _quality(item: Shelf) -> float:
    return item.rated.candidate.quality


def _at(item: Shelf, yaw: str, pitch: Pitch) -> bool:
    b = item.rated.candidate.bucket
    return b.yaw == yaw and b.pitch is pitch


def _words(item: Shelf) -> str:
    return f"q {_quality(item):.2f} s {item.rated.stable:.2f}"


def _read(path: Path) -> U8:
    found = cv2.imread(str(path), cv2.IMREAD_COLOR)
    assert found is not None, path
    return np.asarray(found[..., ::-1], np.uint8)


def _square(picture: U8) -> U8:
    """The whole picture fitted into SIDE x SIDE."""
    h, w = picture.shape[:2]
    k = SIDE / max(h, w)
    size = (max(1, round(w * k)), max(1, round(h * k)))
    out = np.full((SIDE, SIDE, 3), _EMPTY, np.uint8)
    x, y = (SIDE - size[0]) // 2, (SIDE - size[1]) // 2
    out[y : y + size[1], x : x + size[0]] = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return out


def _write(image: U8, text: str, x: int, y: int) -> None:
    cv2.putText(image, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (_INK,) * 3, 1, cv2.LINE_AA)
