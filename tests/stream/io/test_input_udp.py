"""MPEG-TS over UDP, in and out: one relay's output is the next one's input; nobody has to be there."""

import itertools
import threading
import time
from pathlib import Path

import pytest

from tests.stream.io.feeding import carried, packets, pictures, port, relay, write


def test_from_relay_to_relay(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The second comes a second late, and sees the picture from the next key frame on."""
    write(str(tmp_path / "a.mkv"), 5.0)
    url = f"udp://127.0.0.1:{port()}"
    first = relay(str(tmp_path / "a.mkv"), url, realtime=True)
    sending = threading.Thread(target=carried, args=(first, 10_000))
    sending.start()
    time.sleep(1.0)
    second = relay(url, str(tmp_path / "b.ts"))
    carried(second, 60)
    sending.join(20)
    assert not sending.is_alive() and first.outputs[0].lost == 0 and first.outputs[0].opened == 1
    seen, heard = packets(tmp_path / "b.ts", "video"), packets(tmp_path / "b.ts", "audio")
    assert len(seen) > 50 and len(heard) > 40 and abs(heard[-1] - seen[-1]) < 0.5
    steps = [b - a for a, b in itertools.pairwise(seen)]
    assert min(steps) > 0 and sorted(steps)[len(steps) // 2] == pytest.approx(1 / 30, abs=0.005)
    assert set(pictures(tmp_path / "b.ts")) == {(160, 120)}
    assert second.input.count.damaged <= 60, "what comes before the key frame, two seconds at most, is not shown"
    assert "not used" not in caplog.text, "every option is one that FFmpeg knows"


def test_where_nobody_listens_the_stream_goes_on(tmp_path: Path) -> None:
    write(str(tmp_path / "a.mkv"), 2.0)
    made = relay(str(tmp_path / "a.mkv"), f"udp://127.0.0.1:{port()}", str(tmp_path / "b.ts"), realtime=True)
    carried(made, 10_000)
    assert made.session is not None and made.session.came == 60
    assert [m.opened for m in made.outputs] == [1, 1] and made.outputs[0].error is None
    assert len(packets(tmp_path / "b.ts", "video")) > 50


def test_a_sender_that_is_gone_is_waited_for(tmp_path: Path) -> None:
    """UDP has no end: silence is one. What comes afterwards goes on in the same file."""
    url = f"udp://127.0.0.1:{port()}"
    made = relay(url, str(tmp_path / "b.ts"))

    def send() -> None:
        for _ in range(2):
            time.sleep(0.5)
            write(f"{url}?pkt_size=1316", 2.0, format="mpegts", pace=True)

    sending = threading.Thread(target=send)
    sending.start()
    carried(made, 70)
    sending.join()
    seen = packets(tmp_path / "b.ts", "video")
    assert len(seen) > 60 and all(b > a for a, b in itertools.pairwise(seen)), "though the sender's clock began anew"
    assert 3.0 < seen[-1] - seen[0] < 6.0
