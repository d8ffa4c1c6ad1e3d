"""VirtualCamera: what is painted, as a camera that other programs open. Pictures leave at a steady rate, by the clock:
the last one again where none is new. Knows pyvirtualcam, and nothing of where pictures come from.
"""

import asyncio
import logging
import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import Protocol

import av
import numpy as np

from engines.errors import OutputError
from engines.extras import install
from engines.values import U8
from stream.io.address import OutputAddress
from stream.io.fanout import Ended, Fanout, Subscription

log = logging.getLogger("understudy.io")
USUAL = (1280, 720)  # pixels that a device is tried with before there is a picture
MAKE = {
    "linux": (
        "sudo apt install v4l2loopback-dkms; sudo modprobe v4l2loopback video_nr=10 card_label=Understudy"
        " exclusive_caps=1"
    ),
    "darwin": "install OBS, and start and stop its virtual camera once (Controls, Start Virtual Camera)",
    "win32": "install OBS, whose virtual camera comes with it",
}


class CameraDevice(Protocol):
    """As pyvirtualcam's `Camera`."""

    @property
    def device(self) -> str: ...
    def send(self, frame: U8) -> None: ...
    def close(self) -> None: ...


Open = Callable[[int, int, float, str | None], CameraDevice]
"""Width, height, frames a second, the device's name or None. Raises OutputError."""


def open_device(width: int, height: int, fps: float, name: str | None) -> CameraDevice:
    """A device that takes I420. Raises OutputError, which says how to make one."""
    if find_spec("pyvirtualcam") is None:
        raise OutputError(f"a virtual camera needs pyvirtualcam; install it: {install('camera')}")
    import pyvirtualcam

    try:
        made: CameraDevice = pyvirtualcam.Camera(width, height, fps, fmt=pyvirtualcam.PixelFormat.I420, device=name)
    except (RuntimeError, ValueError) as error:
        why = str(error).splitlines()[0].partition(". ")[0] if str(error) else type(error).__name__
        make = MAKE.get(sys.platform, "see docs/streamers.md")
        raise OutputError(f"virtualcam:{name or ''} cannot be opened ({why}); to make one: {make}") from error
    return made


class VirtualCamera:
    """address: of the device. sent: pictures, the repeated ones among them. held: those. late: ticks that were missed,
    because the machine was too slow; nothing is sent twice to make up for them."""

    def __init__(self, address: OutputAddress, open_: Open = open_device) -> None:
        """Raises OutputError where there is no such device: before anything slow is begun."""
        self.address, self._open = address, open_
        self._fps = float(address.options["fps"])
        self._name = address.url or None
        self.sent = self.held = self.late = 0
        open_(*USUAL, self._fps, self._name).close()

    async def run(self, video: Fanout) -> None:
        """Until the pictures end. Raises OutputError."""
        pictures = video.subscribe()
        try:
            first = await pictures.recv()
        except Ended:
            return
        width, height = first.width // 2 * 2, first.height // 2 * 2
        device = self._open(width, height, self._fps, self._name)
        log.info("virtual camera %s is open: %dx%d at %g", device.device, width, height, self._fps)
        try:
            await self._send(device, pictures, fitted(first, width, height), (width, height))
        finally:
            device.close()

    async def _send(self, device: CameraDevice, pictures: Subscription, shown: U8, size: tuple[int, int]) -> None:
        """By the loop's clock; the writing itself is done on a thread."""
        loop = asyncio.get_running_loop()
        start, tick = loop.time(), 0
        while not (pictures.ended and not pictures.waiting):
            await asyncio.to_thread(device.send, shown)
            self.sent += 1
            tick, missed = next_tick(tick, loop.time() - start, self._fps)
            self.late += missed
            await asyncio.sleep(start + tick / self._fps - loop.time())
            if pictures.waiting:
                shown = fitted(await pictures.recv(), *size)
            else:
                self.held += 1


def next_tick(tick: int, elapsed: float, fps: float) -> tuple[int, int]:
    """The number of the next tick after `tick`, seconds after the first, and how many were missed before it."""
    due = max(tick + 1, int(elapsed * fps) + 1)
    return due, due - tick - 1


def fitted(picture: av.VideoFrame, width: int, height: int) -> U8:
    """uint8 (height * 3 / 2, width), I420: the picture in this size, with black beside it where it has another shape:
    a camera's size cannot change while somebody has it open."""
    scale = min(width / picture.width, height / picture.height)
    wide, high = (max(2, round(side * scale) // 2 * 2) for side in (picture.width, picture.height))
    inner = picture.reformat(wide, high, format="yuv420p").to_ndarray()
    if (wide, high) == (width, height):
        return np.ascontiguousarray(inner, np.uint8)
    whole = np.full((height * 3 // 2, width), 128, np.uint8)
    whole[:height] = 16
    left, top = (width - wide) // 4 * 2, (height - high) // 4 * 2
    whole[top : top + high, left : left + wide] = inner[:high]
    chroma = whole[height:].reshape(2, height // 2, width // 2)
    small = inner[high:].reshape(2, high // 2, wide // 2)
    chroma[:, top // 2 : (top + high) // 2, left // 2 : (left + wide) // 2] = small
    return whole
