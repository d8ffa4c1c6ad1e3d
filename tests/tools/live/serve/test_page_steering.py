"""The page in a real browser, with the real swap: two faces mapped by clicking, another face, strength, the keys, and
the bare viewer. Two portraits before the camera stand still, so that each frame of the result can be told.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import av
import cv2
import numpy as np
import pytest

from stream.live.swaps import LiveSwaps
from tests.stream.portraits import Placed, needs_models, paint
from tests.tools.live.serve.browser import CHROMIUM, Tab, chromium
from tools.live.serve.app import Server, listening
from tools.live.serve.settings import Settings

WIDE, HIGH = 480, 360
LEFT, RIGHT = (130, 170), (350, 170)  # the middles of the two faces
LIMIT = 0.3  # seconds within which a change is to be seen
pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
    *needs_models,
]
# every frame that is shown: its time, when a change was sent and answered, and both faces at 16 by 16
WATCH = """(() => {
  const v = document.getElementById('%s'), c = document.createElement('canvas');
  [c.width, c.height] = [16, 16];
  const g = c.getContext('2d', { willReadFrequently: true });
  const patch = (x, y) => {
    g.drawImage(v, (x - 36) * v.videoWidth / 480, (y - 44) * v.videoHeight / 360,
      72 * v.videoWidth / 480, 88 * v.videoHeight / 360, 0, 0, 16, 16);
    return [...g.getImageData(0, 0, 16, 16).data].filter((_, i) => i %% 4 < 3);
  };
  window.frames_seen = [];
  const each = () => {
    window.frames_seen.push([performance.now(), patch(%d, %d), patch(%d, %d)]);
    v.requestVideoFrameCallback(each);
  };
  v.requestVideoFrameCallback(each);
})()"""
TIMES = """(() => {
  window.calls = [];
  const plain = window.fetch;
  window.fetch = async (url, words) => {
    const begun = performance.now();
    const response = await plain(url, words);
    if (words?.method === 'PATCH') window.calls.push([begun, performance.now(), response.status]);
    return response;
  };
})()"""


@dataclass(frozen=True)
class Set:
    """camera: two people. ann, bob: photos of two others' faces."""

    camera: Path
    ann: Path
    bob: Path


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Set:
    folder = tmp_path_factory.mktemp("stage")
    rgb = paint([Placed("astronaut", *LEFT, 100), Placed("hopper", *RIGHT, 100)], (WIDE, HIGH))
    with av.open(str(folder / "camera.mjpeg"), "w", format="mjpeg") as container:
        stream = container.add_stream("mjpeg", Fraction(15), options={"qmin": "2", "qmax": "3"})
        stream.width, stream.height, stream.pix_fmt = WIDE, HIGH, "yuvj420p"
        for i in range(15):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24").reformat(format="yuvj420p")
            frame.pts, frame.time_base = i, Fraction(1, 15)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    for name, other in (("ann", "astronaut"), ("bob", "hopper")):
        face = paint([Placed(other, 240, 230, 190)], (480, 480))
        cv2.imwrite(str(folder / f"{name}.png"), face[..., ::-1])
    return Set(folder / "camera.mjpeg", folder / "ann.png", folder / "bob.png")


@pytest.fixture(scope="module")
def swaps() -> Iterator[LiveSwaps]:
    made = LiveSwaps(Settings().spec)
    yield made
    made.close()


@asynccontextmanager
async def live(tmp_path: Path, stage: Set, swaps: LiveSwaps) -> AsyncIterator[tuple[Server, Tab, str]]:
    """The page with both faces found, ann on all of them."""
    server = Server(Settings(port=0), swaps, deny=lambda _: None)
    async with (
        listening(server) as port,
        chromium(tmp_path / "profile", stage.camera) as tab,
    ):
        url = f"http://127.0.0.1:{port}"
        await tab.call("Page.navigate", url=f"{url}/")
        await tab.until("document.documentElement?.dataset.ready === 'yes'")
        await tab.js(TIMES)
        await tab.attach("#photo", stage.ann)
        await tab.js("document.getElementById('consent').click()")
        await tab.js("document.getElementById('go').click()")
        await tab.until("document.querySelectorAll('.box').length === 2", 60)
        yield server, tab, url


async def click(tab: Tab, selector: str) -> None:
    """With the mouse, where it is seen."""
    place = await tab.js(
        f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.scrollIntoView({{block: 'center'}});"
        " const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()"
    )
    for kind in ("mousePressed", "mouseReleased"):
        await tab.call("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)


async def key(tab: Tab, name: str) -> None:
    for kind in ("keyDown", "keyUp"):
        await tab.call("Input.dispatchKeyEvent", type=kind, key=name, text=name if len(name) == 1 else "")


async def watch(tab: Tab, id_: str = "result") -> None:
    await tab.js(WATCH % (id_, *LEFT, *RIGHT))


async def seen(tab: Tab, more: int = 8) -> list[tuple[float, np.ndarray[Any, Any], np.ndarray[Any, Any]]]:
    """All frames so far, once there are so many more."""
    await tab.until(f"window.frames_seen.length >= {more} + (window.mark_seen ?? 0)", 40)
    told = await tab.js("(window.mark_seen = window.frames_seen.length, window.frames_seen)")
    return [(at, np.array(a, float), np.array(b, float)) for at, a, b in told]


def far(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> float:
    return float(np.abs(one - other).mean())


async def track_at(tab: Tab, x: int) -> str:
    """The selector of the button on the face nearest x of the camera's picture."""
    return str(
        await tab.js(
            "(() => { const now = [...document.querySelectorAll('.box')]; const f = document.getElementById('faces');"
            f" const at = (b) => 480 - 480 * (b.offsetLeft + b.offsetWidth / 2) / f.clientWidth; now.sort((a, b) =>"
            f' Math.abs(at(a) - {x}) - Math.abs(at(b) - {x})); return `[data-track="${{now[0].dataset.track}}"]`; }})()'
        )
    )


@pytest.mark.timing
def test_a_face_is_changed_while_it_runs_and_none_is_bare_in_between(
    tmp_path: Path, stage: Set, swaps: LiveSwaps
) -> None:
    async def main() -> None:
        async with live(tmp_path, stage, swaps) as (_, tab, _url):
            await watch(tab)
            await asyncio.sleep(1)
            ann = (await seen(tab))[-1]
            await tab.attach("#photo", stage.bob)
            assert not await tab.js("document.getElementById('consent').checked"), "asked again"
            assert await tab.js("window.calls.length") == 0, "nothing before it was answered"
            await click(tab, "#consent")
            await tab.until("window.calls.length === 1", 20)
            await asyncio.sleep(1)
            frames = await seen(tab, 10)
            bob = frames[-1]
            _, answered, status = (await tab.js("window.calls"))[0]
            assert status == 200 and await tab.js("document.getElementById('state').textContent") == (
                "Face 1 is in the picture now."
            )
            await key(tab, "s")
            await tab.until("window.calls.length === 2", 20)
            await asyncio.sleep(1)
            bare = (await seen(tab, 10))[-1]
            assert await tab.js("document.getElementById('swap').getAttribute('aria-pressed')") == "false"
            for side in (1, 2):
                gaps = [far(a[side], b[side]) for a, b in ((ann, bob), (ann, bare), (bob, bare))]  # type: ignore[arg-type]
                assert min(gaps) > 2.5, gaps
                late = 0.0
                for frame in frames:
                    to = [far(frame[side], one[side]) for one in (ann, bob, bare)]  # type: ignore[arg-type]
                    assert to[2] > min(to), "a bare face"
                    if frame[0] > answered and to[0] < to[1]:
                        late = max(late, (frame[0] - answered) / 1000)
                assert late < LIMIT, "the old face was still shown"

    asyncio.run(main())


def test_two_faces_are_mapped_by_clicking_and_by_keys(tmp_path: Path, stage: Set, swaps: LiveSwaps) -> None:
    async def main() -> None:
        async with live(tmp_path, stage, swaps) as (server, tab, _):
            await click(tab, "#add")
            await tab.attach("#photo-2", stage.bob)
            await click(tab, "#consent")
            await tab.until("window.calls.length === 1", 20)
            (room,) = server.rooms.rooms.values()
            assert room.wanted is not None and len(room.wanted.sources) == 2
            await asyncio.sleep(0.6)  # events that left before are through
            left = await track_at(tab, LEFT[0])
            await click(tab, left)
            assert await tab.js("document.activeElement.getAttribute('role')") == "menuitemradio"
            items = await tab.js("[...document.querySelectorAll('.menu button')].map((b) => b.textContent)")
            assert items == ["Face 1", "Face 2", "Leave it alone"]
            await click(tab, '.menu [data-person="2"]')
            await tab.until(f"document.querySelector('{left}').dataset.person === '2'", 20)
            right = await track_at(tab, RIGHT[0])
            assert await tab.js(f"document.querySelector('{right}').dataset.person") == "1"
            assert await tab.js(f"document.querySelector('{left}').textContent") == "Face 2"

            await tab.js(f"document.querySelector('{right}').focus()")
            await tab.call("Input.dispatchKeyEvent", type="keyDown", key="Enter", text="\r")
            await tab.call("Input.dispatchKeyEvent", type="keyUp", key="Enter")
            await tab.until("document.querySelector('.menu') !== null")
            await key(tab, "End")
            await tab.call("Input.dispatchKeyEvent", type="keyDown", key="Enter", text="\r")
            await tab.call("Input.dispatchKeyEvent", type="keyUp", key="Enter")
            await tab.until(f"document.querySelector('{right}').dataset.person === '0'", 20)
            assert await tab.js(f"document.querySelector('{right}').classList.contains('bare')")
            persons = {face.source for face in server.rooms.sessions()[0].seen}
            assert persons == {1, None}
            assert room.wanted.maps[-1] == "1=all", "who comes in later is not bare"
            assert {urlsplit(u.removeprefix("blob:")).hostname for u in tab.asked} == {"127.0.0.1"}
            assert not [line for line in tab.console if "exception" in line.lower()]

    asyncio.run(main())


def test_strength_recording_mirror_and_the_language(tmp_path: Path, stage: Set, swaps: LiveSwaps) -> None:
    async def main() -> None:
        async with live(tmp_path, stage, swaps) as (server, tab, _):
            (room,) = server.rooms.rooms.values()
            await tab.js(
                "(() => { const s = document.getElementById('strength'); s.value = 40;"
                " s.dispatchEvent(new Event('input')); })()"
            )
            await tab.until("window.calls.length === 1", 20)
            assert room.wanted is not None and room.wanted.strength == 0.4
            before = await tab.js("document.querySelector('.box').style.left")
            await key(tab, "m")
            assert await tab.js("document.getElementById('mirror').getAttribute('aria-pressed')") == "false"
            assert before != await tab.js("document.querySelector('.box').style.left")
            assert await tab.js("document.getElementById('rec').hidden")
            await tab.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
            await key(tab, "r")
            await tab.until("!document.getElementById('rec').hidden", 20)
            assert room.recorders == 1 and "recording" in await tab.js("document.getElementById('rec').textContent")
            await asyncio.sleep(2)
            await key(tab, "r")
            async with asyncio.timeout(20):
                while not (files := [p for p in tmp_path.glob("understudy-*") if p.suffix in (".webm", ".mp4")]):
                    await asyncio.sleep(0.1)
                while room.recorders:
                    await asyncio.sleep(0.05)
            with av.open(str(files[0])) as container:
                assert sum(1 for _ in container.decode(video=0)) > 3
            await tab.js(
                "(() => { const s = document.getElementById('language'); s.value = 'de';"
                " s.dispatchEvent(new Event('change')); })()"
            )
            assert await tab.js("document.querySelector('#go').textContent") == "Stopp"
            assert await tab.js("document.documentElement.lang") == "de"
            await tab.until("document.querySelector('.box').textContent === 'Gesicht 1'")

    asyncio.run(main())
