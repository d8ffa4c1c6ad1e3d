"""Another face while it runs, seen by a judge of faces that the product does not use: every frame that a viewer's
browser shows is looked at, before and after the change.
"""

import asyncio
import base64
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from stream.live.swaps import LiveSwaps
from tests.tools.live.serve.browser import chromium
from tests.tools.live.serve.test_page import CLIP, PHOTO, camera_file, judge, pytestmark
from tests.tools.live.serve.test_page_steering import TIMES
from tools.bench.live.camera import load
from tools.live.serve.app import Server, listening
from tools.live.serve.settings import Settings

LIMIT = 0.3  # seconds
NEAR = 2.5  # seconds around the change in which frames are kept
KEEP = """(() => {
  const v = document.getElementById('result'), c = document.createElement('canvas');
  [c.width, c.height] = [640, 360];
  const g = c.getContext('2d');
  window.kept = [];
  const each = () => {
    g.drawImage(v, 0, 0, 640, 360);
    window.kept.push([performance.now(), c.toDataURL('image/jpeg', 0.9).split(',')[1]]);
    v.requestVideoFrameCallback(each);
  };
  v.requestVideoFrameCallback(each);
})()"""
__all__ = ["pytestmark"]


def pixels(text: str) -> np.ndarray[Any, Any]:
    found = cv2.imdecode(np.frombuffer(base64.b64decode(text), np.uint8), cv2.IMREAD_COLOR)
    assert found is not None
    return found


@pytest.mark.timing
@pytest.mark.timeout(240)
def test_every_frame_is_the_old_face_or_the_new_one_and_the_new_one_soon(tmp_path: Path) -> None:
    measure = judge()
    photos = sorted(PHOTO.glob("*.jpg"))[3], sorted(PHOTO.glob("*.jpg"))[20]
    camera_file(tmp_path / "camera.mjpeg")

    async def main() -> tuple[list[tuple[float, str]], list[float]]:
        settings = Settings(port=0)
        server = Server(settings, LiveSwaps(settings.spec, settings.live), deny=lambda _: None)
        async with listening(server) as port, chromium(tmp_path / "profile", tmp_path / "camera.mjpeg") as tab:
            await tab.call("Page.navigate", url=f"http://127.0.0.1:{port}/")
            await tab.until("document.documentElement?.dataset.ready === 'yes'")
            await tab.js(TIMES)
            await tab.attach("#photo", photos[0])
            await tab.js("document.getElementById('consent').click()")
            await tab.js("document.getElementById('go').click()")
            await tab.until("document.querySelectorAll('.box').length === 1", 60)
            await asyncio.sleep(2)
            await tab.js(KEEP)
            await asyncio.sleep(NEAR)
            await tab.attach("#photo", photos[1])
            await tab.js("document.getElementById('consent').click()")
            await tab.until("window.calls.length === 1", 30)
            await asyncio.sleep(NEAR)
            calls = await tab.js("window.calls")
            assert calls[0][2] == 200
            return await tab.js("window.kept"), calls[0]

    kept, (_, answered, _) = asyncio.run(main())
    target = cv2.cvtColor(load(CLIP, 640, 360)[40], cv2.COLOR_YUV2BGR_I420)
    looks = [measure.Look(image, measure.detect(image)) for image in (*map(cv2.imread, map(str, photos)), target)]
    first, second, own = (look.embedding for look in looks)
    near = [(at, pixels(text)) for at, text in kept if abs(at - answered) < 1000 * NEAR]
    assert len(near) > 10
    late = 0.0
    for at, image in near:
        box = measure.detect(image)
        assert box is not None
        seen = measure.Look(image, box).embedding
        old, new, bare = (float(seen @ one) for one in (first, second, own))
        assert bare < max(old, new), f"a bare face {at - answered:.0f} ms after the change"
        if at > answered and old > new:
            late = max(late, (at - answered) / 1000)
    print(f"{len(near)} frames; the old face was seen for {1000 * late:.0f} ms after the answer")
    assert late < LIMIT
