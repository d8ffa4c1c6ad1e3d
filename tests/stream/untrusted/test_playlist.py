"""Playlists are told from other files, and are text of a bounded length."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from engines.errors import InputError
from stream.untrusted.origin import OriginClient
from stream.untrusted.parts import HostParts
from stream.untrusted.playlist import LONGEST, PLAYLIST, looked_at
from stream.untrusted.regular import open_regular
from tests.stream.marks.listener import Listener, listening


@pytest.fixture
def host() -> Iterator[Listener]:
    with listening() as told:
        yield told


def test_playlists_are_looked_at_first(tmp_path: Path, host: Listener) -> None:
    (tmp_path / "a.m3u8").write_bytes(PLAYLIST + b"\n" + "é\n".encode())
    with open_regular(tmp_path / "a.m3u8") as file:
        found = looked_at(file)
        assert isinstance(found, io.BytesIO) and found.read() == PLAYLIST + b"\n" + "é\n".encode() and file.closed
    for body, words in ((b"\xff", "no UTF-8 text"), (b"x" * LONGEST, "longer than 4 MiB")):
        (tmp_path / "a.m3u8").write_bytes(PLAYLIST + body)
        with open_regular(tmp_path / "a.m3u8") as file, pytest.raises(InputError, match=words):
            looked_at(file)
        host.answers["/a.m3u8"] = PLAYLIST + body
        with pytest.raises(InputError, match=words):
            HostParts(OriginClient(host.url))(f"{host.url}/a.m3u8", 0, {})


def test_what_is_no_playlist_comes_from_its_beginning(tmp_path: Path, host: Listener) -> None:
    (tmp_path / "a.ts").write_bytes(b"0123456789")
    with open_regular(tmp_path / "a.ts") as file:
        assert looked_at(file).read() == b"0123456789"
    host.answers["/b.ts"] = b"0123456789"
    parts = HostParts(OriginClient(host.url))
    sent = parts(f"{host.url}/b.ts", 0, {})
    assert (sent.read(8) or b"") + (sent.read(99) or b"") == b"0123456789"
    parts.close()
    assert sent.closed
