"""The page from end to end in a real browser: a photo, a camera with a real face, a result that plays."""

import asyncio
import base64
import importlib.util
import sys
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit

import av
import cv2
import numpy as np
import pytest

from engines.store.store import default_store
from stream.live.swaps import LiveSwaps
from stream.perception.face_finding import NAMES as NETWORKS
from tests.tools.live.serve.browser import CHROMIUM, chromium
from tools.bench.live.camera import load
from tools.live.serve.app import Server, listening
from tools.live.serve.settings import Settings

SHARED = Path("../shared")
PHOTO = SHARED / "data/photos/london_smiling"
CLIP = SHARED / "data/clips/talk_face_1.mp4"
GRAB = """(() => { const v = document.getElementById('result'), c = document.createElement('canvas');
c.width = v.videoWidth; c.height = v.videoHeight; c.getContext('2d').drawImage(v, 0, 0);
return c.toDataURL('image/png'); })()"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.eval,
    pytest.mark.models,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
    pytest.mark.skipif(not CLIP.exists(), reason="the evaluation data is not here"),
    pytest.mark.skipif(not all(default_store().holds(n) for n in NETWORKS), reason="models are not in the store"),
]


def judge() -> ModuleType:
    """The measure that the product does not use."""
    spec = importlib.util.spec_from_file_location("judge_of_faces", SHARED / "eval/judge.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def measured(server: Server, name: str) -> float:
    """A figure of /metrics; 0 where it is not there."""
    lines = server.metrics.text().decode().splitlines()
    return next((float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name)), 0.0)


def camera_file(path: Path) -> None:
    """The clip as the browser's camera plays it."""
    with av.open(str(path), "w", format="mjpeg") as container:
        stream = container.add_stream("mjpeg", Fraction(30), options={"qmin": "2", "qmax": "6"})
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuvj420p"
        for i, plane in enumerate(load(CLIP, 1280, 720)):
            frame = av.VideoFrame.from_ndarray(plane, format="yuv420p").reformat(format="yuvj420p")
            frame.pts, frame.time_base = i, Fraction(1, 30)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@pytest.mark.timeout(180)
def test_the_page_from_end_to_end(tmp_path: Path) -> None:
    measure = judge()
    photo = sorted(PHOTO.glob("*.jpg"))[3]
    camera_file(tmp_path / "camera.mjpeg")

    async def main() -> tuple[str, list[str], list[str]]:
        settings = Settings(port=0)
        server = Server(settings, LiveSwaps(settings.spec, settings.live))
        async with (
            listening(server) as port,
            chromium(tmp_path / "profile", tmp_path / "camera.mjpeg") as tab,
        ):
            await tab.call("Page.navigate", url=f"http://127.0.0.1:{port}/")
            await tab.until("document.documentElement?.dataset.ready === 'yes'")
            assert await tab.js("document.getElementById('go').disabled")
            await tab.attach("#photo", photo)
            await tab.js("document.getElementById('consent').click()")
            await tab.js("document.getElementById('go').click()")
            await tab.until("document.getElementById('result').videoWidth > 0", 60)
            before = await tab.js("document.getElementById('result').currentTime")
            await tab.until("document.getElementById('f-delay').textContent.endsWith('ms')", 40)
            await tab.until(f"document.getElementById('result').currentTime > {before} + 1")
            assert await tab.js("document.getElementById('label').textContent") == "Face replaced by Understudy"
            assert await tab.js("document.getElementById('f-route').dataset.value") in ("fast", "xseg")
            await tab.until("parseInt(document.getElementById('f-delay').textContent) > 0")
            picture = await tab.js(GRAB)
            (tmp_path / "page.png").write_bytes(await tab.screenshot())
            assert measured(server, "understudy_glass_to_glass_seconds_count") > 0, "the browser tells the whole delay"
            async with asyncio.timeout(30):
                for stage in ("decode", "encode"):
                    while measured(server, f'understudy_stage_seconds_count{{stage="{stage}"}}') <= 10:
                        await asyncio.sleep(0.1)
            assert len(server.rooms.rooms) == 1
            await tab.js("document.getElementById('go').click()")
            async with asyncio.timeout(15):
                while server.rooms.rooms:
                    await asyncio.sleep(0.1)
            await tab.until("document.getElementById('state').textContent === 'Stopped.'")
        return picture, tab.asked, [line for line in tab.console if "exception" in line.lower()]

    picture, asked, wrong = asyncio.run(main())
    assert not wrong
    assert {urlsplit(url.removeprefix("blob:")).hostname for url in asked} == {"127.0.0.1"}

    data = base64.b64decode(picture.partition(",")[2])
    shown = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    source = cv2.imread(str(photo))
    plane = load(CLIP, 1280, 720)[40]
    target = cv2.cvtColor(plane, cv2.COLOR_YUV2BGR_I420)
    looks = [measure.Look(image, measure.detect(image)) for image in (shown, source, target)]
    result, wanted, own = (look.embedding for look in looks)
    assert float(result @ wanted) > float(result @ own), "the face shown is the source's, not the camera's"
