"""Fanouts: the newest picture wins, sound keeps its order, endings are told."""

import asyncio

import pytest

from stream.io.fanout import AUDIO_KEPT, Ended, Fanout, Subscription


def test_the_newest_picture_wins() -> None:
    async def main() -> None:
        reader = Subscription("video")
        for i in range(5):
            reader.push(i)
        assert await reader.recv() == 4 and reader.dropped == 4

    asyncio.run(main())


def test_sound_keeps_its_order_and_a_bound() -> None:
    async def main() -> None:
        reader = Subscription("audio")
        for i in range(AUDIO_KEPT + 3):
            reader.push(i)
        assert [await reader.recv() for _ in range(3)] == [3, 4, 5] and reader.dropped == 3

    asyncio.run(main())


def test_who_waits_is_woken_by_a_picture_or_by_the_end() -> None:
    async def main() -> None:
        reader = Subscription("video")
        waiting = asyncio.create_task(reader.recv())
        await asyncio.sleep(0)
        reader.push("picture")
        assert await waiting == "picture"
        waiting = asyncio.create_task(reader.recv())
        await asyncio.sleep(0)
        reader.stop()
        with pytest.raises(Ended):
            await waiting

    asyncio.run(main())


def test_a_fanout_serves_all_and_forgets_who_left() -> None:
    async def main() -> None:
        fanout = Fanout("video")
        one = fanout.subscribe()
        fanout.push("a")
        two = fanout.subscribe()
        assert await one.recv() == await two.recv() == "a", "who comes later sees the last picture at once"
        one.stop()
        fanout.push("b")
        assert len(fanout) == 1 and await two.recv() == "b"
        fanout.stop()
        assert two.ended and len(fanout) == 0

    asyncio.run(main())


def test_late_sound_is_not_sent_twice() -> None:
    async def main() -> None:
        fanout = Fanout("audio")
        fanout.push("old")
        reader = fanout.subscribe()
        fanout.push("new")
        assert await reader.recv() == "new" and reader.dropped == 0

    asyncio.run(main())


def test_what_a_slow_reader_misses_is_told() -> None:
    async def main() -> None:
        missed: list[int] = []
        fanout = Fanout("video", lambda: missed.append(1))
        slow = fanout.subscribe()
        for i in range(4):
            fanout.push(i)
        assert len(missed) == slow.dropped == 3 and fanout.waiting == 1

    asyncio.run(main())
