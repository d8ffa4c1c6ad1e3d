"""RTSP cameras: pulled, with a login, cut off and back, silent for a while."""

import itertools
import logging
import threading
import time
from pathlib import Path

import pytest

from stream.io import input as input_module
from tests.stream.io.feeding import carried, packets, pictures, port, relay, tried
from tests.stream.io.rtsp_camera import RtspCamera


def test_a_camera_is_pulled_to_a_file_and_a_playlist(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    camera = RtspCamera()
    made = relay(camera.url(), tmp_path / "a.ts", tmp_path / "b.m3u8")
    began = time.monotonic()
    carried(made, 60)
    assert time.monotonic() - began < 12, "two seconds of pictures, and the first ones came soon"
    until = time.monotonic() + 5
    while camera.asked[-1] != "TEARDOWN" and time.monotonic() < until:
        time.sleep(0.01)
    camera.close()
    assert camera.asked[:4] == ["OPTIONS", "DESCRIBE", "SETUP", "SETUP"] and camera.asked[-1] == "TEARDOWN"
    for path in (tmp_path / "a.ts", tmp_path / "b.m3u8"):
        seen, heard = packets(path, "video"), packets(path, "audio")
        assert len(seen) >= 20 and all(b > a for a, b in itertools.pairwise(seen))
        steps = sorted(b - a for a, b in itertools.pairwise(seen))
        middle = steps[len(steps) // 2] * 30  # pictures; a busy machine leaves some out
        assert middle >= 0.85 and abs(middle - round(middle)) < 0.15
        assert len(heard) > 32 and abs(heard[-1] - seen[-1]) < 0.4, "G.711 becomes AAC, in step"
        assert set(pictures(path)) == {(160, 120)}
    assert "not used" not in caplog.text, "every option is one that FFmpeg knows"


def test_a_login_is_given_and_never_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    camera = RtspCamera(login="ann:secret")
    carried(relay(camera.url("ann:secret"), tmp_path / "a.ts"), 15)
    with caplog.at_level(logging.INFO):
        made = relay(camera.url("ann:other-secret"), tmp_path / "b.ts")
        assert tried(made.input, 0.3)
    camera.close()
    assert "***@127.0.0.1" in caplog.text and "401" in caplog.text and "other-secret" not in caplog.text


def test_a_camera_that_loses_power_is_taken_up_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    number = port()
    cameras = [RtspCamera(number)]
    made = relay(cameras[0].url(), tmp_path / "a.ts")

    def fate() -> None:
        while made.input.count.frames < 20:
            time.sleep(0.01)
        cameras[0].close()
        time.sleep(1.0)
        cameras.append(RtspCamera(number))

    threading.Thread(target=fate).start()
    with caplog.at_level(logging.WARNING):
        carried(made, 60)
    cameras[-1].close()
    assert made.input.count.opened == 2 and cameras[1].played == 1
    assert "opened again in 0.5 s" in caplog.text
    seen = packets(tmp_path / "a.ts", "video")
    gaps = [b - a for a, b in itertools.pairwise(seen)]
    assert min(gaps) > 0 and 0.9 < max(gaps) < 5 and sum(g > 0.3 for g in gaps) == 1, "one hole, as long as it was"
    heard = packets(tmp_path / "a.ts", "audio")
    assert abs(heard[-1] - seen[-1]) < 0.4


def test_a_camera_that_falls_silent_is_called_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection stands and nothing comes: a cable is out, or the camera hangs."""
    monkeypatch.setattr(input_module, "READ_WITHIN", 1.0)
    camera = RtspCamera()
    made = relay(camera.url(), tmp_path / "a.ts")

    def fate() -> None:
        while made.input.count.frames < 20:
            time.sleep(0.01)
        camera.quiet.set()
        while made.input.count.opened < 2 and camera.played < 2:
            time.sleep(0.01)
        camera.quiet.clear()

    threading.Thread(target=fate).start()
    carried(made, 50)
    camera.close()
    assert camera.played >= 2 and made.input.count.opened >= 2
    seen = packets(tmp_path / "a.ts", "video")
    assert len(seen) > 15 and max(b - a for a, b in itertools.pairwise(seen)) > 0.9, "from before the silence and after"


@pytest.mark.parametrize("method", ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"])
def test_a_camera_that_leads_elsewhere_is_not_followed(
    method: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = RtspCamera()
    camera = RtspCamera(moved=(method, other.url()))
    made = relay(camera.url(), tmp_path / "a.ts")
    with caplog.at_level(logging.WARNING):
        assert tried(made.input, 0.4)
    for one in (camera, other):
        one.close()
    assert method in camera.asked and other.asked == []
    assert f"leads to another address, {other.url()}" in caplog.text
