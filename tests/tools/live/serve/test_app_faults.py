"""Faults on the way: lossy, jittery, cut and bent networks, clients that vanish, work that is five times too slow.

Every picture carries its time, so that the delay is measured from end to end, and one that lags is seen.
"""

import asyncio
import time
from dataclasses import dataclass

import aiohttp
import aioice.ice
import numpy as np
import pytest

from engines.errors import InputError
from engines.values import U8
from stream.frame import Frame, Route
from stream.live.ladder import Ladder
from stream.live.swap import Shown
from stream.pipeline.control import Change
from stream.pixels.label import Label
from stream.telemetry.metrics import Metered
from stream.webrtc.client import Client
from tests.tools.live.serve.lossy import Lossy, Weather, figures
from tests.tools.live.serve.served import FACE, Colour, Swaps, Viewer, served
from tests.waiting import until
from tools.bench.live.camera import Camera, Microphone
from tools.bench.live.figures import drops
from tools.bench.live.processes import ViewerRecord
from tools.live.serve.app import Server, listening
from tools.live.serve.settings import Settings

SIZE = (480, 270)


def planes(count: int = 30) -> list[U8]:
    """Pictures with something that moves, planar yuv420p."""
    width, height = SIZE
    made = []
    for i in range(count):
        plane: U8 = np.full((height * 3 // 2, width), 128, np.uint8)
        plane[:height] = 60 + (np.arange(width) + 8 * i) % 120
        made.append(plane)
    return made


async def watched(url: str, weather: Weather, seconds: float, settle: float = 1.0) -> ViewerRecord:
    """What a viewer sees of a camera that connects and publishes through the weather."""
    async with Lossy(f"{url}/whip/k", weather) as up, Client(f"{url}/whep/k") as down:
        await up.publish(Camera(planes(), 30), Microphone())
        watch = ViewerRecord()
        await down.play(watch.picture, watch.hear)
        await until(lambda: len(watch.seen) > 5)
        await asyncio.sleep(settle)
        watch.seen = []
        await asyncio.sleep(seconds)
        return watch


@pytest.mark.timing
def test_five_percent_loss_with_jitter() -> None:
    async def main() -> None:
        async with served() as (_, url, _http):
            weather = Weather(loss=0.05, jitter=0.03)
            watch = await watched(url, weather, 5.0)
            delays = np.array([delay for _, _, delay in watch.seen])
            sights = watch.sights()
            assert weather.dropped > 20
            assert len(delays) > 90 and drops(sights) < 45, "most pictures arrive: what is lost is sent again"
            assert np.median(delays) < 0.25 and delays.max() < 1.0
            assert np.median(delays[-30:]) < 2 * np.median(delays[:30]) + 0.05, "and the delay does not grow"
            assert watch.unread == 0, "no picture with holes is shown"

    asyncio.run(main())


def test_bent_packets_are_lost_ones() -> None:
    async def main() -> None:
        async with served() as (server, url, _http):
            weather = Weather()
            async with Lossy(f"{url}/whip/k", weather) as up, Client(f"{url}/whep/k") as down:
                await up.publish(Camera(planes(), 30))
                watch = ViewerRecord()
                await down.play(watch.picture, watch.hear)
                await until(lambda: len(watch.seen) > 5)
                weather.bent = 0.03
                await asyncio.sleep(3.0)
                weather.bent = 0.0
                seen = len(watch.seen)
                await until(lambda: len(watch.seen) > seen + 20)
                assert watch.unread == 0
                assert server.rooms.sessions()[0].failed is None

    asyncio.run(main())


def test_a_cut_of_three_seconds() -> None:
    async def main() -> None:
        async with served() as (server, url, _http):
            weather = Weather()
            async with Lossy(f"{url}/whip/k", weather) as up, Client(f"{url}/whep/k") as down:
                await up.publish(Camera(planes(), 30))
                watch = ViewerRecord()
                await down.play(watch.picture, watch.hear)
                await until(lambda: len(watch.seen) > 20)
                weather.cut = True
                await asyncio.sleep(3.0)
                weather.cut, seen, back = False, len(watch.seen), time.monotonic()
                await until(lambda: len(watch.seen) > seen + 30)
                fresh = watch.seen[seen + 5 :]
                assert fresh[0][1] - back < 2.0, "pictures come again soon"
                assert np.median([delay for _, _, delay in fresh]) < 0.25, "as fresh as before"
                assert watch.unread == 0 and "k" in server.rooms.rooms

    asyncio.run(main())


def test_a_viewer_that_vanishes_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aioice.ice, "CONSENT_INTERVAL", 0.1)

    async def main() -> None:
        async with served() as (server, url, _http), Client(f"{url}/whip/k") as up:
            await up.publish(Colour(90))
            async with Lossy(f"{url}/whep/k", Weather()) as gone, Client(f"{url}/whep/k") as stays:
                lost, kept = Viewer(), Viewer()
                await gone.play(lost.picture, lost.sound)
                await stays.play(kept.picture, kept.sound)
                await lost.until(3)
                await gone.vanish()
                room = server.rooms.rooms["k"]
                await until(lambda: len(room.links) == 2, 30)
                count = len(kept.frames)
                await kept.until(count + 10)

    asyncio.run(main())


def test_a_publisher_that_vanishes_makes_room_for_the_next() -> None:
    async def main() -> None:
        async with served(quiet_after=0.5, most=1) as (server, url, _http), Lossy(f"{url}/whip/k", Weather()) as up:
            await up.publish(Colour(90))
            await until(lambda: (s := server.rooms.sessions()) and s[0].came > 3)
            await up.vanish()
            await until(lambda: not server.rooms.rooms)
            async with Client(f"{url}/whip/k") as again:
                await again.publish(Colour(90))
                await until(lambda: (s := server.rooms.sessions()) and s[0].came > 3)

    asyncio.run(main())


def test_the_rate_of_the_camera_changes_in_mid_stream() -> None:
    class Changing(Camera):
        """A camera that can be told another rate."""

        def to(self, fps: int) -> None:
            self._began, self._fps = time.monotonic() - (self.number + 1) / fps, fps

    async def main() -> None:
        async with served() as (_, url, _http), Client(f"{url}/whip/k") as up, Client(f"{url}/whep/k") as down:
            camera = Changing(planes(), 30)
            await up.publish(camera)
            watch = ViewerRecord()
            await down.play(watch.picture, watch.hear)
            await until(lambda: len(watch.seen) > 15)
            for fps in (10, 25):
                camera.to(fps)
                watch.seen, first = [], camera.number
                await until(lambda fps=fps: len(watch.seen) > 2 * fps)
                numbers = [number for number, _, _ in watch.seen]
                assert numbers == sorted(set(numbers)), "each once, in order"
                assert len(numbers) > 0.3 * (camera.number - first), "at either rate, on a busy machine too"
                assert np.median([delay for _, _, delay in watch.seen]) < 0.5, "though a queue would have grown"

    asyncio.run(main())


@dataclass
class Sluggish:
    """A stage that takes five frames' time, under the real ladder."""

    stats: Metered

    def __post_init__(self) -> None:
        self.ladder = Ladder()

    def __call__(self, frame: Frame) -> Shown:
        with self.stats.time("paint"):
            time.sleep(5 / 30)
        self.ladder.step(5 / 30, 1 / 30, self.stats.clock())
        return Shown(frame, frame.picture, False, Route.FAST, self.ladder.rung, 1)

    def update(self, change: Change, label: Label | None = None) -> None:
        raise AssertionError("nobody changes this one")

    def close(self) -> None:
        pass


def test_work_that_is_five_times_too_slow() -> None:
    """Pictures are dropped and counted, the delay stays where it is, the ladder shows, the next session is refused."""

    async def main() -> None:
        server = Server(Settings(port=0), Swaps(FACE, Sluggish))
        async with listening(server) as port, aiohttp.ClientSession() as http:
            url = f"http://127.0.0.1:{port}"
            async with Client(f"{url}/whip/k") as up, Client(f"{url}/whep/k") as down:
                await up.publish(Camera(planes(), 30))
                watch = ViewerRecord()
                await down.play(watch.picture, watch.hear)
                await asyncio.sleep(6.0)
                delays = np.array([delay for _, _, delay in watch.seen])
                half = len(delays) // 2
                assert len(delays) > 15 and delays.max() < 3 * 5 / 30 + 0.2
                assert np.median(delays[half:]) < np.median(delays[:half]) + 0.1
                told = await figures(http, f"{url}/api/rooms/k")
                assert told["rung"] == "hold" and told["shed"] > 50
                assert told["came"] - told["left"] - told["held"] - told["shed"] <= 2, "every picture is accounted for"
                async with Client(f"{url}/whip/next") as late:
                    with pytest.raises(InputError, match=r"503.*all of this machine"):
                        await late.publish(Colour(90))
                async with http.get(f"{url}/readyz") as got:
                    assert got.status == 503 and int(got.headers["Retry-After"]) > 0
                async with http.get(f"{url}/metrics") as got:
                    text = await got.text()
                assert "understudy_ladder_rung 5.0" in text
                assert 'understudy_drops_total{reason="newer"}' in text

    asyncio.run(main())
