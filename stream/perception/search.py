"""FaceSearch: where in a frame faces are looked for, and at what size and turn. Knows detectors, pictures and tiles;
nothing of who is who.
"""

from collections.abc import Iterator

import numpy as np

from engines.detector import Detection, Detector, tiles
from engines.nets.detectors.finder import NetDetector
from engines.protocol import Engine
from engines.upright import QUARTERS, SURE, around, righted, turned, unturned
from engines.values import U8, Box, Rect, Region
from stream.frame import Frame
from stream.perception.sweep import Sweep

LOOK = 512  # pixels of the longer side in which BlazeFace looks at a frame
NEAR = 3.0  # side of the closer look at where a face was lost, in faces
NEVER = 2.0  # a score that no detection has: BlazeFace's scores say which way up a face is, other detectors' do not


class FaceSearch:
    """One thread's detectors. detector: BlazeFace. finder: a heavier detector, which looks in its place."""

    def __init__(self, detector: Engine, finder: NetDetector | None = None) -> None:
        self._blaze = Detector(detector)
        self._detector = finder or self._blaze
        self._side, self._sure = (finder.side, NEVER) if finder else (LOOK, SURE)
        self._sweep, self._turn = Sweep(), 0

    def close(self) -> None:
        self._blaze.close()
        if self._detector is not self._blaze:
            self._detector.close()

    def restart(self) -> None:
        """The next frame begins a shot."""
        self._sweep.restart()

    def whole(self, frame: Frame) -> list[Detection]:
        """Faces that the whole picture shows large enough, the largest first."""
        return self._seen(frame, self._fitted(frame), 0)

    def at_turns(self, frame: Frame, every: bool) -> Iterator[list[Detection]]:
        """The same in the picture turned by a quarter, for a face that nobody saw in it as it is: the next of the three
        turns, or every one. Detectors see a face at any turn; a faint one perhaps at another one only."""
        small = self._fitted(frame)
        for _ in range(len(QUARTERS) if every else 1):
            self._turn = (self._turn + 1) % len(QUARTERS)
            yield self._seen(frame, small, QUARTERS[self._turn])

    def small(self, frame: Frame, tile: int, every: float, wanted: bool) -> list[Detection]:
        """Faces that the whole picture shows too small, in the tiles whose turn it is. tile: their side, pixels. every:
        seconds for a round. wanted: whether a find would be of any use."""
        picture = frame.picture
        size = (picture.width, picture.height)
        count = len(tiles(size, tile)) if wanted and max(size) > tile else 0
        turn = self._sweep(frame.seconds, count, every, wanted)
        if not turn:
            return []
        found = self._detector.tiled(size, tile, lambda x, y, side: picture.rgb(Rect(x, y, side, side)), turn)
        return sorted(found, key=lambda d: -d.box.area)

    def near(self, frame: Frame, box: Box) -> list[Detection]:
        """A closer look at where somebody was lost: the whole picture shows small faces too small."""
        x, y, half = *map(round, box.centre), round(NEAR * max(box.width, box.height) / 2)
        found = []
        for d in self._detector.whole(frame.picture.rgb(Rect(x - half, y - half, 2 * half, 2 * half))):
            b, shift = d.box, np.array([x - half, y - half], np.float32)
            moved = Box(b.x0 + x - half, b.y0 + y - half, b.x1 + x - half, b.y1 + y - half)
            found.append(Detection(moved, d.points + shift, d.score))
        return found

    def righted(self, frame: Frame, found: Detection) -> Detection:
        """The detection the right way up. Costs two to four calls of BlazeFace where its score leaves that in doubt,
        and nothing else."""
        if found.score >= self._sure:
            return found
        rect = around(found)
        return righted(self._blaze.whole, Region(rect.x, rect.y, frame.picture.rgb(rect)), found)

    def _fitted(self, frame: Frame) -> U8:
        width, height = frame.picture.width, frame.picture.height
        scale = self._scale(frame)
        return frame.picture.small(max(1, round(width * scale)), max(1, round(height * scale)))

    def _scale(self, frame: Frame) -> float:
        return min(1.0, self._side / max(frame.picture.width, frame.picture.height))

    def _seen(self, frame: Frame, small: U8, quarters: int) -> list[Detection]:
        scale = self._scale(frame)
        k = np.float32(1 / scale)
        found = self._detector.whole(turned(small, quarters) if quarters else small)
        if quarters:
            found = [unturned(d, quarters, small.shape[1::-1]) for d in found]
        found = [
            Detection(Box(*(float(v / scale) for v in (d.box.x0, d.box.y0, d.box.x1, d.box.y1))), d.points * k, d.score)
            for d in found
        ]
        return sorted(found, key=lambda d: -d.box.area)
