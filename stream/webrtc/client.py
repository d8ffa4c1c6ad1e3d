"""Client: publishes by WHIP and plays by WHEP. For the WHIP output of `stream` and for measuring."""

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin

import aiohttp
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack

from engines.errors import InputError
from stream.webrtc.install import install
from stream.webrtc.peer import prefer_h264, read


class Client:
    """One connection to one endpoint. As an async context manager: `async with Client(url) as c: await c.publish(...)`.
    token: bearer. tls: None for the system's own. Errors: InputError with what the server said."""

    def __init__(self, url: str, token: str | None = None, tls: ssl.SSLContext | None = None) -> None:
        install()
        self.url = url
        self.connection = RTCPeerConnection()
        self.resource: str | None = None
        self._readers: list[asyncio.Task[None]] = []
        self._http = aiohttp.ClientSession(
            headers={"Authorization": f"Bearer {token}"} if token else {},
            connector=aiohttp.TCPConnector(ssl=tls if tls is not None else True),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    async def publish(self, *tracks: MediaStreamTrack) -> None:
        """Sends the tracks."""
        for track in tracks:
            self.connection.addTrack(track)
        for transceiver in self.connection.getTransceivers():
            transceiver.direction = "sendonly"
            prefer_h264(transceiver)
        await self._exchange()

    async def play(self, picture: Callable[[Any], object], sound: Callable[[Any], object]) -> None:
        """Receives: `picture` gets frames, `sound` packets, on the loop's thread."""

        def on_track(track: MediaStreamTrack) -> None:
            take = picture if track.kind == "video" else sound
            self._readers.append(asyncio.ensure_future(read(track, take)))

        self.connection.on("track", on_track)
        for kind in ("video", "audio"):
            prefer_h264(self.connection.addTransceiver(kind, direction="recvonly"))
        await self._exchange()

    def when_gone(self, call: Callable[[], object]) -> None:
        """Calls when the connection is over."""

        def changed() -> None:
            if self.connection.connectionState in ("failed", "closed"):
                call()

        self.connection.on("connectionstatechange", changed)

    async def _exchange(self) -> None:
        await self.connection.setLocalDescription(await self.connection.createOffer())
        headers = {"Content-Type": "application/sdp"}
        try:
            offer = self.connection.localDescription.sdp
            async with self._http.post(self.url, data=offer.encode(), headers=headers) as response:
                text = await response.text()
                if response.status != 201:
                    raise InputError(f"{self.url} answered {response.status}: {text[:200]}")
                self.resource = urljoin(self.url, response.headers["Location"])
        except aiohttp.ClientError as error:
            raise InputError(f"{self.url} cannot be reached: {error}") from error
        await self.connection.setRemoteDescription(RTCSessionDescription(text, "answer"))

    async def close(self) -> None:
        """Ends the session at the server, and the connection."""
        if self.resource is not None:
            with contextlib.suppress(aiohttp.ClientError):  # the server may be gone already
                async with self._http.delete(self.resource):
                    pass
        await self.connection.close()
        await self._http.close()
