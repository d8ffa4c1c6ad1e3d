"""Which demuxer reads a target: by its bytes. What would lead FFmpeg elsewhere has none."""

import os
from pathlib import Path

import av
import pytest

from engines.errors import InputError
from tests.stream.clips import make
from tools.daemon.files.demuxer import check_demuxer, demuxer_of

HLS = b"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n/etc/secret.ts\n#EXT-X-ENDLIST\n"
CODECS = {".webm": "libvpx", ".mpg": "mpeg2video", ".wmv": "mpeg4", ".mxf": "mpeg2video", ".gif": "gif"}
SCRIPTS = {
    "hls": HLS,
    "concat": b"ffconcat version 1.0\nfile /etc/secret.mp4\n",
    "dash": b'<?xml version="1.0"?><MPD><Period><BaseURL>file:///etc/</BaseURL></Period></MPD>',
    "sdp": b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
    "heic": b"\0\0\0\x18ftypheic" + b"x" * 20,
    "empty": b"\0" * 600,
    "short": b"G",
}


@pytest.mark.parametrize(
    ("ending", "demuxer"),
    [
        *((e, "mov") for e in (".mp4", ".mov", ".m4v", ".3gp")),
        *((e, "matroska") for e in (".mkv", ".webm")),
        (".avi", "avi"),
        (".ts", "mpegts"),
        (".flv", "flv"),
        (".mpg", "mpeg"),
        (".wmv", "asf"),
        (".mxf", "mxf"),
        (".gif", "gif"),
    ],
)
def test_what_videos_are_by_their_bytes(tmp_path: Path, ending: str, demuxer: str) -> None:
    codec = CODECS.get(ending, "libx264")
    path = tmp_path / f"clip{ending}"
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=25)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "rgb8" if codec == "gif" else "yuv420p"
        for _ in range(30):
            frame = av.VideoFrame(64, 64, stream.pix_fmt)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    data = path.read_bytes()
    assert demuxer_of(data[:4096]) == demuxer
    with av.open(str(path), format=demuxer, options={"protocol_whitelist": "file"}) as again:
        assert next(again.decode(video=0)).width == 64


def test_transport_streams_that_begin_anywhere_and_those_of_recorders(tmp_path: Path) -> None:
    clip = make(tmp_path / "clip.ts", frames=30).read_bytes()
    assert demuxer_of(clip[50:4146]) == "mpegts"
    recorder = b"".join(b"\0\0\0\0" + clip[i : i + 188] for i in range(0, 188 * 20, 188))
    assert demuxer_of(recorder[:4096]) == "mpegts"
    assert demuxer_of(b"\x00\x00\x00\x08skip" + b"\0" * 50) == "mov"
    assert demuxer_of(b"\x00\x00\x01\xb3" + b"\0" * 50) == "mpegvideo"
    assert demuxer_of(b"OggS" + b"\0" * 50) == "ogg"
    assert demuxer_of(b"\x89PNG\r\n\x1a\n" + b"x" * 20) == "apng"
    assert demuxer_of(b"RIFF\0\0\0\0WEBPVP8X" + b"x" * 20) == "", "which FFmpeg does not read"


@pytest.mark.parametrize("name", SCRIPTS)
def test_playlists_scripts_and_what_does_not_move_have_none(name: str) -> None:
    assert demuxer_of(SCRIPTS[name]) is None


@pytest.mark.parametrize(
    ("data", "words"), [(HLS, "a text file or a playlist"), (b"\0\1" * 50, "not read here"), (b"", "is empty")]
)
def test_what_has_none_is_refused_in_words(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(data)
    file = os.open(path, os.O_RDONLY)
    with pytest.raises(InputError, match=rf"clip\.mp4 is .*{words.split()[-1]}"):
        check_demuxer(file, "clip.mp4")
    os.close(file)
