"""No command sends anything by itself: no telemetry (OpenVINO brings a package for it), no check for updates, no name
looked up. Proven by counting packets in a network namespace."""

import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.store.store import default_store
from tests.stream.marks.clips import clip as grey
from tests.stream.marks.clips import pictures
from tests.tools.commands import AGREED, needs_models
from tests.tools.sealed import needs_namespace, sealed

pytestmark = needs_namespace


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new user's machine: nobody was asked about telemetry yet. The models are this machine's."""
    monkeypatch.setenv("UNDERSTUDY_MODELS", str(default_store().root))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("UNDERSTUDY_OFFLINE", raising=False)


@pytest.mark.parametrize(
    "code",
    [
        "import socket; socket.create_connection(('203.0.113.1', 80), 0.2)",
        "import socket; socket.getaddrinfo('example.org', 80)",
        "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('203.0.113.1', 53))",
        "import os, sys; os.system(f'{sys.executable} -c \"import socket; socket.getaddrinfo(chr(97), 80)\"')",
    ],
    ids=["tcp", "name", "udp", "child"],
)
def test_what_is_sent_is_counted(tmp_path: Path, code: str) -> None:
    assert sealed("-c", code, home=tmp_path, program=False).packets > 0


def test_openvinos_own_telemetry_would_be_counted(tmp_path: Path) -> None:
    """The package that comes with OpenVINO does send where it is called: an unanswered question counts as a yes."""
    pytest.importorskip("openvino_telemetry")
    code = """
import openvino_telemetry, time
sender = openvino_telemetry.Telemetry(tid="G-TEST", app_name="x", app_version="1", backend="ga4",
                                      enable_opt_in_dialog=False, disable_in_ci=True)
sender.start_session("s"); sender.send_event("s", "a", "b"); time.sleep(1); sender.force_shutdown(2)
"""
    (tmp_path / "intel").mkdir()
    assert sealed("-c", code, home=tmp_path, program=False).packets > 0


@pytest.mark.parametrize(
    "words",
    [
        "--help",
        "--version",
        "doctor",
        "models list",
        "models verify",
        "identity list",
        "identity deny list",
        "swap --help",
    ],
)
def test_looking_around(tmp_path: Path, words: str) -> None:
    got = sealed(*words.split(), home=tmp_path)
    assert (got.packets, "Traceback" in got.output) == (0, False), got.output


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "still.png"])
def test_verify(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "still.png":
        cv2.imwrite(str(path), np.full((64, 64, 3), 90, np.uint8))
    else:
        grey(path, pictures(count=5))
    got = sealed("verify", path, "--json", home=tmp_path)
    assert (got.packets, got.returncode) == (0, 1 if name != "still.png" else 2), got.output
    assert json.loads(got.output)["verdict"]["word"]


class TestWithNetworks:
    pytestmark = needs_models

    def test_swap(self, tmp_path: Path, face: Path, clip: Path) -> None:
        got = sealed("swap", AGREED, "-q", "-s", face, clip, tmp_path / "out.mp4", "--end", "0.3", home=tmp_path)
        assert (got.packets, got.returncode) == (0, 0), got.output
        assert (tmp_path / "out.mp4").is_file()

    def test_identity(self, tmp_path: Path, face: Path) -> None:
        got = sealed("identity", "add", face, "--name", "a", "--consent", "yes", home=tmp_path)
        assert (got.packets, got.returncode) == (0, 0), got.output

    def test_bench(self, tmp_path: Path) -> None:
        got = sealed("bench", "compositing", home=tmp_path)
        assert (got.packets, got.returncode) == (0, 0), got.output

    def test_serve(self, tmp_path: Path, face: Path) -> None:
        """From its start over the rehearsal of its networks to its end."""
        pytest.importorskip("aiortc")
        got = sealed("serve", "--port", "0", "--source", face, AGREED, home=tmp_path, until="http://")
        assert (got.packets, "open http" in got.output or "http://" in got.output) == (0, True), got.output

    def test_daemon(self, tmp_path: Path) -> None:
        pytest.importorskip("aiohttp")
        words = ("--port", "0", "--rtmp", "127.0.0.1:0", "--state", os.path.relpath(tmp_path / "state"))
        got = sealed("daemon", *words, "--files", tmp_path, home=tmp_path, until="jobs: ")
        assert (got.packets, "jobs: " in got.output) == (0, True), got.output
