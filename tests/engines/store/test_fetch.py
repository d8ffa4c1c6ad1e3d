"""Fetching against a real server on this machine: resume, retries, what is trusted and what is not."""

import hashlib
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from engines.digest import sha256
from engines.errors import ModelError
from engines.store.catalog import FileOrigin
from engines.store.fetch import FetchError, RetryPolicy, copy, download, extract, room, wheel

BODY = bytes(range(256)) * 4096  # 1 MiB
NEVER = RetryPolicy(tries=1, timeout=5)


@dataclass
class Site:
    """What the server does, and what it was asked."""

    url: str = ""
    body: bytes = BODY
    tag: str = '"one"'
    cut: list[int] = field(default_factory=list)  # end the next answers after so many bytes
    codes: list[int] = field(default_factory=list)  # answer with these first
    ranges: bool = True
    asked: list[str | None] = field(default_factory=list)
    stop: Callable[[], None] = lambda: None


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers["Range"]
            site.asked.append(asked)
            if site.codes:
                self.send_error(site.codes.pop(0))
                return
            start, same = 0, self.headers["If-Range"] in (None, site.tag)
            if asked and site.ranges and same:
                start = int(asked.removeprefix("bytes=").rstrip("-"))
                if start >= len(site.body):
                    self.send_error(416)
                    return
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {start}-{len(site.body) - 1}/{len(site.body)}")
            else:
                self.send_response(200)
            rest = site.body[start:]
            self.send_header("Content-Length", str(len(rest)))
            if site.tag:
                self.send_header("ETag", site.tag)
            self.end_headers()
            self.wfile.write(rest[: site.cut.pop(0)] if site.cut else rest)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_address[1]}/file"

    def stop() -> None:
        server.shutdown()
        thread.join()
        server.server_close()

    site.stop = stop
    yield site
    stop()


def waits(tries: int = 5) -> tuple[RetryPolicy, list[float]]:
    slept: list[float] = []
    return RetryPolicy(tries=tries, timeout=5, sleep=slept.append), slept


def test_a_whole_download_reports_its_bytes(site: Site, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    download(site.url, tmp_path / "part", lambda done, total: seen.append((done, total)), NEVER)
    assert (tmp_path / "part").read_bytes() == BODY
    assert seen[0] == (0, len(BODY))
    assert seen[-1] == (len(BODY), len(BODY))
    assert sorted(seen) == seen
    assert list(tmp_path.iterdir()) == [tmp_path / "part"]


def test_a_cut_connection_is_resumed_where_it_ended(site: Site, tmp_path: Path) -> None:
    site.cut = [100_000, 300_000]
    patience, slept = waits()
    download(site.url, tmp_path / "part", patience=patience)
    assert (tmp_path / "part").read_bytes() == BODY
    assert site.asked == [None, "bytes=100000-", "bytes=400000-"]
    assert slept == [1.0, 2.0]


def test_a_later_run_goes_on_too(site: Site, tmp_path: Path) -> None:
    site.cut = [5000]
    with pytest.raises(FetchError, match=r"given up after 1 tries.*5000 of 1048576 bytes"):
        download(site.url, tmp_path / "part", patience=NEVER)
    download(site.url, tmp_path / "part", patience=NEVER)
    assert (tmp_path / "part").read_bytes() == BODY
    assert site.asked == [None, "bytes=5000-"]


def test_a_file_that_changed_meanwhile_is_taken_from_its_start(site: Site, tmp_path: Path) -> None:
    site.cut = [5000]
    with pytest.raises(FetchError):
        download(site.url, tmp_path / "part", patience=NEVER)
    site.tag, site.body = '"two"', BODY[::-1]
    download(site.url, tmp_path / "part", patience=NEVER)
    assert (tmp_path / "part").read_bytes() == BODY[::-1]


@pytest.mark.parametrize("tag", ["", 'W/"one"'])
def test_without_proof_of_sameness_a_half_file_is_not_continued(site: Site, tmp_path: Path, tag: str) -> None:
    site.tag, site.cut = tag, [5000]
    with pytest.raises(FetchError):
        download(site.url, tmp_path / "part", patience=NEVER)
    download(site.url, tmp_path / "part", patience=NEVER)
    assert site.asked == [None, None]
    assert (tmp_path / "part").read_bytes() == BODY


def test_a_known_digest_is_proof_enough(site: Site, tmp_path: Path) -> None:
    site.tag = ""
    (tmp_path / "part").write_bytes(BODY[:7])
    download(site.url, tmp_path / "part", patience=NEVER, resumable=True)
    assert site.asked == ["bytes=7-"]
    assert (tmp_path / "part").read_bytes() == BODY


def test_a_server_without_ranges_sends_all_of_it(site: Site, tmp_path: Path) -> None:
    site.ranges = False
    (tmp_path / "part").write_bytes(b"old")
    download(site.url, tmp_path / "part", patience=NEVER, resumable=True)
    assert (tmp_path / "part").read_bytes() == BODY


def test_a_part_as_long_as_the_file_or_longer_is_thrown_away(site: Site, tmp_path: Path) -> None:
    (tmp_path / "part").write_bytes(b"x" * (len(BODY) + 1))
    download(site.url, tmp_path / "part", patience=NEVER, resumable=True)
    assert (tmp_path / "part").read_bytes() == BODY


def test_a_busy_server_is_asked_again(site: Site, tmp_path: Path) -> None:
    site.codes = [503, 429]
    patience, slept = waits()
    download(site.url, tmp_path / "part", patience=patience)
    assert (tmp_path / "part").read_bytes() == BODY
    assert slept == [1.0, 2.0]


@pytest.mark.parametrize("code", [401, 403, 404, 410])
def test_a_refusal_is_not_repeated(site: Site, tmp_path: Path, code: int) -> None:
    site.codes = [code]
    patience, slept = waits()
    with pytest.raises(FetchError, match=f"the server says {code}"):
        download(site.url, tmp_path / "part", patience=patience)
    assert (len(site.asked), slept) == (1, [])


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://127.0.0.1:1/file", r"^127\.0\.0\.1 cannot be reached \(Connection refused\)$"),
        ("http://no-such-host.invalid/file", r"^no-such-host\.invalid cannot be reached \(.+\)$"),
    ],
)
def test_a_host_that_cannot_be_reached_is_said_at_once(tmp_path: Path, url: str, says: str) -> None:
    patience, slept = waits(3)
    with pytest.raises(FetchError, match=says):
        download(url, tmp_path / "part", patience=patience)
    assert slept == []


def test_a_host_that_goes_away_meanwhile_is_tried_again(site: Site, tmp_path: Path) -> None:
    """It answered once: what has come is worth waiting for."""
    site.cut = [1000]
    patience, slept = waits(3)

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        site.stop()

    gone = replace(patience, sleep=sleep)
    with pytest.raises(FetchError, match="given up after 3 tries"):
        download(site.url, tmp_path / "part", patience=gone)
    assert slept == [1.0, 2.0]
    assert (tmp_path / "part").stat().st_size == 1000


def test_a_copy_has_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(BODY)
    seen: list[int] = []
    copy(tmp_path / "a", tmp_path / "b", lambda done, _: seen.append(done))
    assert (tmp_path / "b").read_bytes() == BODY
    assert seen[-1] == len(BODY)
    assert sha256(tmp_path / "b") == hashlib.sha256(BODY).hexdigest()


def test_no_room_is_told_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="UNDERSTUDY_MODELS"):
        room(tmp_path, 1 << 60)


def test_a_member_is_taken_by_its_bytes_never_by_its_path(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("../../evil.onnx", b"weights")
    extract(tmp_path / "a.zip", "../../evil.onnx", tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == b"weights"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zip", "part"]


def test_a_zip_without_the_member_or_no_zip_at_all(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("other", b"")
    with pytest.raises(FetchError, match="holds no wanted"):
        extract(tmp_path / "a.zip", "wanted", tmp_path / "part")
    (tmp_path / "b.zip").write_bytes(b"<html>")
    with pytest.raises(FetchError, match="no sound archive"):
        extract(tmp_path / "b.zip", "wanted", tmp_path / "part")


def make_wheel(folder: Path, name: str = "carrier") -> Path:
    path = folder / f"{name}-1.0-cp311-cp311-manylinux_2_28_x86_64.whl"
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as files:
        files.writestr(f"{name}/model.tflite", BODY)
        files.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        files.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: cp311-cp311-manylinux_2_28_x86_64\n"
        )
        files.writestr(f"{info}/RECORD", "")
    return path


@pytest.fixture
def only_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """pip as its user configured it: here, to look into one folder and nowhere else."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.mark.skipif(sys.platform == "win32", reason="/dev/null")
def test_pip_brings_the_wheel_of_another_platform_and_checks_it(only_here: Path, tmp_path: Path) -> None:
    digest = sha256(make_wheel(only_here))
    origin = FileOrigin(wheel="carrier==1.0", python="3.11", platform="manylinux_2_28_x86_64", sha256=digest)
    found = wheel(origin, tmp_path / "got")
    extract(found, "carrier/model.tflite", tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == BODY


@pytest.mark.skipif(sys.platform == "win32", reason="/dev/null")
def test_pip_refuses_a_wheel_of_another_digest_or_none(only_here: Path, tmp_path: Path) -> None:
    make_wheel(only_here)
    origin = FileOrigin(wheel="carrier==1.0", python="3.11", platform="manylinux_2_28_x86_64", sha256="0" * 64)
    with pytest.raises(FetchError, match=r"pip could not download carrier==1\.0"):
        wheel(origin, tmp_path / "got")
    with pytest.raises(FetchError, match=r"(?i)no matching distribution|No matching distribution"):
        wheel(FileOrigin(wheel="absent==1.0", python="3.11", platform="any"), tmp_path / "none")
