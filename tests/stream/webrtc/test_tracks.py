"""Outlets and hubs: the newest picture wins, sound keeps its order, endings are told."""

import asyncio

import pytest
from aiortc.mediastreams import MediaStreamError

from stream.webrtc.tracks import AUDIO_HELD, TrackFanout, ViewerTrack


def test_the_newest_picture_wins() -> None:
    async def main() -> None:
        outlet = ViewerTrack("video")
        for i in range(5):
            outlet.push(i)
        assert await outlet.recv() == 4 and outlet.dropped == 4

    asyncio.run(main())


def test_sound_keeps_its_order_and_a_bound() -> None:
    async def main() -> None:
        outlet = ViewerTrack("audio")
        for i in range(AUDIO_HELD + 3):
            outlet.push(i)
        assert [await outlet.recv() for _ in range(3)] == [3, 4, 5] and outlet.dropped == 3

    asyncio.run(main())


def test_who_waits_is_woken_by_a_picture_or_by_the_end() -> None:
    async def main() -> None:
        outlet = ViewerTrack("video")
        waiting = asyncio.create_task(outlet.recv())
        await asyncio.sleep(0)
        outlet.push("picture")
        assert await waiting == "picture"
        waiting = asyncio.create_task(outlet.recv())
        await asyncio.sleep(0)
        outlet.stop()
        with pytest.raises(MediaStreamError):
            await waiting

    asyncio.run(main())


def test_a_hub_serves_all_and_forgets_who_left() -> None:
    async def main() -> None:
        hub = TrackFanout("video")
        one = hub.outlet()
        hub.push("a")
        two = hub.outlet()
        assert await one.recv() == await two.recv() == "a", "who comes later sees the last picture at once"
        one.stop()
        hub.push("b")
        assert len(hub) == 1 and await two.recv() == "b"
        hub.stop()
        assert two.readyState == "ended" and len(hub) == 0

    asyncio.run(main())


def test_late_sound_is_not_sent_twice() -> None:
    async def main() -> None:
        hub = TrackFanout("audio")
        hub.push("old")
        outlet = hub.outlet()
        hub.push("new")
        assert await outlet.recv() == "new" and outlet.dropped == 0

    asyncio.run(main())
