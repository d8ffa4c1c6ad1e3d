"""A camera as they hang on walls: RTSP 1.0 over TCP, H.264 and G.711 as interleaved RTP, a login if wanted."""

import base64
import contextlib
import socket
import struct
import threading
import time
from fractions import Fraction
from typing import Any

import av
import numpy as np
from aiortc.codecs.h264 import H264Encoder

SDP = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nt=0 0\r\na=control:*\r\n"
    "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:video\r\n"
    "m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=control:audio\r\n"
)


class RtspCamera:
    """asked: the methods of every request, in order. played: how often somebody began to watch. quiet: while it is set
    nothing is sent, and nobody is told. moved: the method that is answered by a redirect, and where to."""

    def __init__(
        self,
        number: int = 0,
        login: str | None = None,
        size: tuple[int, int] = (160, 120),
        moved: tuple[str, str] | None = None,
    ) -> None:
        self.asked: list[str] = []
        self.played = 0
        self.quiet = threading.Event()
        self._moved = moved
        self._login, self._size, self._closed = login, size, threading.Event()
        self._server = socket.create_server(("127.0.0.1", number))
        self.port = int(self._server.getsockname()[1])
        self._peers: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def url(self, login: str | None = None) -> str:
        return f"rtsp://{login + '@' if login else ''}127.0.0.1:{self.port}/main"

    def close(self) -> None:
        """Power off: connections break, nobody is told."""
        self._closed.set()
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for peer in self._peers:
            with contextlib.suppress(OSError):
                peer.shutdown(socket.SHUT_RDWR)
            peer.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self._server.accept()
                self._peers.append(peer)
                threading.Thread(target=self._talk, args=(peer,), daemon=True).start()

    def _talk(self, peer: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), peer, peer.makefile("rb") as said:
            lock = threading.Lock()
            while first := said.read(1):
                if first == b"$":  # the client's own RTCP
                    said.read(struct.unpack("!xH", said.read(3))[0])
                    continue
                method = (first + said.readline()).split()[0].decode()
                head = {}
                while line := said.readline().strip():
                    name, _, value = line.decode().partition(":")
                    head[name.lower()] = value.strip()
                self.asked.append(method)
                status, more, body = self._answer(method, head)
                lines = [f"RTSP/1.0 {status}", f"CSeq: {head.get('cseq', '0')}", *more]
                lines += [f"Content-Length: {len(body)}"] if body else []
                with lock:
                    peer.sendall("\r\n".join([*lines, "", body]).encode())
                if method == "PLAY":
                    self.played += 1
                    threading.Thread(target=self._film, args=(peer, lock), daemon=True).start()
                if method == "TEARDOWN":
                    return

    def _answer(self, method: str, head: dict[str, str]) -> tuple[str, list[str], str]:
        if self._login is not None and method != "OPTIONS":
            known = "Basic " + base64.b64encode(self._login.encode()).decode()
            if head.get("authorization") != known:
                return "401 Unauthorized", ['WWW-Authenticate: Basic realm="camera"'], ""
        if self._moved is not None and self._moved[0] == method:
            return "302 Moved", [f"Location: {self._moved[1]}"], ""
        match method:
            case "OPTIONS":
                return "200 OK", ["Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"], ""
            case "DESCRIBE":
                return "200 OK", ["Content-Type: application/sdp"], SDP
            case "SETUP" if "TCP" not in head["transport"]:
                return "461 Unsupported Transport", [], ""
            case "SETUP":
                return "200 OK", [f"Transport: {head['transport']}", "Session: 4711;timeout=60"], ""
        return "200 OK", ["Session: 4711"], ""

    def _film(self, peer: socket.socket, lock: threading.Lock) -> None:
        """Thirty pictures a second and G.711 every 20 ms, until somebody hangs up. Channels 0 and 2."""
        video: Any = av.CodecContext.create("libx264", "w")
        video.width, video.height = self._size
        video.pix_fmt, video.framerate, video.time_base = "yuv420p", Fraction(30), Fraction(1, 30)
        video.options = {"preset": "ultrafast", "tune": "zerolatency", "g": "15"}
        order = [0, 0]
        tone = bytes(0xD5 ^ (i * 7 & 0x3F) for i in range(160))
        began, sounds = time.monotonic(), 0

        def send(lane: int, kind: int, ticks: int, data: bytes, mark: bool) -> None:
            rtp = struct.pack("!BBHII", 0x80, kind | mark << 7, order[lane] & 0xFFFF, ticks, 0xCAFE + lane) + data
            order[lane] += 1
            with lock:
                peer.sendall(struct.pack("!cBH", b"$", 2 * lane, len(rtp)) + rtp)

        with contextlib.suppress(OSError):
            for i in range(100_000):
                plane = np.full((self._size[1] * 3 // 2, self._size[0]), 128, np.uint8)
                plane[: self._size[1]] = (np.arange(self._size[0]) + 4 * i) % 220
                frame = av.VideoFrame.from_ndarray(plane, format="yuv420p")
                frame.pts, frame.time_base = i, Fraction(1, 30)
                data = b"".join(bytes(p) for p in video.encode(frame))
                parts = H264Encoder._packetize(H264Encoder._split_bitstream(data))
                if not self.quiet.is_set():
                    for part in parts:
                        send(0, 96, i * 3000, part, part is parts[-1])
                    while sounds * 0.02 < (i + 1) / 30:
                        send(1, 8, sounds * 160, tone, False)
                        sounds += 1
                if self._closed.wait(max(0.0, began + (i + 1) / 30 - time.monotonic())):
                    return
