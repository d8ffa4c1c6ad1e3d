"""One room by itself: who is in it, what it holds, and that its end gives everything back."""

import asyncio
from contextlib import ExitStack

from stream.webrtc.peer import Peer
from tests.tools.live.serve.served import FACE
from tools.http.token_gate import LOCAL, Grant
from tools.live.serve.room import Link, Room

GRANT = Grant("one", LOCAL)


def link(name: str, publishes: bool, given_back: list[str]) -> Link:
    held = ExitStack()
    held.callback(given_back.append, name)
    return Link(name, Peer(), publishes, GRANT, 0.0, held)


def test_publisher_and_viewers_are_told_apart() -> None:
    async def main() -> None:
        room, given_back = Room("key", FACE, True, GRANT, 5.0), list[str]()
        assert room.publisher is None and room.viewers == [] and room.who == "one"
        up, down = link("up", True, given_back), link("down", False, given_back)
        room.add(up)
        room.add(down)
        assert room.publisher is up and room.viewers == [down] and up.who == "one"
        assert await room.remove("down", 9.0) is down and room.touched == 9.0 and given_back == ["down"]
        assert await room.remove("down", 10.0) is None and room.touched == 9.0
        await room.end()

    asyncio.run(main())


def test_the_end_gives_everything_back_and_forgets_the_face() -> None:
    async def main() -> None:
        room, given_back = Room("key", FACE, True, GRANT, 0.0), list[str]()
        seat = ExitStack()
        seat.callback(given_back.append, "seat")
        room.hold(seat)
        links = [link("up", True, given_back), link("down", False, given_back)]
        for one in links:
            room.add(one)
        assert await room.end() is None
        assert sorted(given_back) == ["down", "seat", "up"] and room.source is None and not room.links
        assert all(one.peer.connection.connectionState == "closed" for one in links)
        assert await room.end() is None and len(given_back) == 3, "once"

    asyncio.run(main())
