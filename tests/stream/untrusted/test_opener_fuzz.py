"""Hostile playlists: no crash, no growth, no address asked, no picture from outside the folder or the host."""

import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import av
import pytest

from engines.errors import InputError
from stream.untrusted.opener import open_address, open_file
from tests.fuzzing import damaged, hammer, pick
from tests.stream import clips
from tests.stream.marks.listener import Listener, listening

INSIDE, OUTSIDE = (96, 64), (64, 48)
FEW = 120
TAGS = (
    *(
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        "#EXT-X-VERSION:3",
        "#EXT-X-TARGETDURATION:1",
        "#EXT-X-TARGETDURATION:-9",
        "#EXT-X-ENDLIST",
    ),
    *(
        "#EXTINF:0.2,",
        "#EXTINF:-1,",
        "#EXTINF:1e300,",
        "#EXT-X-DISCONTINUITY",
        "#EXT-X-MEDIA-SEQUENCE:99999999999999999999",
    ),
    *("#EXT-X-BYTERANGE:188@0", "#EXT-X-BYTERANGE:-1@-1", "#EXT-X-BYTERANGE:9223372036854775807@9223372036854775807"),
    *(
        "#EXT-X-PLAYLIST-TYPE:EVENT",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-I-FRAMES-ONLY",
        "#EXT-X-STREAM-INF:BANDWIDTH=1",
    ),
    '#EXT-X-KEY:METHOD=AES-128,URI="{bad}",IV=0x1',
    '#EXT-X-KEY:METHOD=SAMPLE-AES,URI="{bad}"',
    '#EXT-X-MAP:URI="{bad}"',
    '#EXT-X-MAP:URI="part.ts",BYTERANGE="188@0"',
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="a",URI="{bad}"',
    '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="s",URI="{bad}"',
    '#EXT-X-SESSION-KEY:METHOD=AES-128,URI="{bad}"',
    '#EXT-X-PART:DURATION=0.1,URI="{bad}"',
    '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="{bad}"',
)
BAD = (
    *(
        "../secret.ts",
        "{folder}/secret.ts",
        "file:../secret.ts",
        "file://{folder}/secret.ts",
        "./../secret.ts",
        "link.ts",
    ),
    *(
        "%2e%2e/secret.ts",
        "..\\secret.ts",
        "sub/../../secret.ts",
        "folder/secret.ts",
        "//secret.ts",
        "concat:../secret.ts",
    ),
    *("subfile,,start,0,end,9999,,:../secret.ts", "crypto:../secret.ts", "cache:../secret.ts", "async:../secret.ts"),
    *(
        "{other}/part.ts",
        "{other}/secret.m3u8",
        "crypto+{other}/x",
        "data:video/mp2t;base64,AAAA",
        "httpproxy:{other}/x",
    ),
    *("tcp://127.0.0.1:{port}", "udp://127.0.0.1:{port}", "rtp://127.0.0.1:{port}", "rtsp://127.0.0.1:{port}/x"),
    *("tls://127.0.0.1:{port}", "ftp://127.0.0.1:{port}/x", "gopher://127.0.0.1:{port}/x", "unix:/tmp/x", "pipe:0"),
    *("inner.m3u8", "x.m3u8", "pipe.ts", ".", "", " ", "\0", "a" * 3000, "http://", "http://[", "part.ts"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`inside` with a part that may be read; beside it a secret one, whose pictures have another size."""
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / "inside").mkdir()
    clips.make(folder / "inside" / "part.ts", frames=4, size=INSIDE)
    clips.make(folder / "secret.ts", frames=4, size=OUTSIDE)
    (folder / "inside" / "link.ts").symlink_to(folder / "secret.ts")
    (folder / "inside" / "folder").symlink_to(folder)
    (folder / "inside" / "inner.m3u8").write_text("#EXTM3U\n#EXTINF:1,\n../secret.ts\n#EXT-X-ENDLIST\n")
    return folder


@pytest.fixture
def other(folder: Path) -> Iterator[Listener]:
    with listening() as told:
        told.answers["/part.ts"] = (folder / "secret.ts").read_bytes()
        yield told
        assert told.asked == [], "an address was asked that nobody named"


def written(chance: random.Random, folder: Path, other: Listener) -> bytes:
    """A playlist of any lines; sometimes with its bytes damaged."""
    lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:1"] if chance.random() < 0.9 else []
    for _ in range(chance.randrange(1, 6)):
        lines += pick(chance, TAGS, 4)
        lines += ["#EXTINF:0.2,", chance.choice((*BAD, "part.ts", "part.ts", "part.ts"))]
    lines += ["#EXT-X-ENDLIST"]  # else it would be waited for
    text = "\n".join(lines).replace("{bad}", chance.choice(BAD)).replace("{folder}", str(folder))
    text = text.replace("{other}", other.url).replace("{port}", other.url.rpartition(":")[2])
    data = text.encode()
    return damaged(chance, data, 8) if chance.random() < 0.3 else data


def seen(container: av.container.InputContainer) -> None:
    """Only pictures from inside."""
    if container.streams.video:
        for frame in islice(container.decode(video=0), 6):
            assert (frame.width, frame.height) == INSIDE, "a picture from outside was read"


def test_playlists_on_disk(folder: Path, other: Listener) -> None:
    path = folder / "inside" / "x.m3u8"

    def look(data: bytes) -> None:
        path.write_bytes(data)
        try:
            with open_file(path, timeout=2) as container:
                seen(container)
        except (InputError, av.error.FFmpegError):
            pass

    hammer(FEW, lambda chance: written(chance, folder, other), look)


def test_playlists_of_a_host(folder: Path, other: Listener) -> None:
    with listening() as host:
        for name in ("part.ts", "inner.m3u8"):
            host.answers[f"/inside/{name}"] = (folder / "inside" / name).read_bytes()

        def look(data: bytes) -> None:
            host.answers["/inside/x.m3u8"] = data
            try:
                with open_address(f"{host.url}/inside/x.m3u8", timeout=2) as container:
                    seen(container)
            except (InputError, av.error.FFmpegError):
                pass

        hammer(FEW, lambda chance: written(chance, folder, other), look, seed=1)
