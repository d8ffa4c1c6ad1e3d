"""Relays for real: files, RTMP with publishers that come, go and come back, HLS, outputs that cannot be reached."""

import asyncio
import contextlib
import itertools
import threading
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from engines.errors import InputError
from stream.io.address import InputAddress, inlet, outlet
from stream.io.relay import Relay
from stream.rtmp.client import RtmpPublisher
from stream.rtmp.server import RtmpServer, digest
from stream.rtmp.slot import Slot
from stream.telemetry.metrics import Metrics
from tests.stream.io.feeding import Cut, Same, packets, pictures, port, write


def relay(source: InputAddress, *outputs: str, slot: Slot | None = None, linger: float | None = None) -> Relay:
    return Relay(
        source, [outlet(text) for text in outputs], Same, Metrics(),
        preset="ultrafast", bitrate=800_000, slot=slot, linger=linger,
    )  # fmt: skip


def carry(made: Relay, seconds: float | None = None, server: RtmpServer | None = None, number: int = 0) -> float:
    """Runs to the input's end, or for some time. Returns how long it took."""

    async def main() -> None:
        stop = asyncio.Event()
        if seconds is not None:
            asyncio.get_running_loop().call_later(seconds, stop.set)
        if server is not None:
            await server.open("127.0.0.1", number)
        await made.run(stop)
        if server is not None:
            await server.close()

    began = time.monotonic()
    asyncio.run(main())
    return time.monotonic() - began


def listening(*outputs: str, linger: float | None = None) -> tuple[Relay, RtmpServer, int, str]:
    """A relay that publishers come to, its server, port and address."""
    number, slot = port(), Slot()
    url = f"rtmp://127.0.0.1:{number}/live/key"
    made = relay(inlet(url, listen=True), *outputs, slot=slot, linger=linger)
    return made, RtmpServer({digest("live/key"): slot}), number, url


def persist(call: Callable[[], object], patience: float = 10) -> None:
    """Calls until the other side is there."""
    until = time.monotonic() + patience
    while True:
        try:
            call()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


@pytest.mark.parametrize("sound", ["aac", "libopus", None])
def test_a_file_at_its_own_pace_to_several_outputs(tmp_path: Path, sound: str | None) -> None:
    clip = tmp_path / "in.mkv"
    write(str(clip), 2.0, sound=sound)
    outputs = [tmp_path / name for name in ("a.m3u8", "b.ts", "c.mp4")]
    made = relay(inlet(str(clip), realtime=True), *map(str, outputs))
    assert 1.8 < carry(made) < 12
    assert made.session is not None and made.session.came == 60
    for path in outputs:
        seen = packets(path, "video")
        assert len(seen) + made.session.shed + made.skipped >= 58 and seen == sorted(seen)
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


def test_an_rtmp_publisher_goes_and_comes_back_and_another_on_its_key_is_refused(tmp_path: Path) -> None:
    made, server, number, url = listening(str(tmp_path / "out.ts"), linger=1.5)

    def publish() -> None:
        persist(lambda: write(url, 1.0, format="flv", pace=True))
        time.sleep(0.3)
        persist(lambda: write(url, 1.5, format="flv", pace=True, sound=None))  # and without sound

    def intrude() -> None:
        while server.refused < 3:
            with contextlib.suppress(OSError):
                RtmpPublisher(url).close()
            time.sleep(0.05)

    threads = [threading.Thread(target=publish), threading.Thread(target=intrude)]
    threads[0].start()
    threading.Timer(0.6, threads[1].start).start()
    took = carry(made, 20, server, number)
    for thread in threads:
        thread.join(20)
    s = made.session
    assert s is not None
    assert took < 10, "when nobody comes any more it ends"
    assert made.input.count.opened >= 2 and server.refused >= 3
    parts = sorted(tmp_path.iterdir())
    assert len(parts) == 2, "without sound it is another file; the first is left whole"
    seen = [t for part in (tmp_path / "out.ts", tmp_path / "out-2.ts") for t in packets(part, "video")]
    assert s.came >= 70 and len(seen) >= s.left - made.skipped - 8 and seen == sorted(seen)
    gaps = [b - a for a, b in itertools.pairwise(seen)]
    assert 0.2 < max(gaps) < 3, "the break shows as a gap in one time line"


def test_a_network_cut_of_three_seconds_leaves_one_time_line_and_no_delay(tmp_path: Path) -> None:
    """The cut holds bytes back both ways, as a network does; what is behind comes in a burst and is not queued up."""
    made, server, number, _ = listening(str(tmp_path / "out.ts"), linger=1.0)
    cut = Cut(number)
    url = f"rtmp://127.0.0.1:{cut.port}/live/key"
    thread = threading.Thread(target=persist, args=(lambda: write(url, 5.5, format="flv", pace=True),))
    thread.start()
    threading.Timer(1.5, cut.hold, (3.0,)).start()
    carry(made, 20, server, number)
    thread.join(20)
    cut.close()
    assert made.input.count.opened == 1 and made.session is not None
    seen, heard = packets(tmp_path / "out.ts", "video"), packets(tmp_path / "out.ts", "audio")
    assert seen == sorted(seen) and 4.9 < seen[-1] - seen[0] < 6.0, "its time went on as the camera's did"
    assert abs(seen[-1] - heard[-1]) < 0.2 and len(heard) > 5 * 44
    assert max(made.session.delays) < 1.0 and made.session.shed > 0


def test_an_output_that_cannot_be_reached_is_tried_again_and_delays_nobody(tmp_path: Path) -> None:
    clip = tmp_path / "in.mkv"
    write(str(clip), 3.0)
    made = relay(inlet(str(clip), realtime=True), f"rtmp://127.0.0.1:{port()}/live/x", str(tmp_path / "b.ts"))
    assert carry(made) < 14
    bad, good = made.outputs
    assert bad.opened == 0 and bad.lost > 50 and bad.error is None and bad.failures >= 2
    assert len(packets(tmp_path / "b.ts", "video")) > 60 and good.lost < 12  # sound before the first picture


def test_an_rtmp_output_that_appears_later_gets_a_key_frame_first(tmp_path: Path) -> None:
    clip, url = tmp_path / "in.mkv", f"rtmp://127.0.0.1:{port()}/live/x"
    write(str(clip), 5.0)
    made = relay(inlet(str(clip), realtime=True), url)
    first: list[bool] = []

    def receive() -> None:
        time.sleep(1.0)
        with av.open(url, format="flv", options={"listen": "1"}, timeout=(15.0, 5.0)) as got:
            try:
                for packet in got.demux(video=0):
                    first.extend([packet.is_keyframe] * bool(packet.size))
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
    made = relay(inlet(str(joined), realtime=True), str(tmp_path / "out.m3u8"), str(tmp_path / "out.mp4"))
    carry(made)
    assert [output.opened for output in made.outputs] == [2, 2] and made.session is not None and made.session.came >= 44
    assert set(pictures(tmp_path / "out.m3u8")) == {(240, 180)} and set(pictures(tmp_path / "out.mp4")) == {(160, 120)}
    assert set(pictures(tmp_path / "out-2.mp4")) == {(240, 180)}, "the first file is left whole"
    assert (tmp_path / "out.000000.m4s").exists(), "who is still watching it can read on"
    playlist = (tmp_path / "out.m3u8").read_text().splitlines()
    assert "#EXT-X-MEDIA-SEQUENCE:1" in playlist and playlist.count("#EXT-X-ENDLIST") == 1


def test_corrupt_packets_are_counted_and_survived(tmp_path: Path) -> None:
    clip = tmp_path / "in.ts"
    write(str(clip), 3.0)
    data = bytearray(clip.read_bytes())
    for at in range(len(data) // 3, len(data) // 2, 700):
        data[at : at + 40] = b"\x5a" * 40
    clip.write_bytes(data)
    made = relay(inlet(str(clip), realtime=True), str(tmp_path / "out.ts"))
    carry(made)
    assert made.session is not None and made.session.left > 30
    assert len(packets(tmp_path / "out.ts", "video")) > 30


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    junk = tmp_path / "junk.mp4"
    junk.write_bytes(b"nothing" * 100)
    with pytest.raises(InputError, match="junk"):
        carry(relay(inlet(str(junk), realtime=True), str(tmp_path / "out.ts")))
    audio = tmp_path / "sound.mka"
    with av.open(str(audio), "w") as out:
        stream = out.add_stream("aac", 48_000, layout="stereo")
        for i in range(20):
            frame = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), format="fltp", layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = 48_000, 1024 * i, Fraction(1, 48_000)
            out.mux(stream.encode(frame))
    with pytest.raises(InputError, match="no video"):
        carry(relay(inlet(str(audio), realtime=True), str(tmp_path / "out.ts")))
