"""Tracks of viewers: they give what their subscription gets, and end with it or end it."""

import asyncio

import pytest
from aiortc.mediastreams import MediaStreamError

from stream.io.fanout import Fanout
from stream.webrtc.tracks import ViewerTrack


@pytest.mark.parametrize("kind", ["video", "audio"])
def test_what_is_pushed_comes_out(kind: str) -> None:
    async def main() -> None:
        fanout = Fanout(kind)
        track = ViewerTrack(fanout.subscribe())
        fanout.push("one")
        assert track.kind == kind and await track.recv() == "one"

    asyncio.run(main())


def test_a_source_that_ends_ends_its_tracks() -> None:
    async def main() -> None:
        fanout = Fanout("video")
        track = ViewerTrack(fanout.subscribe())
        waiting = asyncio.create_task(track.recv())
        await asyncio.sleep(0)
        fanout.stop()
        with pytest.raises(MediaStreamError):
            await waiting
        assert track.readyState == "ended"

    asyncio.run(main())


def test_a_track_that_stops_is_forgotten_by_its_source() -> None:
    async def main() -> None:
        fanout = Fanout("video")
        track = ViewerTrack(fanout.subscribe())
        track.stop()
        fanout.push("late")
        assert len(fanout) == 0
        with pytest.raises(MediaStreamError):
            await track.recv()

    asyncio.run(main())
