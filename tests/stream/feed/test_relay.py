"""Relays for real: files, RTMP with publishers that come, go and come back, HLS, outputs that cannot be reached."""

import asyncio
import itertools
import threading
import time
from pathlib import Path

import av
import pytest

from engines.errors import InputError
from stream.feed.address import Inlet, inlet, outlet
from stream.feed.relay import Relay
from stream.metrics import Metrics
from tests.stream.feed.feeding import Same, packets, pictures, port, write


def relay(source: Inlet, *outputs: str) -> Relay:
    return Relay(source, [outlet(text) for text in outputs], Same, Metrics(), preset="ultrafast", bitrate=800_000)


def carry(made: Relay, seconds: float | None = None) -> float:
    """Runs to the input's end, or for some time. Returns how long it took."""

    async def main() -> None:
        stop = asyncio.Event()
        if seconds is not None:
            asyncio.get_running_loop().call_later(seconds, stop.set)
        await made.run(stop)

    began = time.monotonic()
    asyncio.run(main())
    return time.monotonic() - began


@pytest.mark.parametrize("sound", ["aac", "libopus", None])
def test_a_file_at_its_own_pace_to_several_outputs(tmp_path: Path, sound: str | None) -> None:
    clip = tmp_path / "in.mkv"
    write(str(clip), 2.0, sound=sound)
    outputs = [tmp_path / name for name in ("a.m3u8", "b.ts", "c.mp4")]
    made = relay(inlet(str(clip)), *map(str, outputs))
    assert 1.8 < carry(made) < 12
    assert made.session is not None and made.session.came == 60
    for path in outputs:
        seen = packets(path, "video")
        assert len(seen) + made.session.shed >= 58 and seen == sorted(seen)
        assert set(pictures(path)) == {(160, 120)}
        if sound:
            heard = packets(path, "audio")
            assert heard == sorted(heard) and len(heard) > 60
            assert abs(heard[-1] - seen[-1]) < 0.15, "sound and picture end together"
    if sound == "aac":
        with av.open(str(clip)) as one, av.open(str(outputs[1])) as two:
            sent = {bytes(p) for p in one.demux(audio=0) if p.size}
            got = [bytes(p) for p in two.demux(audio=0) if p.size]
        assert sum(data in sent or data[7:] in sent for data in got) > 0.9 * len(got), "sound is copied"


def test_an_rtmp_publisher_goes_and_comes_back(tmp_path: Path) -> None:
    url = f"rtmp://127.0.0.1:{port()}/live/key"
    made = relay(inlet(url, listen=True), str(tmp_path / "out.ts"))

    def publish() -> None:
        for _ in range(2):
            for _ in range(60):
                try:
                    write(url, 1.5, format="flv", pace=True)
                    break
                except (av.error.FFmpegError, OSError):
                    time.sleep(0.1)
            time.sleep(0.3)

    thread = threading.Thread(target=publish)
    thread.start()
    carry(made, 8)
    thread.join(20)
    assert made.intake.count.opened >= 2 and made.session is not None and made.session.left >= 60
    seen = packets(tmp_path / "out.ts", "video")
    assert len(seen) >= 50 and seen == sorted(seen)
    gaps = [b - a for a, b in itertools.pairwise(seen)]
    assert 0.2 < max(gaps) < 5, "the break shows as a gap in one time line"


def test_an_output_that_cannot_be_reached_is_tried_again_and_delays_nobody(tmp_path: Path) -> None:
    clip = tmp_path / "in.mkv"
    write(str(clip), 3.0)
    made = relay(inlet(str(clip)), f"rtmp://127.0.0.1:{port()}/live/x", str(tmp_path / "b.ts"))
    assert carry(made) < 14
    bad, good = made.mouths
    assert bad.opened == 0 and bad.lost > 50 and bad.error is None and bad._backoff.tries >= 2
    assert len(packets(tmp_path / "b.ts", "video")) > 60 and good.lost <= 2


def test_an_rtmp_output_that_appears_later_gets_a_key_frame_first(tmp_path: Path) -> None:
    clip, url = tmp_path / "in.mkv", f"rtmp://127.0.0.1:{port()}/live/x"
    write(str(clip), 5.0)
    made = relay(inlet(str(clip)), url)
    first: list[bool] = []

    def receive() -> None:
        time.sleep(1.0)
        with av.open(url, format="flv", options={"listen": "1"}, timeout=(15.0, 5.0)) as got:
            try:
                for packet in got.demux(video=0):
                    if packet.size:
                        first.append(packet.is_keyframe)
            except (av.error.FFmpegError, OSError):
                pass

    thread = threading.Thread(target=receive)
    thread.start()
    carry(made)
    thread.join(20)
    assert len(first) > 20 and first[0]


def test_a_stream_that_changes_its_size_goes_on(tmp_path: Path) -> None:
    first, second = tmp_path / "a.ts", tmp_path / "b.ts"
    write(str(first), 1.0, sound=None)
    write(str(second), 1.0, sound=None, size=(240, 180), fps=15)
    joined = tmp_path / "in.ts"
    joined.write_bytes(first.read_bytes() + second.read_bytes())
    made = relay(inlet(str(joined)), str(tmp_path / "out.m3u8"))
    carry(made)
    assert made._press.made == 2 and made.session is not None and made.session.left >= 35


def test_corrupt_packets_are_counted_and_survived(tmp_path: Path) -> None:
    clip = tmp_path / "in.ts"
    write(str(clip), 3.0)
    data = bytearray(clip.read_bytes())
    for at in range(len(data) // 3, len(data) // 2, 700):
        data[at : at + 40] = b"\x5a" * 40
    clip.write_bytes(data)
    made = relay(inlet(str(clip)), str(tmp_path / "out.ts"))
    carry(made)
    assert made.session is not None and made.session.left > 30
    assert len(packets(tmp_path / "out.ts", "video")) > 30


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    junk = tmp_path / "junk.mp4"
    junk.write_bytes(b"nothing" * 100)
    with pytest.raises(InputError, match="junk"):
        carry(relay(inlet(str(junk)), str(tmp_path / "out.ts")))
    audio = tmp_path / "sound.mka"
    with av.open(str(audio), "w") as out:
        stream = out.add_stream("aac", 48_000)
        frame = av.AudioFrame(format="fltp", layout="stereo", samples=1024)
        frame.sample_rate = 48_000
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    with pytest.raises(InputError, match="no video"):
        carry(relay(inlet(str(audio)), str(tmp_path / "out.ts")))
