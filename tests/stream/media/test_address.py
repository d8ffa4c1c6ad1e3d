"""Where inputs and outputs lie, in FFmpeg's words."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from engines.errors import InputError
from stream.media.address import address_of, is_apple_double, is_pipe, local_address
from stream.media.sink import open_sink
from stream.media.source import open_source
from tests.stream.clips import make, seconds

NAMES = (
    "2024-01-01T10:30:00.mp4",
    "http:x.mp4",
    "concat:a|b.mp4",
    "subfile,,start,0,end,9,,:a.mp4",
    "50%.mp4",
    "-a.mp4",
)


@contextmanager
def stdin(descriptor: int) -> Iterator[None]:
    kept = os.dup(0)
    try:
        os.dup2(descriptor, 0)
        yield
    finally:
        os.dup2(kept, 0)
        os.close(kept)


@contextmanager
def writing(data: bytes, to: Path | int) -> Iterator[None]:
    """Writes on a thread, for a pipe holds less than a file."""

    def write() -> None:
        with suppress(BrokenPipeError), open(to, "wb", buffering=0) as file:  # noqa: PTH123
            file.write(data)

    thread = threading.Thread(target=write)
    thread.start()
    yield
    thread.join()


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_a_name_in_and_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    plain = make(tmp_path / "plain.mp4", audio="aac")
    monkeypatch.chdir(tmp_path)
    Path("plain.mp4").rename(name)
    with open_source(name) as source, open_sink(f"out {name}", source) as sink:
        for frame in source.frames():
            sink.write(frame, frame.picture)
    assert seconds(tmp_path / f"out {name}") == seconds(tmp_path / name)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([name, f"out {name}"])
    assert not plain.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="there a colon follows a drive")
def test_only_names_with_a_colon_are_said_to_be_files() -> None:
    assert local_address(Path("a:b.mp4")) == "file:a:b.mp4"
    assert local_address(Path("a.mp4")) == address_of("a.mp4") == "a.mp4"
    assert address_of("rtmp://host/app") == "rtmp://host/app"


def test_standard_input_that_is_a_file_can_be_sought(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", frames=30, audio="aac")  # its index lies at the end
    with path.open("rb") as file, stdin(file.fileno()):
        assert not is_pipe("-")
        with open_source("-") as source:
            assert len(list(source.frames())) == 30


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of Unix")
@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize("ending", ["mp4", "mov"])
def test_an_index_at_the_end_of_a_pipe_is_the_reason_that_is_given(tmp_path: Path, named: bool, ending: str) -> None:
    data = make(tmp_path / f"a.{ending}", frames=60, size=(320, 240)).read_bytes()
    words = "is a pipe, and the MP4 in it has its index at its end"
    if named:
        fifo = tmp_path / f"fifo.{ending}"
        os.mkfifo(fifo)
        assert is_pipe(str(fifo))
        with writing(data, fifo), pytest.raises(InputError, match=words):
            open_source(str(fifo))
    else:
        read, write = os.pipe()
        with stdin(read), writing(data, write):
            assert is_pipe("-")
            with pytest.raises(InputError, match=f"^- {words}"):
                open_source("-")
        os.close(read)


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of Unix")
def test_an_index_at_the_beginning_of_a_pipe_is_fine(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", frames=60, size=(320, 240), container={"movflags": "faststart"})
    read, write = os.pipe()
    with stdin(read), writing(path.read_bytes(), write), open_source("-") as source:
        assert len(list(source.frames())) == 60
    os.close(read)


def test_what_macos_leaves_beside_a_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "._a.mp4"
    path.write_bytes(b"\0\5\x16\7" + bytes(4000))
    assert is_apple_double(path)
    with pytest.raises(InputError, match=r"what macOS had to say of another file.*whose name has no \._"):
        open_source(str(path))
    path.write_bytes(b"\0\0\0\x18ftyp")
    assert not is_apple_double(path)
