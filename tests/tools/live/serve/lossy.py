"""A network between a client and the server that loses, delays, reorders, bends and cuts: UDP, by a seeded hand."""

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import numpy as np
from aiortc import RTCSessionDescription

from stream.webrtc.client import Client


@dataclass
class Weather:
    """What happens to each packet, either way. loss, bent: shares of packets. jitter: seconds, evenly spread. cut:
    nothing passes."""

    loss: float = 0.0
    jitter: float = 0.0
    bent: float = 0.0
    cut: bool = False
    passed: int = 0
    dropped: int = 0
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(11))


class _End(asyncio.DatagramProtocol):
    """One side's socket; `other` sends on what comes here."""

    def __init__(self, weather: Weather) -> None:
        self.weather, self.other = weather, self
        self.transport: Any = None
        self.to: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        w = self.weather
        if self.to is None:  # the client's side learns where the client is
            self.to = addr
        if w.cut or w.rng.random() < w.loss:
            w.dropped += 1
            return
        if w.rng.random() < w.bent:
            place = int(w.rng.integers(len(data)))
            data = data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :]
        w.passed += 1
        asyncio.get_running_loop().call_later(float(w.rng.random()) * w.jitter, self.other.send, data)

    def send(self, data: bytes) -> None:
        if self.to is not None and not self.transport.is_closing():
            self.transport.sendto(data, self.to)


class Lossy(Client):
    """A client whose media goes through the weather; its requests do not."""

    def __init__(self, url: str, weather: Weather) -> None:
        super().__init__(url)
        self.weather = weather
        self._ends: list[_End] = []

    async def _exchange(self) -> None:
        await self.connection.setLocalDescription(await self.connection.createOffer())
        offer = re.sub(r"a=(candidate:[^\r\n]*|end-of-candidates)\r\n", "", self.connection.localDescription.sdp)
        async with self._http.post(self.url, data=offer.encode(), headers={"Content-Type": "application/sdp"}) as got:
            assert got.status == 201
            self.resource = self.url.split("/wh")[0] + got.headers["Location"]
            answer = await got.text()
        first = re.search(r"a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host", answer)
        assert first is not None, answer
        port = await self._between(first[1], int(first[2]))
        one = f"a=candidate:1 1 udp 2130706431 {first[1]} {port} typ host\r\n"
        answer = re.sub(r"(a=candidate:[^\r\n]*\r\n)+", one, answer)
        await self.connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def _between(self, host: str, port: int) -> int:
        """A pair of sockets; returns the port that the client is to take for the server's. On the server's own address:
        an answer from another one would not be taken for an answer."""
        loop = asyncio.get_running_loop()
        _, here = await loop.create_datagram_endpoint(lambda: _End(self.weather), (host, 0))
        _, there = await loop.create_datagram_endpoint(lambda: _End(self.weather), (host, 0))
        here.other, there.other, there.to = there, here, (host, port)
        self._ends = [here, there]
        return int(here.transport.get_extra_info("sockname")[1])

    async def close(self) -> None:
        await super().close()
        for end in self._ends:
            end.transport.close()

    async def vanish(self) -> None:
        """As a machine whose plug is pulled: no goodbye of any kind."""
        self.weather.cut, self.resource = True, None


async def figures(http: aiohttp.ClientSession, url: str) -> dict[str, Any]:
    """What the server tells of a room."""
    async with http.get(url) as response:
        found: dict[str, Any] = await response.json()
        return found
