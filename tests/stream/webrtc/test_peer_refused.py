"""Offers that pass the first look and cannot be answered: refused, and nothing of them stays open."""

import asyncio
import socket

import pytest

from stream.webrtc.peer import Peer
from stream.webrtc.sdp import BadSdp
from tests.stream.webrtc.offers import offer


def without(lines: list[str], start: str) -> str:
    """The offer less the first line that begins so."""
    at = next(n for n, line in enumerate(lines) if line.startswith(start))
    return "\r\n".join(lines[:at] + lines[at + 1 :])


def sockets() -> int:
    """Open sockets of this process. By type(): to ask a lazy module that lies about for its class makes it warn."""
    import gc

    return sum(issubclass(type(one), socket.socket) and one.fileno() >= 0 for one in gc.get_objects())


@pytest.mark.parametrize("start", ["a=mid:0", "m=audio", "a=ice-pwd", "a=setup"])
def test_a_refused_offer_is_put_away(start: str) -> None:
    """Without its mid a section gets no transport, and aiortc fails while it closes what it had opened."""
    text = without(offer().split("\r\n"), start)

    async def refused() -> tuple[int, list[str], set[str]]:
        ended: list[str] = []
        peer = Peer(ended=lambda: ended.append("ended"))
        before = sockets()
        with pytest.raises(BadSdp, match=r"offer cannot be used|no answer fits"):
            await peer.publish(text, lambda _: None, lambda _: None)
        await peer.close()
        await peer.close()
        await asyncio.sleep(0.05)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        return sockets() - before, ended, {task.get_coro().__qualname__ for task in left}  # type: ignore[union-attr]

    opened, ended, tasks = asyncio.run(refused())
    assert ended == ["ended"], "told once, so that its room ends with it"
    assert opened <= 0
    assert tasks == set()
