"""A foreign publisher with a face: it is painted in every picture that leaves, also after it came back."""

import asyncio
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from engines.values import U8
from stream.io.address import inlet, outlet
from stream.io.relay import Relay
from stream.live.swaps import LiveSwaps
from stream.pipeline.choices import Device
from stream.pipeline.spec import SwapSpec
from stream.rtmp.server import RtmpServer, digest
from stream.rtmp.slot import Slot
from stream.telemetry.metrics import Metrics
from tests.programs import needs
from tests.stream.io.test_relay_foreign import KEY, ffmpeg, frames, started
from tests.stream.portraits import Placed, needs_models, noisy, paint, photo
from tests.waiting import until

SIZE = (480, 360)
FACE = (slice(140, 215), slice(205, 275))  # rows and columns inside the face
WALL = (slice(20, 340), slice(10, 100))
SCENE = (Placed("astronaut", 240.0, 180.0, 110.0),)
pytestmark = needs_models


def clip(path: Path, picture: U8, seconds: float) -> Path:
    """Somebody who sits still before a camera that has grain."""
    with av.open(str(path), "w") as out:
        options = {"preset": "ultrafast", "tune": "zerolatency", "g": "15", "crf": "18"}
        video: Any = out.add_stream("libx264", 30, options=options)
        video.width, video.height, video.pix_fmt = *SIZE, "yuv420p"
        for i in range(int(seconds * 30)):
            frame = av.VideoFrame.from_ndarray(noisy(picture, i, 2.0), format="rgb24")
            frame.pts, frame.time_base = i, Fraction(1, 30)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
    return path


def changes(path: Path, picture: U8) -> list[tuple[float, float]]:
    """By how much each decoded picture differs from the camera's, in the face and at the wall: mean of 0 to 255."""
    with av.open(str(path)) as got:
        return [
            (float(np.abs(d[FACE]).mean()), float(np.abs(d[WALL]).mean()))
            for frame in got.decode(video=0)
            for d in [frame.to_ndarray(format="rgb24").astype(float) - picture]
        ]


@needs("ffmpeg")
def test_the_face_is_replaced_in_every_picture_that_leaves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNDERSTUDY_SIGNING", str(tmp_path / "signing"))
    face, picture, out = tmp_path / "face.png", paint(SCENE, SIZE), tmp_path / "out.ts"
    cv2.imwrite(str(face), cv2.cvtColor(photo("hopper"), cv2.COLOR_RGB2BGR))
    camera = clip(tmp_path / "camera.mkv", picture, 12.0)
    swaps = LiveSwaps(SwapSpec(((face,),), device=Device.CPU))

    async def main() -> None:
        slot = Slot()
        server = RtmpServer({digest(KEY): slot})
        url = f"rtmp://127.0.0.1:{await server.open('127.0.0.1', 0)}/{KEY}"
        relay = Relay(
            inlet(url, listen=True), [outlet(str(out))], swaps.make(None), Metrics(),
            preset="ultrafast", bitrate=6_000_000, slot=slot, linger=30.0,
        )  # fmt: skip
        stop = asyncio.Event()
        running = asyncio.create_task(relay.run(stop))
        for _ in range(2):
            with started(ffmpeg(camera, url)):
                await frames(relay, 90)
            await until(lambda: not slot.busy)
        stop.set()
        await running
        await server.close()

    asyncio.run(main())
    swaps.close()
    bare, left = changes(camera, picture), changes(out, picture)
    most_bare = max(face for face, _ in bare)
    assert len(left) > 20
    painted = [face for face, _ in left]
    print(f"{len(left)} pictures; face changed by {min(painted):.1f} to {max(painted):.1f}, bare by {most_bare:.1f}")
    assert min(painted) > 3 * most_bare
    assert max(wall for _, wall in left) < 2 * max(wall for _, wall in bare) + 4, "and nothing else is"


def test_the_measure_tells_a_bare_face(tmp_path: Path) -> None:
    """What the test above would see where the face was not painted."""
    picture = paint(SCENE, SIZE)
    bare = changes(clip(tmp_path / "a.mkv", picture, 0.5), picture)
    other = paint((Placed("hopper", 240.0, 180.0, 110.0),), SIZE)
    painted = changes(clip(tmp_path / "b.mkv", other, 0.5), picture)
    assert min(face for face, _ in painted) > 3 * max(face for face, _ in bare)
