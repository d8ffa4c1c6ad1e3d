"""PublisherStream: what one RTMP publisher sends, as FLV files for a demuxer: one, or two where its sound begins late.

A demuxer learns of a stream's tracks at its beginning, and outputs are opened for those alone. Where sound begins
later, the file ends at the next key frame, and another one begins there that has both. Knows tags; nothing of outputs.
"""

from collections import deque
from typing import Protocol

from stream.rtmp.chunks import Message
from stream.rtmp.flv import DATA, PICTURE, SOUND, FlvTags, header, is_key_frame, is_metadata, is_sequence_header, tag

ONCE = 1 << 15  # bytes that are read together


class Readable(Protocol):
    def read(self, count: int, /) -> bytes | None: ...


class PublisherStream:
    """file: the publisher's FLV, as it comes. Call `without_sound` where the demuxer found none."""

    def __init__(self, file: Readable) -> None:
        self._file, self._tags = file, FlvTags()
        self._coming: deque[Message] = deque()  # bounded by ONCE: more is read when these are taken
        self._now, self._next = bytearray(), bytearray()  # of this file and of the one that follows
        self._begun = self._heard = self._late = self._parted = False
        self._known: dict[int, Message] = {}  # the latest metadata and sequence headers, by kind

    def read(self, count: int) -> bytes:
        """At most so many bytes; none at the end of a file. Raises OSError."""
        while not self._now and not self._next:
            if self._coming:
                self._take(self._coming.popleft())
            elif data := self._file.read(ONCE):
                self._coming += self._tags.feed(data)
            else:
                return b""
        taken = bytes(self._now[:count])
        del self._now[:count]
        return taken

    def without_sound(self) -> None:
        """The demuxer has found no sound in what it has read so far. Sound that came meanwhile, or comes, begins a new
        file; once, for what sends sound that no demuxer understands."""
        self._late = not self._parted

    def next_part(self) -> bool:
        """Begins the file that follows, after the end of the one before. False: nothing follows."""
        if not self._next:
            return False
        self._now, self._next = self._next, bytearray()
        self._late, self._parted = False, True
        return True

    def _take(self, message: Message) -> None:
        if is_metadata(message) if message.kind == DATA else is_sequence_header(message):
            self._known[message.kind] = message
        self._heard |= message.kind == SOUND
        if self._next:
            self._next += tag(message)
        elif self._late and self._heard and is_key_frame(message):
            self._next += header(message) + b"".join(map(tag, self._repeated(message.timestamp))) + tag(message)
        elif not (self._late and message.kind == SOUND):
            self._now += (b"" if self._begun else header(message)) + tag(message)
            self._begun = True

    def _repeated(self, at: int) -> list[Message]:
        """What a file has to begin with: metadata, then what decoders need."""
        known = sorted(self._known.values(), key=lambda m: (DATA, PICTURE, SOUND).index(m.kind))
        return [Message(m.kind, at, m.stream, m.data) for m in known]
