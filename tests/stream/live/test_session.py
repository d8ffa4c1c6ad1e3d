"""A session: the newest frame wins, delay is bounded whatever the work takes, sound follows, sessions keep apart."""

import asyncio
import time
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
import pytest

from engines.values import U8
from stream.frame import Frame, Route
from stream.live.ladder import Rung
from stream.live.session import LiveSession
from stream.live.swap import Shown
from stream.pipeline.control import Change
from stream.pixels.label import Label
from stream.telemetry.metrics import Metered, Metrics

CLOCK = Fraction(1, 90_000)


def image(level: int, index: int) -> av.VideoFrame:
    plane: U8 = np.full((96, 64), 128, np.uint8)
    plane[:64] = level
    frame = av.VideoFrame.from_ndarray(plane, format="yuv420p")
    frame.pts, frame.time_base = index * 3000, CLOCK
    return frame


@dataclass
class Slow:
    """Work that takes a given time; nothing is shown for pictures whose level is in `hide`."""

    stats: Metered
    seconds: float = 0.0
    held: bool = False

    def __call__(self, frame: Frame) -> Shown:
        with self.stats.time("work"):
            time.sleep(self.seconds)
        return Shown(frame, frame.picture, self.held, Route.FAST, Rung.SKIP, 1)

    def update(self, change: Change, label: Label | None = None) -> None:
        raise AssertionError("nobody changes this one")

    def close(self) -> None:
        pass


def level(frame: av.VideoFrame) -> int:
    return int(bytes(frame.planes[0])[0])


def test_a_picture_goes_through_with_its_time() -> None:
    async def main() -> None:
        session = LiveSession(Slow, Metrics())
        outlet = session.video.subscribe()
        session.picture(image(70, 5))
        got = await asyncio.wait_for(outlet.recv(), 5)
        assert got.pts == 15_000 and level(got) == 70
        assert (session.came, session.left, session.held, session.shed) == (1, 1, 0, 0)
        assert session.rung is Rung.SKIP and session.faces == 1
        await session.close()
        assert outlet.ended and session.failed is None

    asyncio.run(main())


@pytest.mark.timing
def test_delay_is_bounded_when_work_is_five_times_too_slow() -> None:
    async def main() -> None:
        work, step = 0.05, 0.01
        session = LiveSession(lambda stats: Slow(stats, work), Metrics())
        for i in range(100):
            session.picture(image(50, i))
            await asyncio.sleep(step)
        async with asyncio.timeout(5):
            while session.left + session.shed < 100:
                await asyncio.sleep(0.01)
        assert session.came == 100 and session.left + session.shed == 100
        assert session.shed > 50, "what was too much was dropped, and counted"
        assert max(session.delays) < 4 * work, "at most one frame waits while one is worked on"
        half = len(session.delays) // 2
        delays = list(session.delays)
        assert np.median(delays[half:]) < 1.5 * np.median(delays[:half]), "and the delay does not grow"
        text = session.metrics.text().decode()
        assert f'understudy_drops_total{{reason="newer"}} {float(session.shed)}' in text
        await session.close()

    asyncio.run(main())


def test_held_frames_are_counted_and_not_sent_again() -> None:
    async def main() -> None:
        session = LiveSession(lambda stats: Slow(stats, held=True), Metrics())
        outlet = session.video.subscribe()
        for i in range(3):
            session.picture(image(50, i))
            await asyncio.sleep(0.05)
        assert session.held == 3 and session.left == 0 and outlet.waiting == 0
        await session.close()

    asyncio.run(main())


def test_sound_leaves_with_its_picture() -> None:
    async def main() -> None:
        session = LiveSession(lambda stats: Slow(stats, 0.06), Metrics())
        heard = session.audio.subscribe()
        for i in range(30):
            session.picture(image(50, i))
            await asyncio.sleep(0.07)
        assert 0.03 < session.follow.delay < 0.15
        began = time.perf_counter()
        session.sound("packet")
        assert await heard.recv() == "packet"
        assert abs(time.perf_counter() - began - session.follow.delay) < 0.03
        await session.close()

    asyncio.run(main())


def test_no_frame_of_one_session_reaches_another() -> None:
    async def main() -> None:
        metrics = Metrics()
        sessions = [LiveSession(lambda stats: Slow(stats, 0.002), metrics) for _ in range(4)]
        outlets = [s.video.subscribe() for s in sessions]
        seen: list[set[int]] = [set() for _ in sessions]

        async def watch(k: int) -> None:
            while True:
                seen[k].add(level(await outlets[k].recv()))

        watchers = [asyncio.create_task(watch(k)) for k in range(4)]
        for i in range(40):
            for k, session in enumerate(sessions):
                session.picture(image(40 + 50 * k, i))
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.1)
        for watcher in watchers:
            watcher.cancel()
        assert seen == [{40}, {90}, {140}, {190}]
        for session in sessions:
            await session.close()

    asyncio.run(main())


def test_making_a_swap_holds_nobody_up() -> None:
    """Networks are opened and buffers made on the session's own lane; the loop, which serves the others, goes on."""

    def slowly(stats: Metered) -> Slow:
        time.sleep(0.4)
        return Slow(stats)

    async def main() -> None:
        began = time.perf_counter()
        session = LiveSession(slowly, Metrics())
        outlet = session.video.subscribe()
        for i in range(3):
            session.picture(image(10 * i, i))
            await asyncio.sleep(0.01)
        assert time.perf_counter() - began < 0.3
        got = await asyncio.wait_for(outlet.recv(), 5)
        assert level(got) == 20 and session.shed == 2, "the newest picture is the first"
        await session.close()
        never = LiveSession(slowly, Metrics())
        await never.close()
        assert never.failed is None

    asyncio.run(main())


def test_a_swap_that_cannot_be_made_is_a_failure_of_its_session() -> None:
    def broken(_: Metered) -> Slow:
        raise ValueError("no such device")

    async def main() -> None:
        session = LiveSession(broken, Metrics())
        async with asyncio.timeout(5):
            while session.failed is None:
                await asyncio.sleep(0.01)
        assert str(session.failed) == "no such device"
        await session.close()

    asyncio.run(main())


def test_a_failure_ends_this_session_alone() -> None:
    class Broken(Slow):
        def __call__(self, frame: Frame) -> Shown:
            raise ValueError("broken")

    async def main() -> None:
        metrics = Metrics()
        bad, good = LiveSession(Broken, metrics), LiveSession(Slow, metrics)
        outlet = good.video.subscribe()
        bad.picture(image(1, 0))
        good.picture(image(2, 0))
        assert level(await asyncio.wait_for(outlet.recv(), 5)) == 2
        await asyncio.sleep(0.05)
        assert isinstance(bad.failed, ValueError) and good.failed is None
        bad.picture(image(1, 1))  # ignored
        for session in (bad, good):
            await session.close()

    asyncio.run(main())


def test_a_change_goes_to_the_swap_once_it_is_made() -> None:
    told: list[tuple[Change, Label | None]] = []

    class Changed(Slow):
        def update(self, change: Change, label: Label | None = None) -> None:
            told.append((change, label))

    def make(stats: Metered) -> Changed:
        time.sleep(0.1)
        return Changed(stats)

    async def main() -> None:
        session = LiveSession(make, Metrics())
        await asyncio.to_thread(session.update, Change(strength=0.5), Label("Other"))
        assert told == [(Change(strength=0.5), Label("Other"))]
        session.picture(image(50, 0))
        async with asyncio.timeout(5):
            while not session.left:
                await asyncio.sleep(0.01)
        assert session.size == (image(50, 0).width, image(50, 0).height) and session.seen == ()
        await session.close()

    asyncio.run(main())
