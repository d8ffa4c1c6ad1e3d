"""RtspReplies: what an RTSP server sends, read as FFmpeg reads it, so that a redirect is found before it is followed.
Pure: bytes in, the same bytes out. RFC 2326; pictures come between the replies, in frames that begin with `$`.
"""

import re

from engines.errors import InputError
from stream.untrusted.text import printable

LONGEST = 1 << 16  # bytes of a reply's head
_FIRST = re.compile(rb"RTSP/1\.\d (\d{3})( .*)?|[A-Z_]+ \S+ RTSP/1\.\d")


class RtspRedirectError(InputError):
    """The server names another address in the place of its pictures."""


class RtspReplies:
    """What is passed on is what was read to the end and is no redirect."""

    def __init__(self) -> None:
        self._head = bytearray()  # of the reply or frame under way
        self._line = 0  # where its last line begins
        self._left = 0  # bytes of a body or a frame that are still to come

    def feed(self, data: bytes) -> bytes:
        """What of these bytes, and of those kept back before, may be passed on. Raises RtspRedirectError, ValueError
        where the bytes are no RTSP."""
        out, at = bytearray(), 0
        while at < len(data):
            if self._left:
                part = data[at : at + self._left]
                self._left -= len(part)
                out += part
                at += len(part)
            elif self._head[:1] == b"$" or (not self._head and data[at : at + 1] == b"$"):
                part = data[at : at + 4 - len(self._head)]
                self._head += part
                at += len(part)
                if len(self._head) == 4:
                    out += self._ended(int.from_bytes(self._head[2:], "big"))
            else:
                end = data.find(b"\n", at) + 1 or len(data)
                self._head += data[at:end]
                at = end
                out += self._whole_line()
        return bytes(out)

    def _whole_line(self) -> bytes:
        """After bytes of a head: the head, where it has ended. Raises RtspRedirectError, ValueError."""
        if len(self._head) > LONGEST:
            raise ValueError("the head of a reply has no end")
        if not self._head.endswith(b"\n"):
            return b""
        line, self._line = self._head[self._line :].replace(b"\r", b"").rstrip(b"\n"), len(self._head)
        if line:
            return b""
        return self._ended(_body_length(bytes(self._head).replace(b"\r", b"").rstrip(b"\n").split(b"\n")))

    def _ended(self, left: int) -> bytes:
        """The head, which is whole. left: bytes that belong to it."""
        head, self._left, self._line = bytes(self._head), left, 0
        self._head.clear()
        return head


def _body_length(lines: list[bytes]) -> int:
    """What follows a head of these lines. Raises RtspRedirectError, ValueError."""
    if lines == [b""]:
        return 0
    first = _FIRST.fullmatch(lines[0])
    if first is None or any(line.startswith(b"$") or b"\0" in line for line in lines):
        raise ValueError("a reply is not of the form RTSP has")
    pairs = [(name.strip().lower(), value.strip()) for name, _, value in (line.partition(b":") for line in lines[1:])]
    if first[1] and first[1].startswith(b"3"):
        place = next((value for name, value in pairs if name == b"location"), b"nowhere").decode("latin-1")
        raise RtspRedirectError(
            f"the server leads to another address, {printable(place)}; name that address if you trust it"
        )
    lengths = [value for name, value in pairs if name == b"content-length"]
    if len(lengths) > 1 or not all(re.fullmatch(rb"\d{1,8}", value) for value in lengths):
        raise ValueError("a reply does not tell its length")
    return int(lengths[0]) if lengths else 0
