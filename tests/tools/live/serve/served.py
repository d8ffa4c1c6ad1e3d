"""A live server for tests: the real application over a swap that shifts luma, on a free port of this machine."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import aiohttp
import av
import numpy as np
from aiortc import MediaStreamTrack

from engines.errors import SourceError
from engines.values import U8
from stream.live.session import FrameSwap
from stream.pipeline.control import SourceSet
from stream.telemetry.metrics import Metered
from tests.stream.io.feeding import Same
from tools.live.serve.app import Server, listening
from tools.live.serve.settings import Settings

FACE = SourceSet(baked=True)


@dataclass
class Swaps:
    """A face for every photo but a black one; every session's swap is of one kind."""

    default: SourceSet | None = None
    kind: Callable[[Metered], FrameSwap] = Same
    face: SourceSet = FACE

    def prepare(self, photos: Sequence[tuple[str, U8]]) -> SourceSet:
        if photos[0][1].max() < 10:
            raise SourceError("the photo: no face seen in it")
        return self.face

    def make(self, sources: SourceSet | None) -> Callable[[Metered], FrameSwap]:
        return self.kind


class Colour(MediaStreamTrack):
    """A camera that sees one grey level, thirty times a second."""

    kind = "video"

    def __init__(self, level: int, size: tuple[int, int] = (320, 240)) -> None:
        super().__init__()
        self.level, self.size, self.count = level, size, 0

    async def recv(self) -> Any:
        await asyncio.sleep(1 / 30)
        width, height = self.size
        plane = np.full((height * 3 // 2, width), 128, np.uint8)
        plane[:height] = self.level + np.random.default_rng(self.count).integers(0, 4, (height, width))
        frame = av.VideoFrame.from_ndarray(plane, format="yuv420p")
        frame.pts, frame.time_base = self.count * 3000, Fraction(1, 90_000)
        self.count += 1
        return frame


class Viewer:
    """Collects what comes."""

    def __init__(self) -> None:
        self.frames: list[tuple[int, int, float]] = []
        self.packets = 0

    def picture(self, frame: Any) -> None:
        grey = frame.to_ndarray(format="gray")
        self.frames.append((frame.width, frame.height, float(grey.mean())))

    def sound(self, _: Any) -> None:
        self.packets += 1

    async def until(self, count: int, patience: float = 20) -> None:
        async with asyncio.timeout(patience):
            while len(self.frames) < count:
                await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def served(**settings: Any) -> AsyncIterator[tuple[Server, str, aiohttp.ClientSession]]:
    """The server, its address, and a client."""
    default, patience, deny = settings.pop("default", FACE), settings.pop("patience", None), settings.pop("deny", None)
    swaps = Swaps(default, settings.pop("kind", Same), settings.pop("face", FACE))
    server = Server(Settings(**{"port": 0} | settings), swaps, deny=deny)
    async with listening(server, patience) as port, aiohttp.ClientSession() as http:
        yield server, f"http://127.0.0.1:{port}", http
