"""The sheet: of a size that goes by what it shows, with pictures where buckets are filled and there alone."""

from pathlib import Path

import numpy as np

from stream.media.still import read_image
from tests.tools.identity.runs import built
from tools.identity.files import SetSource, write_sets
from tools.identity.sheet import GAP, LINE, MARGIN, SIDE, WIDTH, write_sheet


def test_both_people_and_a_pair_are_on_one_sheet(tmp_path: Path) -> None:
    run, work = built(tmp_path)
    out = tmp_path / "out"
    out.mkdir()
    sets = write_sets(run, work, out, SetSource(("a.mp4",), "x", "ab" * 32))
    write_sheet(sets, out)
    sheet = read_image(str(out / "sheet.jpg"))
    rows = 2 * 8 + 1  # anchors, five pitches, expressions, challenges of each; the pair
    assert sheet.shape == (rows * (SIDE + LINE) + 2 * (LINE + 4), WIDTH, 3)

    def tile(row: int, column: int) -> float:
        """Mean level of a place of the first person's rows."""
        y, x = LINE + 4 + row * (SIDE + LINE), MARGIN + column * (SIDE + GAP)
        return float(np.mean(sheet[y + 8 : y + SIDE - 8, x + 8 : x + SIDE - 8]))

    empty = 225.0
    assert abs(tile(1, 3) - empty) < 2, "nobody looked up"
    filled = [abs(tile(3, column) - empty) > 10 for column in range(7)]
    yaws = {r.candidate.bucket.yaw for r in sets[0].coverage}
    assert sum(filled) == len(yaws) >= 5


def test_a_person_alone_needs_no_pair(tmp_path: Path) -> None:
    run, work = built(tmp_path)
    out = tmp_path / "out"
    out.mkdir()
    sets = write_sets(run, work, out, SetSource(("a.mp4",), "x", "ab" * 32))
    for path in (out / "pair").iterdir():
        path.unlink()
    write_sheet(sets[:1], out)
    assert read_image(str(out / "sheet.jpg")).shape[0] == 8 * (SIDE + LINE) + LINE + 4
