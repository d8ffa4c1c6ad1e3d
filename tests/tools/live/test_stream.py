"""`understudy stream` as a user calls it: mistakes in one line; a camera over RTMP to HLS and to a WHIP server."""

import asyncio
import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import numpy as np
import pytest

from stream.io.address import inlet, outlet
from stream.io.relay import Relay
from stream.telemetry.metrics import Metrics
from stream.webrtc.client import Client
from tests.stream.io.feeding import Same, packets, pictures, port, write
from tests.tools.commands import AGREED, needs_models, understudy
from tests.tools.live.serve.served import Viewer, served

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["srt://h:1", "a.ts"], "SRT is not in this build"),
        (["rtmp://h/live/k", "srt://h:1"], "SRT is not in this build"),
        (["rtsp://h/cam", "a.avi"], "ends in"),
        (["--listen", "rtmp://0.0.0.0/key", "a.ts"], "hard to guess"),
        (["none.mp4", "a.ts"], "neither a file nor an address"),
        (["rtsp://h/cam", "a.ts", "a.ts"], "named twice"),
        (["--on-miss", "show", "rtsp://h/cam", "a.ts"], "take hold or blur"),
        (["--preset", "warp", "rtsp://h/cam", "a.ts"], "ultrafast"),
        (["--bitrate", "lots", "rtsp://h/cam", "a.ts"], "no rate"),
        (["--without", "watermark", "rtsp://h/cam", "a.ts"], "say why"),
        (["--label", " ", "rtsp://h/cam", "a.ts"], "without words"),
        (["--label", "ersetzt \N{HEAVY CHECK MARK}", "rtsp://h/cam", "a.ts"], "plain ASCII"),
        (["", "a.ts"], "IN or an OUT is empty"),
        (["rtsp://h/cam", "a.ts", " "], "IN or an OUT is empty"),
        (["--pixel-boost", "512", "rtsp://h/cam", "a.ts"], "goes with a swapping network"),
        (["--model", "inswaper", "rtsp://h/cam", "a.ts"], "no model is called"),
        (["--token-file", "none.txt", "rtsp://h/cam", "whip+https://h/w"], "cannot be read"),
        (["-s", "other.png", "rtsp://h/cam", "a.ts"], "one person|other.png"),
    ],
)
def test_mistakes_are_one_line(face: Path, words: list[str], said: str) -> None:
    result = understudy("stream", AGREED, "-s", face, *words)
    assert result.returncode == 2 and len(result.stderr.splitlines()) == 1
    assert any(part in result.stderr for part in said.split("|")), result.stderr


def test_a_file_says_how_it_can_be_played(face: Path, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    assert "--realtime" in understudy("stream", AGREED, "-s", face, tmp_path / "a.mp4", "b.ts").stderr


def test_nothing_that_is_read_is_written_over(face: Path, tmp_path: Path) -> None:
    clip = tmp_path / "a.mp4"
    clip.write_bytes(b"precious")
    (tmp_path / "b.mp4").symlink_to(clip)
    shutil.copy(face, tmp_path / "face.mkv")
    for source, name in ((face, "a.mp4"), (face, "b.mp4"), (tmp_path / "face.mkv", "face.mkv")):
        told = understudy("stream", AGREED, "-s", source, "--realtime", clip, tmp_path / name, tmp_path / "new.ts")
        assert told.returncode == 2 and f"{tmp_path / name} is also read here" in told.stderr
    assert clip.read_bytes() == b"precious" and not (tmp_path / "new.ts").exists()


def test_an_output_that_is_there_is_replaced_only_when_asked(face: Path, tmp_path: Path) -> None:
    for name in ("clip.mp4", "old.ts"):
        (tmp_path / name).write_bytes(b"precious")
    words = ("stream", AGREED, "-s", face, "--realtime", tmp_path / "clip.mp4", tmp_path / "old.ts")
    told = understudy(*words)
    assert told.returncode == 2
    assert told.stderr == f"error: {tmp_path / 'old.ts'} exists; give -y (--overwrite) to replace it, or name another\n"
    assert "exists" not in understudy(*words, "-y").stderr
    assert (tmp_path / "clip.mp4").read_bytes() == b"precious"


def test_no_face_and_no_consent_are_told(face: Path) -> None:
    assert "--source" in understudy("stream", "rtsp://h/cam", "a.ts").stderr
    assert "consent" in understudy("stream", "-s", face, "rtsp://h/cam", "a.ts").stderr


def corners(path: Path) -> tuple[bool, bool]:
    """Whether there are letters at the top right and at the bottom left, where labels stand: brightness that changes
    from row to row, which that of the clips' own stripes does not."""
    with av.open(str(path)) as clip:
        luma = np.stack([f.to_ndarray(format="gray").astype(float) for f in clip.decode(video=0)])
    rows = np.abs(np.diff(luma, axis=1)).mean(axis=0)
    return bool(rows[2:16, 240:316].mean() > 3), bool(rows[224:238, 4:80].mean() > 3)


class TestStreams:
    pytestmark = needs_models

    @pytest.mark.parametrize(
        ("words", "there"),
        [
            (["--no-label"], (False, False)),
            (["--label", "Not them", "--label-place", "top-right"], (True, False)),
        ],
    )
    def test_the_label_stands_where_it_was_asked_for_and_a_missing_mark_is_explained(
        self, face: Path, home: Path, tmp_path: Path, words: list[str], there: tuple[bool, bool]
    ) -> None:
        write(str(tmp_path / "in.mkv"), 0.7, sound=None, size=(320, 240))
        off = ["--without", "watermark", "--because", "a plate for the lab"]
        told = understudy(
            "stream", AGREED, "-s", face, *off, *words, "--realtime", tmp_path / "in.mkv", tmp_path / "out.mp4"
        )
        assert told.returncode == 0, told.stderr
        journal = [json.loads(line) for line in (home / "journal").read_text().splitlines()]
        assert {line["because"] for line in journal} == {"a plate for the lab"}
        assert "out.mp4" in journal[0]["output"]
        assert corners(tmp_path / "in.mkv") == (False, False)
        assert corners(tmp_path / "out.mp4") == there

    def test_an_rtmp_camera_to_hls_and_a_file_until_it_is_ended(self, face: Path, tmp_path: Path) -> None:
        number = port()
        url = f"rtmp://127.0.0.1:{number}/live/a-key-of-the-camera"
        code = "from tools.main import main; main()"
        command = [sys.executable, "-c", code, "stream", AGREED, "-s", str(face), "--listen", url]
        outputs = [str(tmp_path / "live.m3u8"), str(tmp_path / "b.mp4")]
        process = subprocess.Popen([*command, *outputs], cwd=ROOT, stderr=subprocess.PIPE)
        sent = 0
        deadline = time.monotonic() + 60
        while not sent:
            try:
                sent = write(url, 4.0, format="flv", pace=True, size=(320, 240))
            except OSError:
                assert time.monotonic() < deadline and process.poll() is None
                time.sleep(0.1)
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=30)
        assert process.returncode == 0, said.decode()
        assert f"{sent} frames came" in said.decode() and "Traceback" not in said.decode()
        assert b"a-key-of" not in said, "keys are not for logs"
        seen, heard = packets(tmp_path / "b.mp4", "video"), packets(tmp_path / "b.mp4", "audio")
        assert len(seen) > 20 and abs(seen[-1] - heard[-1]) < 0.3
        assert set(pictures(tmp_path / "live.m3u8")) == {(320, 240)}
        assert "#EXT-X-MAP" in (tmp_path / "live.m3u8").read_text()


def test_a_whip_output_is_seen_and_heard_by_a_viewer(tmp_path: Path) -> None:
    """The relay publishes to our own WHIP server, as to anybody's; a WHEP viewer of that server sees and hears it."""
    clip = tmp_path / "in.mkv"
    write(str(clip), 20.0, size=(320, 240))

    async def main() -> Viewer:
        viewer = Viewer()
        async with served() as (_, url, _http):
            given = [outlet(f"whip+{url}/whip/k"), outlet(str(tmp_path / "b.ts"))]
            made = Relay(inlet(str(clip), realtime=True), given, Same, Metrics(), preset="ultrafast", bitrate=800_000)
            stop = asyncio.Event()
            running = asyncio.create_task(made.run(stop))
            await asyncio.sleep(1.0)
            async with Client(f"{url}/whep/k") as client:
                await client.play(viewer.picture, viewer.sound)
                await viewer.until(20)
                async with asyncio.timeout(10):
                    while viewer.packets < 5:
                        await asyncio.sleep(0.02)
            stop.set()
            await running
        return viewer

    viewer = asyncio.run(main())
    assert viewer.frames[-1][:2] == (320, 240)
    assert len(packets(tmp_path / "b.ts", "video")) > 20, "and the other output has it as well"


def test_a_whip_server_that_is_not_there_is_tried_again_and_delays_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clip = tmp_path / "in.mkv"
    write(str(clip), 2.5, sound=None)
    given = [outlet(f"whip+http://127.0.0.1:{port()}/whip/secret"), outlet(str(tmp_path / "b.ts"))]
    made = Relay(inlet(str(clip), realtime=True), given, Same, Metrics(), preset="ultrafast", bitrate=800_000)
    began = time.monotonic()
    asyncio.run(made.run(asyncio.Event()))
    assert time.monotonic() - began < 15 and len(packets(tmp_path / "b.ts", "video")) > 20
    assert sum("cannot be reached" in r.message for r in caplog.records) >= 2 and "secret" not in caplog.text
