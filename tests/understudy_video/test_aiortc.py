"""A track with other faces: its frames, its end, its thread."""

import asyncio
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError

from understudy_video.aiortc import SwapTrack


class Film(MediaStreamTrack):
    kind = "video"

    def __init__(self, count: int) -> None:
        super().__init__()
        self.left, self.asked = count, 0

    async def recv(self) -> Any:
        if self.asked == self.left:
            self.stop()
            raise MediaStreamError
        frame = av.VideoFrame.from_ndarray(np.full((16, 16, 3), 10, np.uint8), format="rgb24")
        frame.pts, frame.time_base = self.asked, Fraction(1, 25)
        self.asked += 1
        return frame


class Lighter:
    """In the place of a `Swap`; keeps the threads that it runs on."""

    def __init__(self) -> None:
        self.threads: set[str] = set()

    def __call__(self, frame: av.VideoFrame) -> av.VideoFrame:
        import threading

        self.threads.add(threading.current_thread().name)
        out = av.VideoFrame.from_ndarray(frame.to_ndarray(format="rgb24") + np.uint8(90), format="rgb24")
        out.pts, out.time_base = frame.pts, frame.time_base
        return out


def test_every_frame_comes_painted_in_order_on_one_thread_of_its_own() -> None:
    swap = Lighter()

    async def main() -> list[tuple[int, int]]:
        track = SwapTrack(Film(5), swap)  # type: ignore[arg-type]
        seen = []
        for _ in range(5):
            frame = await track.recv()
            seen.append((frame.pts or 0, int(frame.to_ndarray(format="rgb24")[0, 0, 0])))
        with pytest.raises(MediaStreamError):
            await track.recv()
        track.stop()
        with pytest.raises(MediaStreamError):
            await track.recv()
        return seen

    assert asyncio.run(main()) == [(i, 100) for i in range(5)]
    (name,) = swap.threads
    assert name.startswith("swap")
