"""FLV: the tags of a file as RTMP's messages, and back. Pure."""

from stream.rtmp.chunks import Message

SOUND, PICTURE, DATA = 8, 9, 18
MEDIA = (SOUND, PICTURE, DATA)
METADATA = b"\x02\x00\x0aonMetaData"
WRAP = b"\x02\x00\x0d@setDataFrame"  # how publishers introduce their metadata


def is_metadata(message: Message) -> bool:
    """Whether a data message is the stream's metadata, and not a cue point or a caption."""
    return message.data.removeprefix(WRAP).startswith(METADATA)


def is_sequence_header(message: Message) -> bool:
    """Whether it tells how to decode what follows: of AVC, HEVC or AAC, or of a codec by Enhanced RTMP (type 0 of its
    headers)."""
    first, second = message.data[:1], message.data[1:2]
    if message.kind == PICTURE and first:
        return not first[0] & 0x0F if first[0] & 0x80 else first[0] & 0x0F in (7, 12) and second == b"\0"
    if message.kind == SOUND and first:
        return first[0] == 0x90 or (first[0] >> 4 == 10 and second == b"\0")
    return False


def is_key_frame(message: Message) -> bool:
    """Whether decoding can begin with this picture."""
    return (
        message.kind == PICTURE
        and message.data[:1] != b""
        and message.data[0] >> 4 & 7 == 1
        and not is_sequence_header(message)
    )


def header(first: Message) -> bytes:
    """A file's beginning. first: what comes first; where it is the metadata, it tells whether there is sound."""
    flags = 5
    if first.kind == DATA:
        flags = (4 if b"audiocodecid" in first.data else 0) | (1 if b"videocodecid" in first.data else 0) or 5
    return b"FLV\x01" + bytes((flags,)) + b"\x00\x00\x00\x09\x00\x00\x00\x00"


def tag(message: Message) -> bytes:
    """A sound, picture or data message as a tag. Metadata is of the time 0: FFmpeg takes later ones for a stream."""
    data, time = message.data, message.timestamp
    if message.kind == DATA:
        data, time = data.removeprefix(WRAP), 0 if is_metadata(message) else time
    stamp = (time & 0xFFFFFF).to_bytes(3, "big") + bytes((time >> 24 & 0xFF,))
    size = len(data).to_bytes(3, "big")
    return bytes((message.kind,)) + size + stamp + b"\x00\x00\x00" + data + (len(data) + 11).to_bytes(4, "big")


class FlvTags:
    """A growing file, taken apart."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._begun = False

    def feed(self, data: bytes) -> list[Message]:
        """The messages that these bytes complete, for message stream 1."""
        self._rest += data
        if not self._begun:
            if len(self._rest) < 13:
                return []
            del self._rest[:13]
            self._begun = True
        out, at, rest = [], 0, bytes(self._rest)
        while len(rest) >= at + 11:
            size = int.from_bytes(rest[at + 1 : at + 4], "big")
            if len(rest) < at + 11 + size + 4:
                break
            kind = rest[at] & 31
            when = int.from_bytes(rest[at + 4 : at + 7], "big") | rest[at + 7] << 24
            body = rest[at + 11 : at + 11 + size]
            if kind in MEDIA and body:
                out.append(Message(kind, when, 1, WRAP + body if kind == DATA else body))
            at += size + 15
        del self._rest[:at]
        return out
