"""A call whose picture changes its size and turns on the way, with the real networks: what a viewer decodes shows the
other face, in each frame."""

import asyncio
from collections import defaultdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from aiortc import MediaStreamTrack

from engines.values import U8
from stream.live.swaps import LiveOptions, LiveSwaps
from stream.marks.layers import Marking
from stream.pipeline.spec import SwapSpec
from stream.webrtc.client import Client
from tests.stream.portraits import FACES, Placed, needs_models, paint, photo
from tools.live.serve.app import Server, listening
from tools.live.serve.settings import Settings

pytestmark = needs_models
SIZES = ((480, 360), (320, 240), (360, 480))
ENOUGH = 8  # frames of each size


def placed(size: tuple[int, int]) -> Placed:
    """The astronaut in the middle."""
    return Placed("astronaut", size[0] / 2, size[1] / 2, min(size) * 0.4)


def face_of(rgb: U8) -> "np.ndarray[tuple[int, ...], np.dtype[np.int64]]":
    """Its place in a picture: eyes to mouth."""
    height, width = rgb.shape[:2]
    half = round(min(width, height) * 0.14)
    y, x = height // 2, width // 2
    return rgb[y - half : y + half, x - half : x + half].astype(np.int64)


class Camera(MediaStreamTrack):
    """Sees the astronaut, twenty times a second."""

    kind = "video"

    def __init__(self, size: tuple[int, int]) -> None:
        super().__init__()
        self.size, self.count = size, 0

    async def recv(self) -> Any:
        await asyncio.sleep(1 / 20)
        frame = av.VideoFrame.from_ndarray(paint([placed(self.size)], self.size), format="rgb24")
        frame = frame.reformat(format="yuv420p")
        frame.pts, frame.time_base = self.count * 4500, Fraction(1, 90_000)
        self.count += 1
        return frame


@pytest.fixture
def swaps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LiveSwaps:
    monkeypatch.setenv("UNDERSTUDY_SIGNING", str(tmp_path / "signing"))
    monkeypatch.setenv("UNDERSTUDY_JOURNAL", str(tmp_path / "journal.jsonl"))
    assert {"astronaut", "hopper"} <= FACES.keys()
    cv2.imwrite(str(tmp_path / "hopper.png"), photo("hopper")[..., ::-1])
    options = LiveOptions(Marking(watermark=False, because="a test looks at faces"), label=None)
    return LiveSwaps(SwapSpec(((tmp_path / "hopper.png",),), who="all"), options)


def test_every_frame_that_is_decoded_after_a_change_shows_the_other_face(swaps: LiveSwaps) -> None:
    seen: dict[tuple[int, int], list[U8]] = defaultdict(list)

    def look(frame: Any) -> None:
        seen[frame.width, frame.height].append(frame.to_ndarray(format="rgb24"))

    async def main() -> None:
        server = Server(Settings(port=0), swaps)
        async with listening(server, None) as port:
            url = f"http://127.0.0.1:{port}"
            async with Client(f"{url}/whip/a") as up, Client(f"{url}/whep/a") as down:
                camera = Camera(SIZES[0])
                await up.publish(camera)
                await down.play(look, lambda _: None)
                for size in SIZES:
                    camera.size = size
                    async with asyncio.timeout(60):
                        while len(seen[size]) < ENOUGH:
                            await asyncio.sleep(0.02)

    asyncio.run(main())
    assert set(seen) == set(SIZES), "each in its own size"
    for size, frames in seen.items():
        own = face_of(paint([placed(size)], size))
        settled = np.mean([face_of(frame) for frame in frames[-4:]], axis=0)
        assert np.abs(settled - own).mean() > 10, "another face"
        for number, frame in enumerate(frames):
            shown = face_of(frame)
            other, same = np.abs(shown - settled).mean(), np.abs(shown - own).mean()
            assert 2 * other < same > 10, (
                f"frame {number} of {size}: {other:.1f} from the other, {same:.1f} from its own"
            )
