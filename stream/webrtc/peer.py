"""Peer: one connection, as publisher or viewer, from offer to end. Knows aiortc; knows nothing of HTTP or faces."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from aiortc import RTCConfiguration, RTCIceServer, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from aiortc.sdp import candidate_from_sdp

from stream.webrtc.sdp import BadSdp, Fragment, check_offer, ufrag_of, with_hints
from stream.webrtc.tracks import ViewerTrack

log = logging.getLogger("understudy.live")


class Peer:
    """ended: called once, on the loop, when the connection is over for whatever reason. established: whether it was
    connected at any time."""

    def __init__(self, ice: tuple[RTCIceServer, ...] = (), ended: Callable[[], object] = lambda: None) -> None:
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=list(ice)))
        self._ended: Callable[[], object] | None = ended
        self._readers: list[asyncio.Task[None]] = []
        self._ufrag: str | None = None
        self.established = False
        self.connection.on("connectionstatechange", self._changed)

    async def publish(self, offer: str, picture: Callable[[Any], object], sound: Callable[[Any], object]) -> str:
        """Answers a publisher. picture, sound: get each decoded frame and each packet of sound. Raises BadSdp."""

        def on_track(track: MediaStreamTrack) -> None:
            take = picture if track.kind == "video" else sound
            self._readers.append(asyncio.ensure_future(read(track, take)))

        self.connection.on("track", on_track)
        return with_hints(await self._answer(offer))

    async def play(self, offer: str, tracks: list[ViewerTrack]) -> str:
        """Answers a viewer, who gets the tracks. Raises BadSdp."""
        await self._take(offer)
        for track in tracks:
            for transceiver in self.connection.getTransceivers():
                if transceiver.kind == track.kind and transceiver.sender.track is None:
                    transceiver.sender.replaceTrack(track)
                    transceiver.direction = "sendonly"
                    prefer_h264(transceiver)
                    break
            else:
                track.stop()
        return await self._finish()

    async def trickle(self, fragment: Fragment) -> bool:
        """Adds the client's candidates. False where they are of another ICE session: a restart, which is not done."""
        if fragment.ufrag is not None and self._ufrag is not None and fragment.ufrag != self._ufrag:
            return False
        for text, mid in fragment.candidates:
            try:
                candidate = candidate_from_sdp(text)
            except (ValueError, AssertionError, IndexError) as error:
                raise BadSdp("a candidate cannot be read") from error
            candidate.sdpMid = mid
            try:
                await self.connection.addIceCandidate(candidate)
            except (ValueError, OSError) as error:  # RFC 9725: unusable ones are passed over
                log.debug("a candidate was passed over: %s", type(error).__name__)
        return True

    async def close(self) -> None:
        """Ends the connection; may be called more than once."""
        ended, self._ended = self._ended, None
        if ended is None:
            return
        for reader in self._readers:
            reader.cancel()
        try:
            await self.connection.close()
        except AttributeError:
            # aiortc stumbles over the section of a refused offer that got no transport, and leaves the others open.
            self.connection.remove_all_listeners()
            for transceiver in self.connection.getTransceivers():
                if (transport := transceiver.receiver.transport) is not None:
                    await transport.stop()
                    await transport.transport.stop()
        ended()

    async def _answer(self, offer: str) -> str:
        await self._take(offer)
        return await self._finish()

    async def _take(self, offer: str) -> None:
        check_offer(offer)
        self._ufrag = ufrag_of(offer)
        try:
            await self.connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        except Exception as error:  # aiortc's parser fails in as many ways as there are broken offers
            raise BadSdp("the offer cannot be used; look at its codecs (H.264, VP8, Opus) and its syntax") from error

    async def _finish(self) -> str:
        try:
            await self.connection.setLocalDescription(await self.connection.createAnswer())
        except Exception as error:  # as above: no common codec, no transport
            raise BadSdp("no answer fits the offer; H.264 or VP8 video is needed") from error
        return str(self.connection.localDescription.sdp)

    async def _changed(self) -> None:
        self.established = self.established or self.connection.connectionState == "connected"
        if self.connection.connectionState in ("failed", "closed"):
            await self.close()


async def read(track: MediaStreamTrack, take: Callable[[Any], object]) -> None:
    """Hands on what comes until the track ends; of pictures that have piled up only the newest."""
    queue: asyncio.Queue[Any] | None = getattr(track, "_queue", None) if track.kind == "video" else None
    while True:
        try:
            item = await track.recv()
        except MediaStreamError:
            return
        while queue is not None and queue.qsize() > 1:
            later = queue.get_nowait()
            if later is None:
                return
            item = later
        take(item)


def prefer_h264(transceiver: Any) -> None:
    """H.264 first where both have it: it costs a third of VP8's time."""
    codecs = RTCRtpSender.getCapabilities("video").codecs if transceiver.kind == "video" else []
    if codecs:
        transceiver.setCodecPreferences(sorted(codecs, key=lambda c: c.mimeType != "video/H264"))
