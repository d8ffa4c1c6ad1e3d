"""Sources: every frame once, at its own time, and one clear line for what cannot be read."""

import os
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from engines.errors import InputError
from engines.values import Rect
from stream.media.source import Source, open_source
from tests.stream.clips import make, picture, seconds


def times(source: Source) -> list[Fraction]:
    return [frame.pts * frame.time_base for frame in source.frames()]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds with B-frames, a key frame every 10 frames, and sound."""
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    options = {"bf": "2", "g": "10", "keyint_min": "10", "sc_threshold": "0", "preset": "veryfast"}
    return make(path, frames=50, audio="aac", options=options)


def test_frames_come_once_in_display_order_with_their_pictures(clip: Path) -> None:
    ticks = iter(range(100))
    with open_source(str(clip), clock=lambda: float(next(ticks))) as source:
        frames = list(source.frames())
        shown = [f.picture.rgb(Rect(0, 0, 96, 64)) for f in frames]
    assert [f.index for f in frames] == list(range(50))
    assert [f.pts * f.time_base for f in frames] == [Fraction(i, 25) for i in range(50)]
    assert [f.born for f in frames] == [float(i) for i in range(50)]
    for index in (0, 7, 49):
        near = np.argmin([np.abs(shown[index].astype(int) - picture(i, 96, 64)).mean() for i in range(50)])
        assert near == index


def test_info_tells_what_is_there(clip: Path) -> None:
    with open_source(str(clip)) as source:
        info = source.info
    assert (info.width, info.height, info.rotation, info.pix_fmt) == (96, 64, 0, "yuv420p")
    assert (info.codec, info.audio, info.subtitles, info.frames) == ("h264", 1, 0, 50)
    assert (info.rate, info.duration, info.notes) == (Fraction(25), Fraction(2), ())


@pytest.mark.parametrize(
    ("rate", "base", "ticks"),
    [
        (Fraction(30000, 1001), Fraction(1001, 30000), [0, 1, 2, 3, 4, 5]),
        (Fraction(25), Fraction(1, 1000), [0, 40, 41, 300, 1000, 1033]),
        (Fraction(25), Fraction(1, 12800), [700, 1212, 1724, 2236, 2748, 3260]),
    ],
    ids=["29.97", "variable", "offset"],
)
@pytest.mark.parametrize("ending", ["mp4", "mkv", "ts"])
def test_times_are_the_containers_own(
    tmp_path: Path, ending: str, rate: Fraction, base: Fraction, ticks: list[int]
) -> None:
    path = make(tmp_path / f"a.{ending}", frames=6, rate=rate, time_base=base, times=ticks)
    with open_source(str(path)) as source:
        read = times(source)
    assert read == seconds(path)
    first = read[0] - ticks[0] * base
    assert all(abs(r - first - t * base) <= Fraction(1, 1000) for r, t in zip(read, ticks, strict=True))


def test_raw_streams_without_times_get_them_from_the_rate(tmp_path: Path) -> None:
    path = make(tmp_path / "a.h264", frames=6)
    with open_source(str(path)) as source:
        assert times(source) == [Fraction(i, 25) for i in range(6)]


def test_an_edit_list_hides_what_it_says(tmp_path: Path) -> None:
    """Frames with times below 0 are cut off by the MP4's edit list; players and this source skip them alike."""
    path = make(tmp_path / "a.mp4", frames=10, times=list(range(-4, 6)), options={"g": "10", "bf": "2"})
    with open_source(str(path)) as source:
        assert times(source) == seconds(path)
        assert min(seconds(path)) >= 0


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_rotation_turns_the_picture_upright(tmp_path: Path, rotation: int) -> None:
    path = make(tmp_path / "a.mp4", frames=2, rotation=rotation)
    with open_source(str(path)) as source:
        info, frame = source.info, next(source.frames())
    assert info.rotation == rotation
    assert (info.width, info.height) == ((64, 96) if rotation % 180 else (96, 64))
    assert (frame.picture.width, frame.picture.height) == (info.width, info.height)
    shown = frame.picture.rgb(Rect(0, 0, info.width, info.height))
    assert np.abs(shown.astype(int) - np.rot90(picture(0, 96, 64), -rotation // 90)).mean() < 5


@pytest.mark.parametrize(("start", "end"), [("0.5", "1"), ("1.13", None), (None, "0.3"), ("0", "2"), ("1.95", None)])
def test_a_span_is_cut_to_the_frame(clip: Path, start: str | None, end: str | None) -> None:
    low, high = Fraction(start or 0), Fraction(end or 100)
    wanted = [Fraction(i, 25) for i in range(50) if low <= Fraction(i, 25) < high]
    with open_source(str(clip), start=None if start is None else low, end=None if end is None else high) as source:
        expected = source.info.frames or 0
        frames = list(source.frames())
    assert [f.pts * f.time_base for f in frames] == wanted
    assert [f.index for f in frames] == list(range(len(wanted)))
    assert abs(expected - len(wanted)) <= 1


def test_a_span_counts_from_the_clips_own_beginning(tmp_path: Path) -> None:
    path = make(tmp_path / "a.ts", frames=20, times=list(range(100, 120)))
    with open_source(str(path), start=Fraction(2, 5)) as source:
        assert len(times(source)) == 10


def test_a_span_outside_says_so(clip: Path) -> None:
    with pytest.raises(InputError, match="--start"), open_source(str(clip), start=Fraction(50)) as source:
        times(source)
    for start, end in ((Fraction(-1), None), (Fraction(2), Fraction(1))):
        with pytest.raises(InputError, match=r"--(start|end)"):
            open_source(str(clip), start=start, end=end)


def test_other_packets_are_kept_only_where_asked_for(clip: Path) -> None:
    with open_source(str(clip)) as source:
        list(source.frames())
        assert source.take() == []
    with open_source(str(clip)) as source:
        source.copy(frozenset(s.index for s in source.others()))
        list(source.frames())
        assert len(source.take()) > 80
        assert source.take() == []


def test_standard_input(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(tmp_path / "a.mkv", frames=5)
    kept = os.dup(0)
    try:
        with path.open("rb") as file:
            os.dup2(file.fileno(), 0)
            with open_source("-") as source:
                assert len(times(source)) == 5
    finally:
        os.dup2(kept, 0)
        os.close(kept)


@pytest.fixture
def bad(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("this is no video\n" * 30)
    (tmp_path / "noise.mp4").write_bytes(np.random.default_rng(1).bytes(5000))
    (tmp_path / "dir.mp4").mkdir()
    with av.open(str(tmp_path / "sound.m4a"), "w") as out:
        stream = out.add_stream("aac", 48000)
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 4800), np.float32), format="fltp", layout="stereo")
        frame.sample_rate = 48000
        out.mux([*stream.encode(frame), *stream.encode(None)])
    yield tmp_path


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("no.mp4", "there is no file"),
        ("dir.mp4", "is a folder"),
        ("empty.mp4", "is empty"),
        ("text.mp4", "text file whatever its name says"),
        ("noise.mp4", "not a video that can be read"),
        ("sound.m4a", r"no video stream \(it holds: audio\)"),
    ],
)
def test_what_cannot_be_read_says_why(bad: Path, name: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        open_source(str(bad / name))


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may read all")
def test_a_file_that_may_not_be_read(clip: Path, tmp_path: Path) -> None:
    path = tmp_path / "secret.mp4"
    path.write_bytes(clip.read_bytes())
    path.chmod(0)
    with pytest.raises(InputError, match="permissions"):
        open_source(str(path))


def test_a_huge_picture_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    path = make(tmp_path / "wide.mkv", frames=1, size=(16000, 16), codec="ffv1")
    with pytest.raises(InputError, match="16000x16: sides over 12000"):
        open_source(str(path))


def test_an_mp4_cut_short_is_damaged(tmp_path: Path) -> None:
    whole = make(tmp_path / "a.mp4", frames=40, container={"movflags": "faststart"})
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 6 // 10])
    with pytest.raises(InputError, match="cut short"), open_source(str(cut)) as source:
        times(source)


def test_an_mp4_without_its_index_is_damaged(tmp_path: Path) -> None:
    whole = make(tmp_path / "a.mp4", frames=40)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 6 // 10])
    with pytest.raises(InputError, match="cut short"):
        open_source(str(cut))


def test_a_matroska_file_cut_short_is_damaged_unless_an_end_is_given(tmp_path: Path) -> None:
    whole = make(tmp_path / "a.mkv", frames=100, size=(320, 240))
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 4 // 10])
    with pytest.raises(InputError, match=r"its video ends at 1\.\d s of 4\.0 s"), open_source(str(cut)) as source:
        times(source)
    with open_source(str(cut), end=Fraction(1)) as source:
        assert len(times(source)) == 25


def test_a_container_that_simply_ends_gives_what_it_has(tmp_path: Path) -> None:
    whole = make(tmp_path / "a.ts", frames=40)
    cut = tmp_path / "cut.ts"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 6 // 10])
    with open_source(str(cut)) as source:
        assert 5 < len(times(source)) < 40


def test_a_broken_stream_stops_with_one_line(tmp_path: Path) -> None:
    whole = make(tmp_path / "a.mp4", frames=60, size=(320, 240))
    data = bytearray(whole.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 3000] = np.random.default_rng(0).bytes(3000)
    hurt = tmp_path / "hurt.mp4"
    hurt.write_bytes(data)
    with pytest.raises(InputError, match=r"hurt\.mp4 is damaged"), open_source(str(hurt)) as source:
        times(source)


def test_a_file_that_shrinks_while_it_is_read(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mkv", frames=50, size=(320, 240))
    with pytest.raises(InputError, match=r"shrank|damaged"), open_source(str(path)) as source:
        for frame in source.frames():
            if frame.index == 0:
                os.truncate(path, path.stat().st_size // 2)


def test_a_file_deleted_while_it_is_read_is_read_on(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mkv", frames=50, size=(320, 240))
    with open_source(str(path)) as source:
        frames = source.frames()
        next(frames)
        path.unlink()
        assert len(list(frames)) == 49


def test_a_video_of_no_frames(tmp_path: Path) -> None:
    path = tmp_path / "none.mkv"
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", 25)
        video.width, video.height = 96, 64
        out.start_encoding()
    with pytest.raises(InputError, match="ends before its first frame"):
        open_source(str(path))
