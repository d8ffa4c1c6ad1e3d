"""A virtual camera, through the library itself with a device of our own behind it: rate, held pictures, sizes, ends."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from engines.errors import OutputError
from stream.io import virtual_camera
from stream.io.address import inlet, outlet
from stream.io.fanout import Fanout
from stream.io.relay import Relay
from stream.io.virtual_camera import VirtualCamera, fitted, next_tick, open_device
from stream.telemetry.metrics import Metrics
from tests.stream.io.desk import Desk, installed
from tests.stream.io.feeding import Same, write

camera_module = pytest.importorskip("pyvirtualcam.camera")


def grey(level: int, size: tuple[int, int] = (64, 48)) -> av.VideoFrame:
    plane = np.full((size[1] * 3 // 2, size[0]), 128, np.uint8)
    plane[: size[1]] = level
    return av.VideoFrame.from_ndarray(plane, format="yuv420p")


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    return installed(monkeypatch)


async def run(camera: VirtualCamera, feed: Callable[[Fanout], object], seconds: float) -> None:
    video = Fanout("video")
    task = asyncio.create_task(camera.run(video))
    await asyncio.sleep(0)
    feed(video)
    await asyncio.sleep(seconds)
    video.stop()
    await asyncio.wait_for(task, 2)


def test_the_device_is_tried_before_anything_else(desk: Desk) -> None:
    VirtualCamera(outlet("virtualcam:/dev/video10"))
    assert desk.opened == [(1280, 720)] and desk.closed == 1
    with pytest.raises(OutputError, match="no such device") as caught:
        VirtualCamera(outlet("virtualcam:/dev/video11"))
    assert "to make one: " in str(caught.value) and "\n" not in str(caught.value)


def test_without_a_device_the_command_that_makes_one_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera_module, "BACKENDS", {})
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(OutputError, match="modprobe v4l2loopback"):
        open_device(640, 480, 30, None)


def test_without_the_library_the_extra_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(virtual_camera, "find_spec", lambda _: None)
    with pytest.raises(OutputError, match=r"\.\[camera\]"):
        open_device(640, 480, 30, None)


def test_one_picture_is_held_at_a_steady_rate(desk: Desk) -> None:
    camera = VirtualCamera(outlet("virtualcam:?fps=50"))
    asyncio.run(run(camera, lambda video: video.push(grey(90)), 0.5))
    assert {level for _, level in desk.got} == {90} and desk.opened[-1] == (64, 48) and desk.closed == 2
    assert camera.sent == len(desk.got) and camera.held >= camera.sent - 2
    assert 12 <= camera.sent + camera.late <= 27


@pytest.mark.timing
def test_the_rate_does_not_drift(desk: Desk) -> None:
    desk.wait = 0.004
    camera = VirtualCamera(outlet("virtualcam:?fps=50"))
    asyncio.run(run(camera, lambda video: video.push(grey(90)), 1.0))
    ticks = 50 * np.array([at for at, _ in desk.got])
    off = (ticks - np.median(ticks % 1) + 0.5) % 1 - 0.5
    assert np.median(np.abs(off)) < 0.2 and abs(ticks[-1] - ticks[0] - 50) < 4, "by the clock, not by waits"


def test_the_newest_picture_is_shown(desk: Desk) -> None:
    def feed(video: Fanout) -> None:
        for level in (40, 50, 60):
            video.push(grey(level))

    camera = VirtualCamera(outlet("virtualcam:?fps=100"))
    asyncio.run(run(camera, feed, 0.1))
    levels = [level for _, level in desk.got]
    assert levels[-1] == 60 and 50 not in levels[1:]


def test_where_no_picture_ever_comes_nothing_is_opened(desk: Desk) -> None:
    camera = VirtualCamera(outlet("virtualcam:"))
    asyncio.run(run(camera, lambda _: None, 0.05))
    assert camera.sent == 0 and len(desk.opened) == 1


def test_ticks_that_were_missed_are_not_made_up_for() -> None:
    assert next_tick(0, 0.001, 50) == (1, 0)
    assert next_tick(3, 0.079, 50) == (4, 0)
    assert next_tick(3, 0.131, 50) == (7, 3)


@pytest.mark.parametrize(
    ("size", "box"), [((64, 48), (0, 0, 64, 48)), ((48, 64), (14, 0, 36, 48)), ((32, 12), (0, 12, 64, 24))]
)
def test_another_shape_gets_black_beside_it(size: tuple[int, int], box: tuple[int, int, int, int]) -> None:
    whole = fitted(grey(200, size), 64, 48)
    assert whole.shape == (72, 64) and whole.flags.c_contiguous
    x, y, wide, high = box
    luma = whole[:48].copy()
    assert np.abs(luma[y + 2 : y + high - 2, x + 2 : x + wide - 2].astype(int) - 200).max() <= 2
    luma[y : y + high, x : x + wide] = 16
    assert (luma == 16).all() and np.abs(whole[48:].astype(int) - 128).max() <= 1


def test_a_relay_feeds_it_beside_a_file(desk: Desk, tmp_path: Path) -> None:
    write(str(tmp_path / "in.mkv"), 1.0, size=(160, 120))
    given = [outlet("virtualcam:/dev/video10"), outlet(str(tmp_path / "a.mkv"))]
    relay = Relay(inlet(str(tmp_path / "in.mkv"), realtime=True), given, Same, Metrics(), preset="ultrafast")
    asyncio.run(relay.run(asyncio.Event()))
    (camera,) = relay.cameras
    assert camera.sent > 5 and desk.opened[-1] == (160, 120) and desk.closed == 2
    assert relay.outputs[0].opened == 1 and (tmp_path / "a.mkv").stat().st_size > 1000


def test_a_device_that_goes_ends_the_relay_in_one_line(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(str(tmp_path / "in.mkv"), 1.0, size=(160, 120))
    relay = Relay(inlet(str(tmp_path / "in.mkv"), realtime=True), [outlet("virtualcam:")], Same, Metrics())
    monkeypatch.setattr(camera_module, "BACKENDS", {})
    with pytest.raises(OutputError, match="cannot be opened"):
        asyncio.run(relay.run(asyncio.Event()))


def test_a_relay_with_nothing_but_it_runs_to_the_inputs_end(desk: Desk, tmp_path: Path) -> None:
    write(str(tmp_path / "in.mkv"), 1.0, size=(160, 120))
    relay = Relay(inlet(str(tmp_path / "in.mkv"), realtime=True), [outlet("virtualcam:")], Same, Metrics())
    asyncio.run(relay.run(asyncio.Event()))
    assert relay.session is not None and relay.session.left > 10 and relay.cameras[0].sent > 5
