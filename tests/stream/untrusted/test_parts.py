"""Bounds on what a container may have opened for it."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from engines.errors import InputError
from stream.untrusted.origin import ForeignAddressError, OriginClient
from stream.untrusted.parts import AGAIN, MOST, FolderParts, HostParts, NoParts
from tests.stream.marks.listener import Listener, listening


@pytest.fixture
def host() -> Iterator[Listener]:
    with listening() as told:
        told.answers["/a"] = b"x" * 1000
        yield told


def test_a_file_that_is_whole_opens_nothing() -> None:
    parts = NoParts()
    with pytest.raises(ForeignAddressError, match="which is not opened"):
        parts("x.mp4", 0, {})
    parts.close()


def test_parts_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a.ts").write_bytes(b"abc")
    parts = FolderParts(tmp_path)
    file = parts("a.ts", 0, {})
    assert file.read(10) == b"abc"
    parts.close()
    assert file.closed
    for url in ("http://h/a.ts", "crypto:a.ts", "data:,x"):
        with pytest.raises(ForeignAddressError, match="which is not asked"):
            FolderParts(tmp_path)(url, 0, {})
    with pytest.raises(InputError, match="cannot be opened"):
        FolderParts(tmp_path)("\0", 0, {})
    with pytest.raises(InputError, match="outside the folders"):
        FolderParts(tmp_path, [tmp_path / "sub"])("a.ts", 0, {})


def test_the_number_of_parts_is_bounded(tmp_path: Path) -> None:
    (tmp_path / "a.ts").write_bytes(b"abc")
    parts = FolderParts(tmp_path)
    for number in range(MOST):
        parts("a.ts", 0, {"offset": str(number)}).close()
    with pytest.raises(InputError, match=f"more than {MOST} parts"):
        parts("a.ts", 0, {})


def test_the_same_part_is_not_opened_without_end(tmp_path: Path) -> None:
    (tmp_path / "a.ts").write_bytes(b"abc")
    parts = FolderParts(tmp_path)
    for _ in range(AGAIN):
        parts("a.ts", 0, {}).close()
    with pytest.raises(InputError, match="the same one without end"):
        parts("a.ts", 0, {})


def test_after_the_first_refusal_everything_is_empty(tmp_path: Path) -> None:
    """FFmpeg asks on and on; PyAV keeps one error, and prints the others with their tracebacks."""
    (tmp_path / "a.ts").write_bytes(b"abc")
    parts = FolderParts(tmp_path)
    with pytest.raises(InputError, match="cannot be opened"):
        parts("none.ts", 0, {})
    for url in ("a.ts", "../secret", "http://h/x"):
        assert parts(url, 0, {}).read(9) == b""


def test_what_a_host_sends_is_bounded(host: Listener) -> None:
    parts = HostParts(OriginClient(host.url), most=1500)
    assert len(parts(f"{host.url}/a", 0, {}).read(4096) or b"") == 1000
    with pytest.raises(InputError, match="too long to be looked at"):
        parts(f"{host.url}/a", 0, {}).read(4096)
    parts.close()


def test_how_long_a_host_takes_is_bounded(host: Listener) -> None:
    now = [0.0]
    parts = HostParts(OriginClient(host.url), seconds=10, clock=lambda: now[0])
    file = parts(f"{host.url}/a", 0, {})
    assert file.read(10)
    now[0] = 11.0
    with pytest.raises(InputError, match="too long to be looked at"):
        file.read(10)
    parts.close()
    assert file.closed


def test_bytes_as_ffmpeg_asks_for_them(host: Listener) -> None:
    host.answers["/b"] = bytes(range(100))
    parts = HostParts(OriginClient(host.url))
    assert parts(f"{host.url}/b", 0, {"offset": "10", "end_offset": "14"}).read(99) == bytes([10, 11, 12, 13])
    assert isinstance(parts(f"{host.url}/b", 0, {}), io.RawIOBase)
    parts.close()
    for url in ("crypto+http://x/y", "data:,abc"):
        with pytest.raises(InputError, match="encrypted"):
            HostParts(OriginClient(host.url))(url, 0, {})
