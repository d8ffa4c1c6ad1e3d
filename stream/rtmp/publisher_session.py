"""PublisherSession: the receiving side of RTMP after the handshake: commands, `publish`, media. Pure: bytes in, answers
and FLV out.

Admits by application and stream key before it takes a single picture, and gives who is not admitted little memory and
few tries. Knows no sockets.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from stream.rtmp.amf import pack, unpack
from stream.rtmp.chunks import FIRST, MOST, Chunks, Message, cut
from stream.rtmp.flv import DATA, MEDIA, header, is_metadata, tag
from stream.rtmp.handshake import C2_END, Handshake

BEFORE = 1 << 14  # bytes, and so of memory, for somebody who has not been admitted
COMMANDS = 32  # messages from somebody who has not been admitted; publishers need six
CHUNKS = COMMANDS + BEFORE // FIRST  # of them, in chunks of the size that both sides begin with
STEP = 1 << 10  # bytes of them that are looked at together
WINDOW = 2_500_000  # bytes after which the receiver says that it is still there


class PublishAnswer(StrEnum):
    """What is said to a publisher."""

    ACCEPTED = "accepted"
    UNKNOWN = "there is no such stream here"
    FULL = "this machine has no room for another stream"
    TAKEN = "somebody is publishing to this key already"


class PublisherSession:
    """admit: judges application and key, once; where it says ACCEPTED, there is FLV to take. verdict: what it said.
    over: to be closed after answering."""

    def __init__(self, admit: Callable[[str, str], PublishAnswer]) -> None:
        self._admit = admit
        self._chunks = Chunks(BEFORE, CHUNKS)
        self._handshake = Handshake()
        self._app = ""
        self._acked = self._got = self._messages = 0
        self.verdict: PublishAnswer | None = None
        self.over = False
        self._flv = bytearray()
        self._begun = False

    def feed(self, data: bytes) -> bytes:
        """What to answer. Raises ValueError where these bytes are no RTMP, or too many before a key was said."""
        out, at = bytearray(), 0
        while at < len(data) and not self.over:
            step = len(data) if self.verdict is PublishAnswer.ACCEPTED else STEP
            out += self._read(data[at : at + step])
            at += step
        if self._got - self._acked > WINDOW // 2:
            self._acked = self._got
            out += cut(Message(3, 0, 0, (self._got & 0xFFFFFFFF).to_bytes(4, "big")), 2)
        return bytes(out)

    def take(self) -> bytes:
        """The FLV that has come since the last call."""
        taken = bytes(self._flv)
        self._flv.clear()
        return taken

    def end(self) -> None:
        """The publisher has gone."""
        self.over = True

    def _read(self, data: bytes) -> bytes:
        self._got += len(data)
        known = self.verdict is PublishAnswer.ACCEPTED
        if not known and self._got > C2_END + BEFORE:
            raise ValueError("too much was sent before a key was said")
        data, answer = self._handshake.feed(data)
        out = bytearray(answer)
        for message in self._chunks.feed(data):
            self._messages += 1
            if not known and self._messages > COMMANDS:
                raise ValueError("too many messages were sent before a key was said")
            if self.over:
                break
            if message.kind in (17, 20):
                out += self._command(message)
            elif message.kind in MEDIA and self.verdict is PublishAnswer.ACCEPTED:
                self._write(message)
        return bytes(out)

    def _write(self, message: Message) -> None:
        """Media as FLV. Of data messages only metadata at the beginning: anything later (GStreamer repeats it, others
        send cue points) would open another stream in the middle, which demuxers do not expect."""
        if message.kind == DATA and (self._begun or not is_metadata(message)):
            return
        if not self._begun:
            self._flv += header(message)
            self._begun = True
        self._flv += tag(message)

    def _command(self, message: Message) -> bytes:
        words = unpack(message.data[1:] if message.kind == 17 else message.data)
        name = words[0] if words and isinstance(words[0], str) else ""
        number = words[1] if len(words) > 1 and isinstance(words[1], float) else 0.0
        match name:
            case "connect":
                return self._connect(number, words[2] if len(words) > 2 else None)
            case "createStream":
                return _say(0, "_result", number, None, 1)
            case "publish":
                return self._publish(words[3] if len(words) > 3 else "")
            case "deleteStream" | "closeStream" | "FCUnpublish":
                self.over = self.verdict is not None
            case "play":
                self.over = True
                return _status("error", "NetStream.Play.Failed", "nothing is played from here")
        return b""

    def _connect(self, number: float, told: object) -> bytes:
        app = told.get("app", "") if isinstance(told, dict) else ""
        self._app = app.strip("/") if isinstance(app, str) else ""
        state = {"level": "status", "code": "NetConnection.Connect.Success", "objectEncoding": 0}
        return (
            cut(Message(5, 0, 0, WINDOW.to_bytes(4, "big")), 2)
            + cut(Message(6, 0, 0, WINDOW.to_bytes(4, "big") + b"\x02"), 2)
            + _say(0, "_result", number, {"fmsVer": "FMS/3,0,1,123", "capabilities": 31}, state)
        )

    def _publish(self, key: object) -> bytes:
        if self.verdict is None:
            self.verdict = self._admit(self._app, key.partition("?")[0] if isinstance(key, str) else "")
        if self.verdict is PublishAnswer.ACCEPTED:
            self._chunks.trust(MOST)
            return _status("status", "NetStream.Publish.Start", "go on")
        self.over = True
        return _status("error", "NetStream.Publish.BadName", str(self.verdict))


def _say(stream: int, *values: Any) -> bytes:
    return cut(Message(20, 0, stream, pack(*values)))


def _status(level: str, code: str, words: str) -> bytes:
    return _say(1, "onStatus", 0, None, {"level": level, "code": code, "description": words})
