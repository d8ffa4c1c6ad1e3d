"""RtspForwarder: one RTSP connection, passed on between FFmpeg and the host that was named, and to no other.

FFmpeg follows an RTSP server's redirects wherever they lead, and has no option against it. So it is given an address of
this machine, at which the named host's replies come through `RtspReplies`. Over TLS, the host's certificate is not
looked at, as FFmpeg's default is: cameras sign their own.
"""

import contextlib
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit, urlunsplit

from engines.errors import InputError
from stream.untrusted.rtsp_replies import RtspRedirectError, RtspReplies
from stream.untrusted.text import printable

log = logging.getLogger("understudy.io")
PORTS = {"rtsp": 554, "rtsps": 322}
AT_ONCE = 1 << 16  # bytes that are passed on together
CLOSE_WITHIN = 1.0  # seconds that the host gets to end its side


class RtspForwarder:
    """peer: a connection to the host. url: what FFmpeg is to open, once. refused: the redirect that ended it."""

    def __init__(self, url: str, peer: socket.socket) -> None:
        self._peer = peer
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1)
        parts = urlsplit(url)
        login, at, _ = parts.netloc.rpartition("@")
        place = f"{login}{at}127.0.0.1:{self._listener.getsockname()[1]}"
        self.url = urlunsplit(("rtsp", place, parts.path, parts.query, ""))
        self.refused: RtspRedirectError | None = None
        self._reader: socket.socket | None = None
        self._threads = [threading.Thread(target=self._serve, name="rtsp", daemon=True)]

    def start(self) -> None:
        """Takes the one connection; called once."""
        self._threads[0].start()

    def close(self) -> None:
        """Ends the connection. Who has opened `url` has closed it: what it said last is still passed on."""
        _end(self._listener)
        for thread in self._threads:
            thread.join(CLOSE_WITHIN)
        self._end()
        for thread in self._threads:
            thread.join(5)

    def _serve(self) -> None:
        try:
            self._reader, _ = self._listener.accept()
        except OSError:
            return
        finally:
            self._listener.close()
        asking = threading.Thread(target=self._pass_on, args=(self._reader, self._peer, bytes), daemon=True)
        self._threads.append(asking)
        asking.start()
        self._pass_on(self._peer, self._reader, RtspReplies().feed)

    def _pass_on(self, one: socket.socket, other: socket.socket, look: Callable[[bytes], bytes]) -> None:
        """From one to the other until one has no more to say, or either is gone."""
        try:
            while data := one.recv(AT_ONCE):
                other.sendall(look(data))
            other.shutdown(socket.SHUT_WR)
            return
        except RtspRedirectError as error:
            self.refused = error
        except ValueError as error:
            log.info("an RTSP connection is ended: %s", error)
        except OSError:
            pass
        self._end()

    def _end(self) -> None:
        for end in (self._peer, self._reader):
            if end is not None:
                _end(end)


@contextlib.contextmanager
def forwarded(url: str, within: float) -> Iterator[str]:
    """What FFmpeg is to open in the place of an rtsp(s) address. within: seconds to connect. Raises OSError where the
    host cannot be reached, InputError where it leads elsewhere: in the place of what FFmpeg then raises."""
    made = RtspForwarder(url, _connected(url, within))
    try:
        made.start()
        yield made.url
    except Exception as error:
        if made.refused is not None:
            raise made.refused from error
        raise
    finally:
        made.close()


def _connected(url: str, within: float) -> socket.socket:
    """Raises OSError, InputError."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or PORTS[parts.scheme.lower()]
    except (ValueError, KeyError) as error:
        raise InputError(f"{printable(url)} is no RTSP address: {error}; check it") from error
    if not host:
        raise InputError(f"{printable(url)} names no host; write rtsp://host/...")
    plain = socket.create_connection((host, port), within)
    try:
        peer = _over_tls(plain, host) if parts.scheme.lower() == "rtsps" else plain
    except BaseException:
        plain.close()
        raise
    peer.settimeout(None)  # FFmpeg's own patience ends a silent one
    return peer


def _over_tls(plain: socket.socket, host: str) -> ssl.SSLSocket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(plain, server_hostname=host)


def _end(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError):
        one.close()
