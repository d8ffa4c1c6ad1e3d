"""Smooth maps of a picture that are worked out smaller than it, and read at its own size, some rows at a time.

So that a picture of any size takes little memory: only what is read is ever large. Rows that are read in parts are, bit
for bit, those that are read at once.
"""

from dataclasses import dataclass

import numpy as np

from engines.values import F32


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows `start` to `stop` of a picture of `height` by `width` pixels."""

    height: int
    width: int
    start: int
    stop: int

    @classmethod
    def all(cls, height: int, width: int) -> "Rows":
        return cls(height, width, 0, height)

    def parts(self, most: int) -> list["Rows"]:
        """The same rows in parts of at most `most`."""
        starts = range(self.start, self.stop, most)
        return [Rows(self.height, self.width, s, min(s + most, self.stop)) for s in starts]


def read(plane: F32, rows: Rows) -> F32:
    """float32 (stop - start, width): a map (h', w') at the picture's size, bilinear, pixel centres on pixel centres."""
    h, w = plane.shape
    low, high, share = _between(h, rows.height, rows.start, rows.stop)
    part = plane[low] * (1 - share)[:, None] + plane[high] * share[:, None]
    low, high, share = _between(w, rows.width, 0, rows.width)
    return np.asarray(part[:, low] * (1 - share) + part[:, high] * share, np.float32)


def _between(
    few: int, many: int, start: int, stop: int
) -> tuple["np.ndarray[tuple[int], np.dtype[np.intp]]", "np.ndarray[tuple[int], np.dtype[np.intp]]", F32]:
    """For pixels start to stop of `many`: the two of `few` that each lies between, and its share of the second."""
    at = np.clip((np.arange(start, stop) + 0.5) * (few / many) - 0.5, 0, few - 1)
    low = np.floor(at).astype(np.intp)
    return low, np.minimum(low + 1, few - 1), (at - low).astype(np.float32)


def work_size(height: int, width: int, longest: int) -> tuple[int, int]:
    """Height and width at which maps are worked out: the picture's, or smaller with `longest` as the longer side."""
    scale = min(1.0, longest / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))
