"""Addresses as users write them."""

from pathlib import Path

import pytest

from engines.errors import InputError, OutputError
from stream.io.address import hidden, inlet, outlet


@pytest.mark.parametrize(
    ("text", "format", "option"),
    [
        ("rtmp://h/live/key", "flv", ("rtmp_live", "live")),
        ("rtsp://h/cam", "rtsp", ("rtsp_transport", "tcp")),
        ("udp://127.0.0.1:5000", "mpegts", ("fpsprobesize", "0")),
        ("/dev/video0", "v4l2", ("framerate", "30")),
        ("avfoundation:0", "avfoundation", ("framerate", "30")),
    ],
)
def test_inputs(text: str, format: str, option: tuple[str, str]) -> None:
    found = inlet(text)
    assert found.format == format and found.options[option[0]] == option[1] and found.again


def test_a_cameras_size_rate_and_format_can_be_said() -> None:
    usual = inlet("v4l2:/dev/video0")
    assert (usual.url, usual.options) == ("/dev/video0", {"framerate": "30", "video_size": "1280x720"})
    assert inlet("/dev/video0") == usual
    for text in (
        "v4l2:/dev/video2?video_size=640x480&input_format=mjpeg",
        "/dev/video2?video_size=640x480&input_format=mjpeg",
    ):
        found = inlet(text)
        assert (found.url, found.format) == ("/dev/video2", "v4l2")
        assert found.options == {"framerate": "30", "video_size": "640x480", "input_format": "mjpeg"}
    assert inlet("avfoundation:0?framerate=60").options["framerate"] == "60"
    for text in (
        "v4l2:/dev/video0?size=1",
        "v4l2:/dev/video0?fast",
        "/dev/video0?=",
        "avfoundation:0?input_format=mjpeg",
    ):
        with pytest.raises(InputError, match="a camera takes framerate"):
            inlet(text)


def test_a_listener_waits_for_its_publisher() -> None:
    found = inlet("rtmp://0.0.0.0:1935/live/key", listen=True)
    assert found.listen and found.again and found.place == ("0.0.0.0", 1935, "live/key")
    assert inlet("rtmp://h:99/a/b/key", listen=True).place == ("h", 99, "a/b/key")
    for text in ("rtmps://h/live/key", "rtmp://h/live", "rtmp://h", "rtmp://h:port/live/key"):
        with pytest.raises(InputError, match="hard to guess"):
            inlet(text, listen=True)
    with pytest.raises(InputError, match="--listen"):
        inlet("rtsp://h/cam", listen=True)


def test_a_file_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.touch()
    assert not inlet(str(path), realtime=True).again
    with pytest.raises(InputError, match="understudy swap"):
        inlet(str(path))
    with pytest.raises(InputError, match="neither"):
        inlet(str(tmp_path / "none.mp4"))


@pytest.mark.parametrize(
    "text", ["rtsp://", "http:///x", "rtmp://[::1/live/key", "rtmps:///live/key", "rtsp://user@/x"]
)
def test_an_address_without_a_host_is_not_tried_for_ever(text: str) -> None:
    with pytest.raises(InputError, match="names no host; write"):
        inlet(text)


def test_an_output_without_a_host_is_refused() -> None:
    for text in ("whip+https:///room", "rtmp:///app/key", "rtmp://[::1/app/key"):
        with pytest.raises(OutputError, match="names no host; write"):
            outlet(text)
    assert inlet("udp://:5000").again and outlet("udp://:5000").again, "any host"


def test_srt_is_refused_with_a_way_round_it() -> None:
    with pytest.raises(InputError, match=r"SRT is not in this build.*UDP"):
        inlet("srt://h:1")
    with pytest.raises(OutputError, match="SRT"):
        outlet("srt://h:1")
    with pytest.raises(InputError, match="gopher"):
        inlet("gopher://h")


def test_outputs(tmp_path: Path) -> None:
    assert outlet("rtmps://h/app/key").format == "flv" and outlet("rtmp://h/app/key").again
    assert outlet("udp://h:1").url == "udp://h:1?pkt_size=1316"
    whip = outlet("whip+https://h/whip/key")
    assert whip.whip and whip.url == "https://h/whip/key"
    assert outlet(str(tmp_path / "live.m3u8")).format == "hls"
    assert outlet(str(tmp_path / "a.mp4")).options["movflags"].startswith("frag_keyframe")
    for text, words in (
        ("rtmp://h/key", "application/key"),
        (str(tmp_path / "a.avi"), "ends in"),
        (str(tmp_path / "no" / "a.ts"), "folder"),
        ("ftp://h", "ftp"),
        ("rtsp://h/live", "push RTMP"),
    ):
        with pytest.raises(OutputError, match=words):
            outlet(text)


def test_keys_and_passwords_are_not_shown() -> None:
    assert hidden("rtmp://h/live/secret") == "rtmp://h/live/***"
    assert "pass" not in hidden("rtsp://me:pass@h/cam") and hidden("rtsp://h/cam") == "rtsp://h/cam"
    assert "secret" not in outlet("rtmp://h/live/secret?x=1").shown
    assert outlet("whip+https://h/whip/secret").shown == "https://h/whip/***"


def test_what_comes_after_a_whole_file_gets_a_name_of_its_own(tmp_path: Path) -> None:
    file = outlet(str(tmp_path / "a.mp4"))
    assert [Path(file.part(i)).name for i in range(3)] == ["a.mp4", "a-2.mp4", "a-3.mp4"]
    for text in ("rtmp://h/live/key", str(tmp_path / "a.m3u8")):
        assert outlet(text).part(2) == outlet(text).url


def test_a_virtual_camera_is_an_output() -> None:
    first = outlet("virtualcam:")
    assert first.camera and first.url == "" and first.options == {"fps": "30"} and first.shown == "virtualcam"
    named = outlet("virtualcam:/dev/video10?fps=60")
    assert named.url == "/dev/video10" and named.options == {"fps": "60"} and named.part(2) == named.url
    assert named.shown == "virtualcam:/dev/video10"
    for wrong in (
        "virtualcam:?fps=0",
        "virtualcam:?fps=fast",
        "virtualcam:/dev/video1?size=1x1",
        "virtualcam:?fps=999",
    ):
        with pytest.raises(OutputError, match=r"\?fps=N"):
            outlet(wrong)
