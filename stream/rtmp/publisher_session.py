"""PublisherSession: the receiving side of RTMP after the handshake: commands, `publish`, media. Pure: bytes in, answers
and FLV out.

Admits by application and stream key before it takes a single picture. Knows no sockets.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from stream.rtmp.amf import pack, unpack
from stream.rtmp.chunks import MOST, Chunks, Message, cut
from stream.rtmp.flv import MEDIA, header, tag
from stream.rtmp.handshake import Handshake

SMALL = 1 << 16  # bytes of a message from somebody who has not been let in
WINDOW = 2_500_000  # bytes after which the receiver says that it is still there


class PublishAnswer(StrEnum):
    """What is said to a publisher."""

    WELCOME = "welcome"
    STRANGER = "there is no such stream here"
    FULL = "this machine has no room for another stream"
    TAKEN = "somebody is publishing to this key already"


class PublisherSession:
    """admit: judges application and key, once; where it says WELCOME, `flv` fills. over: hang up after answering."""

    def __init__(self, admit: Callable[[str, str], PublishAnswer]) -> None:
        self._admit = admit
        self._chunks = Chunks(SMALL)
        self._handshake = Handshake()
        self._app = ""
        self._acked = self._got = 0
        self.verdict: PublishAnswer | None = None
        self.flv = bytearray()
        self._headed = False
        self.over = False

    def feed(self, data: bytes) -> bytes:
        """What to answer. Raises ValueError where these bytes are no RTMP."""
        self._got += len(data)
        data, out = self._handshake.feed(data)
        for message in self._chunks.feed(data):
            if self.over:
                break
            if message.kind == 20 or message.kind == 17:
                out += self._command(message)
            elif message.kind in MEDIA and self.verdict is PublishAnswer.WELCOME:
                if not self._headed:
                    self.flv += header(message)
                    self._headed = True
                self.flv += tag(message)
        if self._got - self._acked > WINDOW // 2:
            self._acked = self._got
            out += cut(Message(3, 0, 0, (self._got & 0xFFFFFFFF).to_bytes(4, "big")), 2)
        return out

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
        if self.verdict is PublishAnswer.WELCOME:
            self._chunks.most = MOST
            return _status("status", "NetStream.Publish.Start", "go on")
        self.over = True
        return _status("error", "NetStream.Publish.BadName", str(self.verdict))


def _say(stream: int, *values: Any) -> bytes:
    return cut(Message(20, 0, stream, pack(*values)))


def _status(level: str, code: str, words: str) -> bytes:
    return _say(1, "onStatus", 0, None, {"level": level, "code": code, "description": words})
