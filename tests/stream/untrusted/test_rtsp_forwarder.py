"""One RTSP connection passed on: with a login, over TLS, refused where it leads elsewhere, ended with its reader."""

import contextlib
import socket
import ssl
import threading
from pathlib import Path

import av
import pytest

from engines.errors import InputError
from stream.marks.windows import windows
from stream.untrusted.rtsp_forwarder import forwarded
from stream.untrusted.rtsp_replies import RtspRedirectError
from tests.stream.io.feeding import port
from tests.stream.io.rtsp_camera import RtspCamera
from tests.stream.rtmp.test_client import certificate

TCP = {"rtsp_transport": "tcp"}


def pictures(url: str, count: int) -> int:
    with forwarded(url, 5.0) as place, av.open(place, options=TCP, timeout=10.0) as clip:
        got = 0
        for _ in clip.decode(video=0):
            got += 1
            if got == count:
                break
    return got


def test_pictures_come_through_with_a_login() -> None:
    camera = RtspCamera(login="ann:secret")
    assert pictures(camera.url("ann:secret"), 5) == 5
    with pytest.raises(av.error.FFmpegError, match="401"):
        pictures(camera.url("ann:wrong"), 5)
    camera.close()


def test_pictures_come_through_over_tls(tmp_path: Path) -> None:
    """From a camera whose certificate is its own."""
    camera = RtspCamera()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            peer, _ = server.accept()
            far = socket.create_connection(("127.0.0.1", camera.port))
            with far, context.wrap_socket(peer, server_side=True) as near:
                asking = threading.Thread(target=copied, args=(near, far))
                asking.start()
                copied(far, near)
                asking.join()

        thread = threading.Thread(target=serve)
        thread.start()
        assert pictures(f"rtsps://127.0.0.1:{server.getsockname()[1]}/main", 3) == 3
        camera.close()
        thread.join()


def copied(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := one.recv(1 << 14):
            other.sendall(data)
        other.shutdown(socket.SHUT_RDWR)


def test_a_redirect_is_told_and_the_other_host_is_not_asked() -> None:
    other = RtspCamera()
    camera = RtspCamera(moved=("DESCRIBE", other.url()))
    with pytest.raises(RtspRedirectError, match=other.url()):
        pictures(camera.url(), 1)
    with pytest.raises(InputError, match="name that address"):
        next(windows(camera.url()))
    camera.close()
    other.close()
    assert other.asked == [] and camera.asked.count("DESCRIBE") == 2


def test_who_is_not_there_is_told_at_once() -> None:
    number = port()
    with pytest.raises(OSError, match="refused"), forwarded(f"rtsp://127.0.0.1:{number}/x", 5.0):
        pass
    with pytest.raises(InputError, match="cannot be reached"):
        next(windows(f"rtsp://127.0.0.1:{number}/x"))
    with pytest.raises(InputError, match=r"names no host"), forwarded("rtsp:///x", 5.0):
        pass


def test_a_camera_that_goes_ends_the_reading_and_nothing_is_left() -> None:
    camera, before = RtspCamera(), threading.active_count()
    with forwarded(camera.url(), 5.0) as place, av.open(place, options=TCP, timeout=10.0) as clip:
        assert next(clip.decode(video=0)).width == 160
        camera.close()
        with pytest.raises((av.error.FFmpegError, StopIteration)):
            for _ in range(1000):
                next(clip.decode(video=0))
    assert threading.active_count() <= before + 1


def test_one_reader_alone_is_taken() -> None:
    camera = RtspCamera()
    with forwarded(camera.url(), 5.0) as place, av.open(place, options=TCP, timeout=10.0):
        number = int(place.rpartition(":")[2].partition("/")[0])
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", number), 2)
    camera.close()
