"""The HLS output's names and numbers."""

from pathlib import Path

from stream.io.hls import KEPT, finish, options


def test_numbers_begin_at_nought_and_go_on_after_what_is_there(tmp_path: Path) -> None:
    playlist = tmp_path / "live.m3u8"
    assert options(playlist)["start_number"] == "0"
    for name in ("live.000000.m4s", "live.000007.m4s", "other.000099.m4s", "live.x.m4s"):
        (tmp_path / name).touch()
    made = options(playlist)
    assert made["start_number"] == "8" and made["hls_fmp4_init_filename"] == "live.000008.init.mp4"


def test_what_no_list_names_any_more_is_removed_and_nothing_else(tmp_path: Path) -> None:
    playlist = tmp_path / "a[1]%.m3u8"
    for i in range(20):
        (tmp_path / f"a[1]%.{i:06d}.m4s").touch()
    (tmp_path / "a[1]%.000000.init.mp4").touch()
    (tmp_path / "a1.000000.m4s").touch()
    made = options(playlist)
    left = sorted(p.name for p in tmp_path.iterdir())
    assert "a1.000000.m4s" in left and "a[1]%.000000.init.mp4" not in left
    assert KEPT < len(left) <= KEPT + 3
    assert made["hls_segment_filename"].endswith("a[1]%%.%06d.m4s")


def test_the_end_is_said_once(tmp_path: Path) -> None:
    playlist = tmp_path / "live.m3u8"
    playlist.write_text("#EXTM3U\n")
    finish(playlist)
    assert playlist.read_text() == "#EXTM3U\n#EXT-X-ENDLIST\n"
    finish(tmp_path / "none" / "live.m3u8")
