"""Talk: the receiving side of RTMP, from the first byte to `publish` and on. Pure: bytes in, answers and FLV out.

Admits by application and stream key before it takes a single picture. Knows no sockets.
"""

import os
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from stream.rtmp.amf import pack, unpack
from stream.rtmp.chunks import MOST, Chunks, Message, cut
from stream.rtmp.flv import MEDIA, header, tag

SMALL = 1 << 16  # bytes of a message from somebody who has not been let in
WINDOW = 2_500_000  # bytes after which the receiver says that it is still there


class Verdict(StrEnum):
    """What is said to a publisher."""

    WELCOME = "welcome"
    STRANGER = "there is no such stream here"
    FULL = "this machine has no room for another stream"
    TAKEN = "somebody is publishing to this key already"


class Talk:
    """admit: judges application and key, once; where it says WELCOME, `flv` fills. over: hang up after answering."""

    def __init__(self, admit: Callable[[str, str], Verdict]) -> None:
        self._admit = admit
        self._chunks = Chunks(SMALL)
        self._hello = bytearray()
        self._greeted = 0  # bytes of the greeting still to come
        self._app = ""
        self._acked = self._got = 0
        self.verdict: Verdict | None = None
        self.flv = bytearray()
        self._headed = False
        self.over = False

    def feed(self, data: bytes) -> bytes:
        """What to answer. Raises ValueError where these bytes are no RTMP."""
        self._got += len(data)
        if self._greeted < 3073:  # C0 and C1, then C2
            data, answer = self._greet(data)
            return answer + (self.feed(data) if data else b"")
        out = b""
        for message in self._chunks.feed(data):
            if self.over:
                break
            if message.kind == 20 or message.kind == 17:
                out += self._command(message)
            elif message.kind in MEDIA and self.verdict is Verdict.WELCOME:
                if not self._headed:
                    self.flv += header(message)
                    self._headed = True
                self.flv += tag(message)
        if self._got - self._acked > WINDOW // 2:
            self._acked = self._got
            out += cut(Message(3, 0, 0, (self._got & 0xFFFFFFFF).to_bytes(4, "big")), 2)
        return out

    def _greet(self, data: bytes) -> tuple[bytes, bytes]:
        """The rest of the bytes, and the answer."""
        want = 1537 - len(self._hello) if self._greeted < 1537 else 3073 - self._greeted
        self._greeted += len(data[:want])
        answer = b""
        if len(self._hello) < 1537:
            self._hello += data[:want]
            if self._hello[0] != 3:
                raise ValueError("not RTMP")
            if len(self._hello) == 1537:
                answer = b"\x03" + bytes(8) + os.urandom(1528) + bytes(self._hello[1:])
        return data[want:], answer

    def _command(self, message: Message) -> bytes:
        words = unpack(message.data[1:] if message.kind == 17 else message.data)
        name, number = words[0] if words else "", words[1] if len(words) > 1 else 0.0
        if name == "connect":
            told: dict[str, Any] = words[2] if len(words) > 2 and isinstance(words[2], dict) else {}
            self._app = str(told.get("app", "")).strip("/")
            state = {"level": "status", "code": "NetConnection.Connect.Success", "objectEncoding": 0}
            return (
                cut(Message(5, 0, 0, WINDOW.to_bytes(4, "big")), 2)
                + cut(Message(6, 0, 0, WINDOW.to_bytes(4, "big") + b"\x02"), 2)
                + _say(0, "_result", number, {"fmsVer": "FMS/3,0,1,123", "capabilities": 31}, state)
            )
        if name == "createStream":
            return _say(0, "_result", number, None, 1)
        if name == "publish":
            return self._publish(str(words[3]) if len(words) > 3 else "")
        if name in ("deleteStream", "closeStream", "FCUnpublish"):
            self.over = self.verdict is not None
        elif name == "play":
            self.over = True
            return _status("error", "NetStream.Play.Failed", "nothing is played from here")
        return b""

    def _publish(self, key: str) -> bytes:
        if self.verdict is None:
            self.verdict = self._admit(self._app, key.partition("?")[0])
        if self.verdict is Verdict.WELCOME:
            self._chunks.most = MOST
            return _status("status", "NetStream.Publish.Start", "go on")
        self.over = True
        return _status("error", "NetStream.Publish.BadName", str(self.verdict))


def _say(stream: int, *values: Any) -> bytes:
    return cut(Message(20, 0, stream, pack(*values)))


def _status(level: str, code: str, words: str) -> bytes:
    return _say(1, "onStatus", 0, None, {"level": level, "code": code, "description": words})
