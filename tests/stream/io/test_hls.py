"""The HLS output's names and numbers."""

import re
from pathlib import Path

from stream.io.hls import KEPT, finish, options
from tests.stream.io.feeding import carried, packets, relay, write


def test_numbers_begin_at_nought_and_go_on_after_what_is_there(tmp_path: Path) -> None:
    playlist = tmp_path / "live.m3u8"
    assert options(playlist, fresh=True)["start_number"] == "0"
    for name in ("live.000000.m4s", "live.000007.m4s", "other.000099.m4s", "live.x.m4s"):
        (tmp_path / name).touch()
    made = options(playlist, fresh=False)
    assert made["start_number"] == "8" and made["hls_fmp4_init_filename"] == "live.000008.init.mp4"


def test_what_no_list_names_any_more_is_removed_and_nothing_else(tmp_path: Path) -> None:
    playlist = tmp_path / "a[1]%.m3u8"
    for i in range(20):
        (tmp_path / f"a[1]%.{i:06d}.m4s").touch()
    (tmp_path / "a[1]%.000000.init.mp4").touch()
    (tmp_path / "a1.000000.m4s").touch()
    made = options(playlist, fresh=False)
    left = sorted(p.name for p in tmp_path.iterdir())
    assert "a1.000000.m4s" in left and "a[1]%.000000.init.mp4" not in left
    assert KEPT < len(left) <= KEPT + 3
    assert made["hls_segment_filename"].endswith("a[1]%%.%06d.m4s")


def test_another_stream_removes_all_of_the_last_one_and_nothing_else(tmp_path: Path) -> None:
    playlist = tmp_path / "live.m3u8"
    for name in ("live.m3u8", "live.000004.m4s", "live.000005.m4s", "live.000004.init.mp4", "live.000006.m4s.tmp"):
        (tmp_path / name).touch()
    others = {"live.m4s", "live.0000.m4s", "live2.000004.m4s", "live.000004.ts", "other.m3u8"}
    for name in others:
        (tmp_path / name).touch()
    assert options(playlist, fresh=True)["start_number"] == "7", "who still asks for the old ones is not shown others"
    assert {path.name for path in tmp_path.iterdir()} == others


def test_a_second_stream_into_the_same_list_leaves_nothing_of_the_first(tmp_path: Path) -> None:
    """As an endpoint does for one publisher after another."""
    playlist = tmp_path / "live.m3u8"
    seen = []
    for seconds in (7.0, 3.0):
        write(str(tmp_path / "in.mkv"), seconds, sound=None)
        carried(relay(str(tmp_path / "in.mkv"), playlist, realtime=True), 10_000, 40)
        seen.append({path.name for path in tmp_path.glob("live.*.m4s")})
    assert len(seen[0]) >= 3 and seen[1] and not seen[0] & seen[1]
    listed = set(re.findall(r"^live\.\d+\.m4s$", playlist.read_text(), re.MULTILINE))
    assert listed == seen[1] and len(list(tmp_path.glob("live.*.init.mp4"))) == 1
    assert 70 <= len(packets(playlist, "video")) <= 90


def test_the_end_is_said_once(tmp_path: Path) -> None:
    playlist = tmp_path / "live.m3u8"
    playlist.write_text("#EXTM3U\n")
    finish(playlist)
    assert playlist.read_text() == "#EXTM3U\n#EXT-X-ENDLIST\n"
    finish(tmp_path / "none" / "live.m3u8")
