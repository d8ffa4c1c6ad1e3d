"""`understudy camera`: which camera it takes, and mistakes in one line."""

from pathlib import Path

import pytest

from engines.errors import UnderstudyError
from stream.io.address import inlet
from tests.stream.io.desk import installed
from tests.tools.commands import AGREED, needs_models, understudy
from tools.live.camera import usual_camera, with_size


def test_the_first_camera_of_each_system() -> None:
    assert usual_camera("linux") == "v4l2:/dev/video0" and usual_camera("darwin") == "avfoundation:0"
    with pytest.raises(UnderstudyError, match="--from"):
        usual_camera("win32")


def test_size_and_rate_go_to_cameras_alone() -> None:
    assert with_size("v4l2:/dev/video0", "640x480", 25) == "v4l2:/dev/video0?framerate=25&video_size=640x480"
    assert inlet(with_size("/dev/video2", None, 60)).options == {"framerate": "60", "video_size": "1280x720"}
    for text in ("rtsp://h/cam", "clip.mp4", "v4l2:/dev/video0?framerate=15"):
        assert with_size(text, "640x480", 25) == text


def test_where_there_is_no_virtual_camera_one_line_says_how_to_make_one(
    face: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera = pytest.importorskip("pyvirtualcam.camera")
    monkeypatch.setattr(camera, "BACKENDS", {})
    for words in (("camera",), ("stream", "rtsp://h/cam", "virtualcam:")):
        result = understudy(*words, "-s", face, AGREED)
        assert result.returncode == 2 and len(result.stderr.splitlines()) == 1
        assert "virtualcam: cannot be opened" in result.stderr and "to make one: " in result.stderr


@pytest.mark.models
@needs_models[1]
def test_from_an_input_to_the_virtual_camera(face: Path, clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clip in the camera's place, played at its own pace; the device is one of the library's interface."""
    desk = installed(monkeypatch)
    result = understudy("camera", "--from", clip, "-s", face, AGREED, "--fps", 25)
    assert result.returncode == 0, result.stderr
    assert desk.opened == [(1280, 720)] * 2 + [(320, 320)] and desk.closed == 3
    assert f"virtualcam: {len(desk.got)} pictures sent" in result.stderr and len(desk.got) > 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--control", "nowhere", "rtsp://h/cam", "a.ts"], "--control 'nowhere': write HOST:PORT"),
        (["--osc", "9000", "rtsp://h/cam", "a.ts"], "--osc '9000': write HOST:PORT"),
        (["--control-token-file", "none.txt", "rtsp://h/cam", "a.ts"], "--control-token-file none.txt cannot be read"),
    ],
)
def test_mistakes_of_the_doors_are_one_line(face: Path, words: list[str], said: str) -> None:
    result = understudy("stream", AGREED, "-s", face, *words)
    assert result.returncode == 2 and len(result.stderr.splitlines()) == 1 and said in result.stderr
