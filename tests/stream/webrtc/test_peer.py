"""A peer on either side: codecs as offered, Opus untouched, useless candidates, endings. Over real connections."""

import asyncio
from fractions import Fraction
from itertools import pairwise
from typing import Any

import av
import numpy as np
import pytest
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCRtpSender, RTCSessionDescription

from stream.io.fanout import Fanout, Subscription
from stream.webrtc.install import install
from stream.webrtc.peer import Peer, prefer_h264, read
from stream.webrtc.sdp import HINTS, Fragment
from stream.webrtc.tracks import ViewerTrack
from tests.waiting import until


class Grey(MediaStreamTrack):
    """Pictures of one level, thirty a second."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    async def recv(self) -> Any:
        await asyncio.sleep(1 / 30)
        frame = av.VideoFrame.from_ndarray(np.full((180, 160), 120, np.uint8), format="yuv420p")
        frame.pts, frame.time_base = self.count * 3000, Fraction(1, 90_000)
        self.count += 1
        return frame


def only(transceiver: Any, mime: str) -> None:
    codecs = RTCRtpSender.getCapabilities(transceiver.kind).codecs
    transceiver.setCodecPreferences([c for c in codecs if c.mimeType == mime])


async def offered(connection: RTCPeerConnection) -> str:
    await connection.setLocalDescription(await connection.createOffer())
    return str(connection.localDescription.sdp)


@pytest.mark.parametrize("mime", ["video/H264", "video/VP8"])
def test_both_codecs_come_in_and_go_out(mime: str) -> None:
    install()

    async def main() -> None:
        publisher, viewer = RTCPeerConnection(), RTCPeerConnection()
        publisher.addTrack(Grey())
        only(publisher.getTransceivers()[0], mime)
        only(viewer.addTransceiver("video", direction="recvonly"), mime)
        fanout = Fanout("video")
        seen: list[Any] = []
        viewer.on("track", lambda track: asyncio.ensure_future(read(track, seen.append)))
        inner, outer = Peer(), Peer()
        answer = await inner.publish(await offered(publisher), fanout.push, lambda _: None)
        assert (HINTS in answer) == (mime == "video/H264"), "Chromium's hints are for H.264"
        await publisher.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        answer = await outer.play(await offered(viewer), [ViewerTrack(fanout.subscribe())])
        assert f"{mime.split('/')[1]}/90000" in answer
        await viewer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        await until(lambda: len(seen) > 10)
        assert (seen[-1].width, seen[-1].height) == (160, 120)
        assert abs(float(seen[-1].to_ndarray(format="gray").mean()) - 120) < 3
        for one in (inner, outer):
            await one.close()
        for connection in (publisher, viewer):
            await connection.close()

    asyncio.run(main())


def test_opus_arrives_as_it_was_sent_byte_for_byte() -> None:
    install()

    async def main() -> None:
        sender, receiver = Peer(), RTCPeerConnection()
        transceivers = [receiver.addTransceiver(kind, direction="recvonly") for kind in ("video", "audio")]
        assert [t.kind for t in transceivers] == ["video", "audio"]
        heard: list[Any] = []
        receiver.on("track", lambda t: asyncio.ensure_future(read(t, heard.append)) if t.kind == "audio" else None)
        sound = Subscription("audio")
        answer = await sender.play(await offered(receiver), [ViewerTrack(Subscription("video")), ViewerTrack(sound)])
        await receiver.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        await until(lambda: receiver.connectionState == "connected")
        sent = [bytes([0x78, *np.random.default_rng(i).bytes(40 + i)]) for i in range(30)]
        for i, data in enumerate(sent):
            packet = av.Packet(data)
            packet.pts, packet.time_base = i * 960, Fraction(1, 48_000)
            sound.push(packet)
            await asyncio.sleep(0.005)
        await until(lambda: len(heard) >= 29)
        got = [bytes(packet) for packet in heard]
        assert got == sent[-len(got) :], "nothing was decoded on the way"
        assert [b.pts - a.pts for a, b in pairwise(heard)] == [960] * (len(heard) - 1)
        await sender.close()
        await receiver.close()

    asyncio.run(main())


def test_h264_comes_first_where_both_are_spoken() -> None:
    async def main() -> None:
        connection = RTCPeerConnection()
        for kind in ("video", "audio"):
            prefer_h264(connection.addTransceiver(kind))
        text = await offered(connection)
        first = next(line for line in text.splitlines() if line.startswith("m=video")).split()[3]
        assert f"a=rtpmap:{first} H264/90000" in text and "opus/48000" in text
        await connection.close()

    asyncio.run(main())


def test_candidates_that_cannot_be_used_are_passed_over() -> None:
    """RFC 9725: what is not understood or not reached is dropped in silence; a restart is not done."""

    async def main() -> None:
        publisher, peer = RTCPeerConnection(), Peer()
        publisher.addTrack(Grey())
        offer = await offered(publisher)
        seen: list[Any] = []
        answer = await peer.publish(offer, seen.append, lambda _: None)
        good = "1 1 udp 2130706431 127.0.0.1 9 typ host"
        for candidate in (
            good,
            "1 1 tcp 2130706431 127.0.0.1 9 typ host tcptype passive",
            "1 1 udp 2130706431 no-such-host.invalid 9 typ host",
        ):
            assert await peer.trickle(Fragment(((candidate, "0"),), None))
        assert not await peer.trickle(Fragment(((good, "0"),), "another"))
        await publisher.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        await until(lambda: len(seen) > 3)
        await peer.close()
        await publisher.close()

    asyncio.run(main())


def test_the_end_is_told_once() -> None:
    async def main() -> None:
        ended: list[int] = []
        publisher, peer = RTCPeerConnection(), Peer(ended=lambda: ended.append(1))
        publisher.addTrack(Grey())
        answer = await peer.publish(await offered(publisher), lambda _: None, lambda _: None)
        await publisher.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        await until(lambda: peer.connection.connectionState == "connected")
        await publisher.close()
        await until(lambda: ended)
        await peer.close()
        assert ended == [1]

    asyncio.run(main())
