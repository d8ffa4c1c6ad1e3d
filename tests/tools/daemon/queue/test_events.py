"""Who listens: the latest of every job, however slowly it is read."""

import asyncio

import pytest

from tools.daemon.queue.events import Events


def test_the_latest_of_each_job_is_kept() -> None:
    async def main() -> None:
        events = Events()
        all_, one = events.open(None), events.open("a")
        for i in range(1000):
            events.put({"id": "a", "frames": i})
        events.put({"id": "b", "frames": 1})
        assert [await all_.read(1), await all_.read(1)] == [{"id": "a", "frames": 999}, {"id": "b", "frames": 1}]
        assert await one.read(1) == {"id": "a", "frames": 999}
        assert await one.read(0.01) is None, "nothing new"
        assert len(events) == 2
        events.drop(one)
        assert len(events) == 1

    asyncio.run(main())


def test_who_waits_is_woken_and_at_the_end_let_go() -> None:
    async def main() -> None:
        events = Events()
        listener = events.open(None)
        waiting = asyncio.create_task(listener.read(10))
        await asyncio.sleep(0)
        events.put({"id": "a"})
        assert await waiting == {"id": "a"}
        waiting = asyncio.create_task(listener.read(10))
        await asyncio.sleep(0)
        events.put({"id": "b"})
        events.close()
        assert await waiting == {"id": "b"}, "what was said before the end is heard"
        with pytest.raises(EOFError):
            await listener.read(10)

    asyncio.run(main())
