"""RtmpPublisher: publishes to an RTMP server; written to as a file. FLV in, messages out, over a plain or TLS socket.

FFmpeg's own RTMP output holds the interpreter's lock while it connects, without an end in sight where the other side
is silent: one dead server would stop every stream of the process.
"""

import contextlib
import socket
import ssl
from urllib.parse import urlsplit

from stream.rtmp.amf import pack, unpack
from stream.rtmp.chunks import Chunks, Message, cut
from stream.rtmp.flv import FlvTags

WITHIN = 5.0  # seconds that connecting, and each send, may take
CLOSE_WITHIN = 0.5  # seconds that the server gets to end its side
SIZE = 4096  # bytes of our chunks
STREAMS = {8: 4, 9: 6, 18: 5}  # chunk streams of sound, picture, data


class RtmpPublisher:
    """url: rtmp(s)://host[:port]/application/key. A file for a muxer: `write` and `close`. Raises OSError."""

    def __init__(self, url: str, within: float = WITHIN) -> None:
        parts = urlsplit(url)
        app, _, key = parts.path.strip("/").rpartition("/")
        if not parts.hostname or not app:
            raise OSError(f"write the address as {parts.scheme}://host/application/key")
        key += f"?{parts.query}" if parts.query else ""
        safe = parts.scheme == "rtmps"
        plain = socket.create_connection((parts.hostname, parts.port or (443 if safe else 1935)), within)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            context = ssl.create_default_context() if safe else None
            self._socket = context.wrap_socket(plain, server_hostname=parts.hostname) if context else plain
            self._socket.settimeout(within)
            self._chunks, self._tags = Chunks(1 << 16), FlvTags()
            host = parts.netloc.rpartition("@")[2]
            self._handshake()
            self._publish(app, key, f"{parts.scheme}://{host}/{app}")
        except ssl.SSLError:  # some of which are ValueErrors too
            plain.close()
            raise
        except ValueError as error:
            plain.close()
            raise OSError(f"the server does not speak RTMP: {error}") from error
        except BaseException:
            plain.close()
            raise

    def write(self, data: bytes) -> int:
        messages = self._tags.feed(bytes(data))
        if messages:
            self._socket.sendall(b"".join(cut(m, STREAMS[m.kind], SIZE) for m in messages))
            self._listen()
        return len(data)

    def close(self) -> None:
        """Ends the stream and waits until that was read: closing over unread answers would lose what is under way."""
        with contextlib.suppress(OSError):
            self._call("deleteStream", 6, None, 1)
            self._socket.shutdown(socket.SHUT_WR)
            self._socket.settimeout(CLOSE_WITHIN)
            while self._socket.recv(1 << 16):
                pass
        self._socket.close()

    def _handshake(self) -> None:
        self._socket.sendall(b"\x03" + bytes(1536))
        got = self._exactly(1537)
        self._socket.sendall(got[1:])
        self._exactly(1536)

    def _publish(self, app: str, key: str, url: str) -> None:
        properties = {"app": app, "type": "nonprivate", "flashVer": "FMLE/3.0", "tcUrl": url}
        self._socket.sendall(cut(Message(1, 0, 0, SIZE.to_bytes(4, "big")), 2))
        self._call("connect", 1, properties)
        self._await("_result")
        for name, number in (("releaseStream", 2), ("FCPublish", 3)):
            self._call(name, number, None, key)
        self._call("createStream", 4, None)
        self._await("_result", 4)
        self._call("publish", 5, None, key, "live", stream=1)
        self._await("onStatus")

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = self._socket.recv(count - len(data))
            if not part:
                raise ConnectionResetError("the server closed the connection")
            data += part
        return data

    def _call(self, *values: object, stream: int = 0) -> None:
        self._socket.sendall(cut(Message(20, 0, stream, pack(*values)), 3, SIZE))

    def _await(self, name: str, number: int | None = None) -> None:
        """Reads up to the answer of this name. Raises OSError with the server's words where it is a refusal."""
        while True:
            data = self._socket.recv(1 << 16)
            if not data:
                raise ConnectionResetError("the server closed the connection; is the stream key right?")
            if any(self._answers(m, name, number) for m in self._chunks.feed(data)):
                return

    def _answers(self, message: Message, name: str, number: int | None) -> bool:
        if message.kind != 20:
            return False
        words = unpack(message.data)
        info = words[3] if len(words) > 3 and isinstance(words[3], dict) else {}
        if (words[0] == "_error" and words[1] in (1, 4, 5)) or info.get("level") == "error":
            raise ConnectionRefusedError(f"the server refused: {info.get('description') or info.get('code')}")
        return bool(words[0] == name and (number is None or words[1] == number))

    def _listen(self) -> None:
        """Reads and drops what the server says, so that it never waits for us. Raises OSError where it closed the
        connection."""
        self._socket.setblocking(False)
        try:
            while True:
                if not self._socket.recv(1 << 16):
                    raise ConnectionResetError("the server closed the connection")
        except (BlockingIOError, ssl.SSLWantReadError):
            pass
        finally:
            self._socket.settimeout(WITHIN)
