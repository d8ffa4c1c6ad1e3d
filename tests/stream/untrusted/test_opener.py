"""Videos by strangers: a file is read alone, a playlist's parts in its own folder or on its own host."""

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import av
import pytest

from engines.errors import InputError
from stream.untrusted.opener import DEMUXERS, open_address, open_file
from tests.stream.marks.clips import clip, pictures
from tests.stream.marks.listener import Listener, listening
from tests.stream.untrusted.playlists import naming, playlist


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return playlist(tmp_path_factory.mktemp("made") / "live").parent.parent


@pytest.fixture
def live(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path / "live" / "live.m3u8"


@pytest.fixture
def host(live: Path) -> Iterator[Listener]:
    with listening() as told:
        for path in live.parent.iterdir():
            told.answers[f"/live/{path.name}"] = path.read_bytes()
        yield told


def count(path: Path, within: list[Path] | None = None) -> int:
    with open_file(path, within) as container:
        return sum(1 for _ in container.decode(video=0))


def refused(path: Path, within: list[Path] | None = None) -> str:
    """Why not one picture of it can be read."""
    with pytest.raises((InputError, av.error.FFmpegError)) as caught:
        count(path, within)
    return str(caught.value)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.webm", "a.avi", "a.ts", "a.mov", "a.flv"])
def test_videos(tmp_path: Path, name: str) -> None:
    assert count(clip(tmp_path / name, pictures(count=5))) == 5


def test_the_demuxers_are_ffmpegs() -> None:
    names = {part for name in av.formats_available for part in name.split(",")}
    assert set(DEMUXERS) <= names
    assert not {"concat", "dash", "sdp", "rtsp", "sap", "image2", "lavfi", "hls", "vobsub", "webm_dash_manifest"} & set(
        DEMUXERS
    )


def test_a_playlist_with_its_parts(live: Path) -> None:
    assert count(live) == 40
    assert count(live, [live.parent.parent]) == 40
    (live.parent / "sub").mkdir()
    next(live.parent.glob("live*.ts")).rename(live.parent / "sub" / "part.ts")
    assert count(naming(live, "sub/part.ts")) > 0


@pytest.mark.parametrize(
    "part",
    [
        "../secret.ts",
        "{folder}/secret.ts",
        "file:../secret.ts",
        "file:{folder}/secret.ts",
        "file://{folder}/secret.ts",
        "sub/../../secret.ts",
        "link.ts",
        "folder/secret.ts",
        "crypto:../secret.ts",
        "subfile:../secret.ts",
        "concat:../secret.ts|../secret.ts",
    ],
)
def test_a_playlist_does_not_leave_its_folder(tmp_path: Path, live: Path, part: str) -> None:
    (live.parent / "link.ts").symlink_to(tmp_path / "secret.ts")
    (live.parent / "folder").symlink_to(tmp_path)
    (live.parent / "sub").mkdir()
    refused(naming(live, part.format(folder=tmp_path)))


def test_a_renamed_playlist_neither(tmp_path: Path, live: Path) -> None:
    """What a job's target may be: `clip.mp4` that begins as a playlist."""
    evil = naming(tmp_path / "live" / "clip.mp4", "../secret.ts")
    assert "outside the folders" in refused(evil)


def test_a_playlist_that_names_itself_comes_to_an_end(live: Path) -> None:
    """Found by damaging playlists: FFmpeg opened it twenty thousand times."""
    text = '#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:0.2,\nlive.m3u8\n#EXT-X-MAP:URI="part.ts",BYTERANGE="188@0"\n'
    for more in ("../secret.ts", "live.m3u8"):
        live.write_text(f"{text}#EXTINF:0.2,\n{more}\n#EXT-X-ENDLIST\n")
        start = time.monotonic()
        refused(live)
        assert time.monotonic() - start < 10


@pytest.mark.parametrize("method", ["SAMPLE-AES", "AES-128", "SAMPLE-AES-CTR", "NONE,METHOD=SAMPLE-AES"])
@pytest.mark.parametrize("tag", ["#EXT-X-KEY", "#EXT-X-SESSION-KEY"])
def test_encrypted_streams_are_not_begun(live: Path, method: str, tag: str) -> None:
    """Found by damaging playlists: FFmpeg ended the process where the key's method was SAMPLE-AES and the map was not
    to be had."""
    more = f'#EXT-X-MAP:URI="none.ts"\n{tag}:METHOD={method},URI="none.key"'
    assert "encrypted" in refused(naming(live, "live0.ts", more=more))


def test_a_playlist_of_streams_and_of_parts_at_once_is_none(live: Path) -> None:
    """Found by damaging playlists: FFmpeg ended the process."""
    live.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-STREAM-INF:BANDWIDTH=1\n#EXTINF:0.2,\nlive0.ts\n")
    assert "at once" in refused(live)


def test_a_key_of_no_method_is_no_key(live: Path) -> None:
    part = next(live.parent.glob("live*.ts")).name
    assert count(naming(live, part, more="#EXT-X-KEY:METHOD=NONE")) > 0


def test_a_refusal_is_one_line(live: Path, capfd: pytest.CaptureFixture[str]) -> None:
    refused(naming(live, "../secret.ts", "../secret.ts", "http://h/x", "../secret.ts"))
    assert capfd.readouterr().err == ""


def test_a_part_in_no_known_letters(live: Path) -> None:
    """Found by damaging playlists: PyAV raised what nobody expected. In playlists of playlists too."""
    live.write_bytes(naming(live, "part.ts").read_bytes().replace(b"part", b"p\xdft"))
    assert "no UTF-8 text" in refused(live)
    master = live.parent / "master.m3u8"
    master.write_text("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000\nlive.m3u8\n")
    assert "no UTF-8 text" in refused(master)


def test_a_playlist_asks_no_address(live: Path) -> None:
    with listening() as listener:
        for more in (
            "",
            f'#EXT-X-KEY:METHOD=AES-128,URI="{listener.url}/key"',
            f'#EXT-X-MAP:URI="{listener.url}/init"',
        ):
            refused(naming(live, f"{listener.url}/part.ts", more=more))
        assert listener.asked == []


def test_a_playlist_of_playlists_stays_in_the_folder(tmp_path: Path, live: Path) -> None:
    naming(live.parent / "inner.m3u8", "../secret.ts")
    master = live.parent / "master.m3u8"
    master.write_text("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000\ninner.m3u8\n")
    refused(master)
    master.write_text("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000\nlive.m3u8\n")
    assert count(master) == 40


def test_only_in_the_folders_that_may_be_read(tmp_path: Path, live: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    assert "outside the folders" in refused(live, [other])
    inside = clip(other / "a.mp4", pictures(count=3))
    assert count(inside, [other]) == 3
    (other / "link.mp4").symlink_to(tmp_path / "source.mp4")
    assert "outside the folders" in refused(other / "link.mp4", [other])


@pytest.mark.parametrize(
    "text",
    [
        "ffconcat version 1.0\nfile source.mp4\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {port} RTP/AVP 96\n"
        "a=rtpmap:96 H264/90000\n",
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>http://127.0.0.1:{port}/</BaseURL></MPD>',
        "[playlist]\nFile1=http://127.0.0.1:{port}/a\n",
        "RTSPtextrtsp://127.0.0.1:{port}/x\n",
    ],
    ids=["concat", "sdp", "dash", "pls", "rtsp"],
)
def test_scripts_and_descriptions_open_nothing(tmp_path: Path, text: str) -> None:
    clip(tmp_path / "source.mp4", pictures(count=3))
    with listening() as listener:
        path = tmp_path / "clip.mp4"
        path.write_text(text.replace("{port}", listener.url.rpartition(":")[2]) + "\n" * 3000)
        refused(path)
        assert listener.asked == []


def test_pipes_devices_sockets_and_folders_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket.mp4"))
        for path in (tmp_path / "pipe.mp4", tmp_path, Path("/dev/zero"), Path("/dev/tty0"), tmp_path / "socket.mp4"):
            assert "no regular file" in (why := refused(path)) or "cannot be opened" in why


def test_a_part_that_is_a_pipe_is_refused_at_once(live: Path) -> None:
    os.mkfifo(live.parent / "pipe.ts")
    assert "no regular file" in refused(naming(live, "pipe.ts"))


def test_links_where_they_are_not_wanted(tmp_path: Path) -> None:
    clip(tmp_path / "a.mp4", pictures(count=3))
    (tmp_path / "link.mp4").symlink_to(tmp_path / "a.mp4")
    assert count(tmp_path / "link.mp4") == 3
    with pytest.raises(InputError, match="cannot be opened"), open_file(tmp_path / "link.mp4", links=False):
        pass


def test_nothing_stays_open(tmp_path: Path, live: Path) -> None:
    count(live)  # what is loaded once is loaded now
    before = len(list(Path("/proc/self/fd").iterdir()))
    count(live)
    refused(naming(live.parent / "x.m3u8", "../secret.ts"))
    (tmp_path / "noise.mp4").write_bytes(b"\x01" * 100)
    refused(tmp_path / "noise.mp4")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


class TestAddresses:
    def pictures(self, url: str) -> int:
        with open_address(url) as container:
            return sum(1 for _ in container.decode(video=0))

    def test_a_playlist_and_its_parts(self, host: Listener) -> None:
        assert self.pictures(f"{host.url}/live/live.m3u8") == 40
        assert {asked.partition(" ")[0] for asked in host.asked} == {"GET"}

    def test_parts_by_range(self, host: Listener, live: Path) -> None:
        data = next(live.parent.glob("live*.ts")).read_bytes()
        host.answers["/live/whole.ts"] = b"\0" * 188 + data
        more = f"#EXT-X-BYTERANGE:{len(data)}@188"
        host.answers["/live/range.m3u8"] = naming(live.parent / "x.m3u8", f"{more}\nwhole.ts").read_bytes()
        assert self.pictures(f"{host.url}/live/range.m3u8") > 0

    @pytest.mark.parametrize("more", ["", '#EXT-X-KEY:METHOD=AES-128,URI="{url}/key"', '#EXT-X-MAP:URI="{url}/init"'])
    def test_no_other_host(self, host: Listener, live: Path, more: str) -> None:
        with listening() as other:
            other.answers["/part.ts"] = other.answers["/key"] = other.answers["/init"] = b"x" * 188
            text = naming(
                live.parent / "x.m3u8", f"{other.url}/part.ts", more=more.replace("{url}", other.url)
            ).read_bytes()
            host.answers["/live/evil.m3u8"] = text
            with pytest.raises((InputError, av.error.FFmpegError)):
                self.pictures(f"{host.url}/live/evil.m3u8")
            assert other.asked == []

    def test_a_part_that_has_moved_to_another_host(self, host: Listener) -> None:
        with listening() as other:
            for name in [name for name in host.answers if name.endswith(".ts")]:
                host.answers[name] = f"->{other.url}/part.ts".encode()
            with pytest.raises(InputError, match="has moved to another host"):
                self.pictures(f"{host.url}/live/live.m3u8")
            assert other.asked == []

    @pytest.mark.parametrize(
        "part", ["file:///etc/passwd", "file:secret.ts", "/etc/passwd", "crypto+http://x/y", "data:,x"]
    )
    def test_no_files_of_this_machine(self, host: Listener, live: Path, part: str) -> None:
        host.answers["/live/evil.m3u8"] = naming(live.parent / "x.m3u8", part).read_bytes()
        with pytest.raises((InputError, av.error.FFmpegError)):
            self.pictures(f"{host.url}/live/evil.m3u8")

    def test_what_is_no_playlist(self, host: Listener) -> None:
        host.answers["/clip"] = b"\x01" * 1000
        with pytest.raises((InputError, av.error.FFmpegError)):
            self.pictures(f"{host.url}/clip")

    def test_threads_may_open_at_once(self, host: Listener) -> None:
        got: list[int] = []
        threads = [
            threading.Thread(target=lambda: got.append(self.pictures(f"{host.url}/live/live.m3u8"))) for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert got == [40, 40, 40]
