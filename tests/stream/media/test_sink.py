"""Sinks: what goes in comes out at its own time, with its own tags and streams; nothing half made is left behind."""

import os
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from engines.errors import InputError, OutputError
from engines.values import Patch
from stream.media.sink import Encoding, Sink, open_sink
from stream.media.source import Source, open_source
from stream.pixels.planes import Planes
from tests.stream.clips import images, make, packets, seconds

MS = Fraction(1, 1000)
PIXEL_FORMATS = ("yuv420p", "yuv422p", "yuv444p", "yuvj420p", "yuv420p10le", "yuv422p10le", "yuv444p10le")


def through(path: Path, out: Path, encoding: Encoding | None = None, **span: Fraction) -> tuple[str, ...]:
    """The whole of a clip from source to sink. Returns the sink's notes."""
    with open_source(str(path), **span) as source, open_sink(str(out), source, encoding) as sink:  # type: ignore[arg-type]
        for frame in source.frames():
            sink.write(frame, frame.picture)
        return sink.notes


def video_of(path: Path) -> Any:
    with av.open(str(path)) as clip:
        stream = clip.streams.video[0]
        frame = next(clip.decode(stream))
        context = stream.codec_context
        return {
            "size": (frame.width, frame.height),
            "pix_fmt": frame.format.name,
            "rotation": frame.rotation,
            "aspect": stream.sample_aspect_ratio,
            "interlaced": frame.interlaced_frame,
            "order": context.field_order,
            "tags": (frame.color_primaries, frame.color_trc, frame.colorspace, frame.color_range),
            "time_base": stream.time_base,
            "codec": context.codec.canonical_name,
        }


def close_to(a: Path, b: Path, kind: str = "yuv444p16le") -> float:
    """PSNR in dB between two clips' frames, at 16 bits."""
    one, two = images(a, kind).astype(float), images(b, kind).astype(float)
    assert one.shape == two.shape
    return float(10 * np.log10(65535**2 / max(((one - two) ** 2).mean(), 1e-9)))


TIMES = {
    "constant": (Fraction(25), None, None),
    "29.97": (Fraction(30000, 1001), None, None),
    "variable": (Fraction(25), MS, [0, 40, 41, 300, 1000, 1033, 1050, 1051, 1500, 1510, 1600, 1700]),
    "offset": (Fraction(25), Fraction(1, 15360), [507 + 600 * i for i in range(12)]),
}


@pytest.mark.parametrize("kind", TIMES)
@pytest.mark.parametrize("into", ["mp4", "mkv", "mov"])
@pytest.mark.parametrize("sound", [None, "aac"])
def test_every_frame_at_its_own_time(tmp_path: Path, kind: str, into: str, sound: str | None) -> None:
    rate, base, times = TIMES[kind]
    options = {"bf": "2", "preset": "veryfast"}
    path = make(tmp_path / "a.mp4", rate=rate, time_base=base, times=times, audio=sound, options=options)
    through(path, tmp_path / f"b.{into}")
    before, after = seconds(path), seconds(tmp_path / f"b.{into}")
    assert len(before) == len(after) == 12
    assert max(abs(x - y) for x, y in zip(before, after, strict=True)) <= MS


@pytest.mark.parametrize(("into", "slack"), [("ts", 2 * MS), ("flv", 2 * MS), ("avi", Fraction(1, 25))])
def test_containers_without_times_below_zero_move_all_alike(tmp_path: Path, into: str, slack: Fraction) -> None:
    path = make(tmp_path / "a.mp4", audio="aac", options={"bf": "2", "preset": "veryfast"})
    through(path, tmp_path / f"b.{into}")
    before, after = seconds(path), seconds(tmp_path / f"b.{into}")
    steps = {round(float((y - after[0]) - (x - before[0])) * 1e3) for x, y in zip(before, after, strict=True)}
    assert steps <= {-1, 0, 1}
    lag = packets(tmp_path / f"b.{into}", "audio")[0][1] - packets(path, "audio")[0][1]
    assert abs(lag - (after[0] - before[0])) <= slack  # sound and picture together; AVI knows whole frames only


def test_the_time_base_of_the_input_is_kept(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", time_base=Fraction(1, 90000), times=[i * 3003 for i in range(12)])
    through(path, tmp_path / "b.mp4")
    assert video_of(tmp_path / "b.mp4")["time_base"] == Fraction(1, 90000)
    assert seconds(tmp_path / "b.mp4") == [Fraction(i * 3003, 90000) for i in range(12)]


def test_a_broadcasts_clock_is_brought_near_zero(tmp_path: Path) -> None:
    path = make(tmp_path / "a.ts", times=[25 * 5000 + i for i in range(12)])
    through(path, tmp_path / "b.mp4")
    assert seconds(tmp_path / "b.mp4") == [Fraction(i, 25) for i in range(12)]


def test_missing_times_are_made(tmp_path: Path) -> None:
    through(make(tmp_path / "a.h264"), tmp_path / "b.mp4")
    assert seconds(tmp_path / "b.mp4") == [Fraction(i, 25) for i in range(12)]


@pytest.mark.parametrize("pix_fmt", PIXEL_FORMATS)
def test_pixel_formats_stay(tmp_path: Path, pix_fmt: str) -> None:
    path = make(tmp_path / "a.mkv", pix_fmt=pix_fmt, frames=3)
    through(path, tmp_path / "b.mp4", Encoding(crf=1))
    assert video_of(tmp_path / "b.mp4")["pix_fmt"] == video_of(path)["pix_fmt"]
    assert close_to(path, tmp_path / "b.mp4") > 45


@pytest.mark.parametrize("tags", [(1, 1, 1, 1), (9, 16, 9, 1), (5, 6, 5, 2), (2, 2, 2, 0)])
@pytest.mark.parametrize("into", ["mp4", "mkv"])
def test_colour_tags_stay(tmp_path: Path, tags: tuple[int, int, int, int], into: str) -> None:
    path = make(tmp_path / "a.mkv", tags=tags, frames=3)
    through(path, tmp_path / f"b.{into}")
    assert video_of(tmp_path / f"b.{into}")["tags"] == video_of(path)["tags"]
    assert video_of(path)["tags"][:3] == tags[:3]


def test_rgb_sources_get_a_matrix_and_the_right_colours(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mkv", pix_fmt="bgr0", codec="ffv1", frames=3)
    notes = through(path, tmp_path / "b.mp4", Encoding(crf=1))
    assert video_of(tmp_path / "b.mp4")["tags"][2] == 5
    assert any("bgr0" in note for note in notes)
    with open_source(str(path)) as a, open_source(str(tmp_path / "b.mp4")) as b:
        for one, two in zip(a.frames(), b.frames(), strict=True):
            assert np.abs(one.picture.small(48, 32).astype(int) - two.picture.small(48, 32)).mean() < 2


@pytest.mark.parametrize("rotation", [90, 180, 270])
@pytest.mark.parametrize("into", ["mp4", "mkv", "mov"])
def test_rotation_stays_metadata(tmp_path: Path, rotation: int, into: str) -> None:
    path = make(tmp_path / "a.mp4", rotation=rotation, frames=3)
    through(path, tmp_path / f"b.{into}")
    before, after = video_of(path), video_of(tmp_path / f"b.{into}")
    assert after["rotation"] % 360 == before["rotation"] % 360 == -rotation % 360
    assert after["size"] == before["size"]


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_rotation_becomes_pixels_where_it_cannot_be_said(tmp_path: Path, rotation: int) -> None:
    path = make(tmp_path / "a.mp4", rotation=rotation, frames=3, aspect=Fraction(4, 3))
    notes = through(path, tmp_path / "b.ts", Encoding(crf=1))
    shown = np.rot90(images(path)[0], -rotation // 90).astype(int)
    assert np.abs(images(tmp_path / "b.ts")[0] - shown).mean() < 3
    assert video_of(tmp_path / "b.ts")["aspect"] == (Fraction(3, 4) if rotation % 180 else Fraction(4, 3))
    assert any("turned" in note for note in notes)


@pytest.mark.parametrize("size", [(95, 64), (96, 63), (95, 63)])
@pytest.mark.parametrize("encoding", [Encoding(crf=1), Encoding("vp9", crf=4)], ids=["h264", "vp9"])
def test_odd_sizes_stay(tmp_path: Path, size: tuple[int, int], encoding: Encoding) -> None:
    path = make(tmp_path / "a.mkv", size=size, codec="ffv1", frames=3)
    notes = through(path, tmp_path / "b.mp4", encoding)
    after = video_of(tmp_path / "b.mp4")
    assert after["size"] == size
    assert after["pix_fmt"] == ("yuv420p" if encoding.codec else "yuv444p" if size[0] % 2 else "yuv422p")
    assert close_to(path, tmp_path / "b.mp4", "gray") > 30
    assert any("odd size" in note for note in notes) is (encoding.codec is None)


@pytest.mark.parametrize("into", ["mp4", "mkv", "mov", "ts"])
def test_portrait_and_anamorphic_stay(tmp_path: Path, into: str) -> None:
    path = make(tmp_path / "a.mp4", size=(64, 112), aspect=Fraction(16, 11), frames=3)
    through(path, tmp_path / f"b.{into}")
    after = video_of(tmp_path / f"b.{into}")
    assert (after["size"], after["aspect"]) == ((64, 112), Fraction(16, 11))


@pytest.mark.parametrize("paste", [False, True])
def test_interlaced_stays_interlaced(tmp_path: Path, paste: bool) -> None:
    path = make(tmp_path / "a.mp4", interlaced=True, frames=4)
    patch = Patch(10, 10, np.full((20, 20, 3), 90, np.uint8), np.ones((20, 20), np.float32))
    with open_source(str(path)) as source, open_sink(str(tmp_path / "b.mp4"), source, None) as sink:
        for frame in source.frames():
            sink.write(frame, frame.picture.pasted((patch,)) if paste else frame.picture)
    before, after = video_of(path), video_of(tmp_path / "b.mp4")
    assert before["interlaced"] and after["interlaced"]
    assert after["order"] == before["order"]


def test_a_pasted_frame_is_what_is_written(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mkv", frames=3, pix_fmt="yuv420p10le")
    flat = np.full((32, 32, 3), (210, 60, 80), np.uint8)
    patch = Patch(20, 16, flat, np.ones((32, 32), np.float32))
    with open_source(str(path)) as source, open_sink(str(tmp_path / "b.mkv"), source, Encoding("ffv1")) as sink:
        for frame in source.frames():
            sink.write(frame, frame.picture.pasted((patch,)))
    before, after = images(path, "yuv420p10le"), images(tmp_path / "b.mkv", "yuv420p10le")
    luma = np.ones((64, 96), bool)
    luma[16:48, 20:52] = False
    assert np.array_equal(before[:, :64][:, luma], after[:, :64][:, luma])  # lossless: bit for bit outside
    assert not np.array_equal(before[:, :64][:, ~luma], after[:, :64][:, ~luma])


@pytest.mark.parametrize("sound", ["aac", "libmp3lame", "ac3", "flac", "libopus"])
@pytest.mark.parametrize("into", ["mp4", "mkv"])
def test_sound_is_copied_byte_for_byte(tmp_path: Path, sound: str, into: str) -> None:
    path = make(tmp_path / "a.mkv", audio=sound, frames=25)
    through(path, tmp_path / f"b.{into}")
    before, after = packets(path, "audio"), packets(tmp_path / f"b.{into}", "audio")
    assert [p for p, _ in before] == [p for p, _ in after]
    assert max(abs(x - y) for (_, x), (_, y) in zip(before, after, strict=True)) <= MS


def test_pcm_in_mov_and_avi(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mov", audio="pcm_s16le", frames=25)
    through(path, tmp_path / "b.mkv")
    assert b"".join(p for p, _ in packets(path, "audio")) == b"".join(
        p for p, _ in packets(tmp_path / "b.mkv", "audio")
    )


def test_sound_that_a_container_cannot_hold_names_the_fix(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", audio="aac")
    with pytest.raises(OutputError, match=r"webm cannot hold the audio stream 1 \(aac\).*b\.mkv"):
        through(path, tmp_path / "b.webm")
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]


@pytest.mark.parametrize(("first", "second"), [("mp4", "mp4"), ("mkv", "mkv")])
def test_subtitles_chapters_and_metadata_are_copied(tmp_path: Path, first: str, second: str) -> None:
    told = {"title": "A title", "comment": "a word"}
    path = make(tmp_path / f"a.{first}", subtitles=True, chapters=True, metadata=told, audio="aac", frames=25)
    out = tmp_path / f"b.{second}"
    through(path, out)
    assert packets(path, "subtitle") == packets(out, "subtitle") != []
    with av.open(str(path)) as a, av.open(str(out)) as b:
        assert {k.lower(): v for k, v in b.metadata.items()}.items() >= told.items()
        edges = [(c["start"] * (c["time_base"] or 1), c["metadata"]["title"]) for c in b.chapters()]
        assert edges == [(c["start"] * (c["time_base"] or 1), c["metadata"]["title"]) for c in a.chapters()]
        assert [t for _, t in edges] == ["one", "two"]


def test_attachments_are_copied(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as out:
        video: Any = out.add_stream("libx264", 25)
        video.width, video.height = 96, 64
        out.add_attachment("font.ttf", "application/x-truetype-font", b"not really a font")
        out.mux([*video.encode(av.VideoFrame(96, 64)), *video.encode(None)])
    through(path, tmp_path / "b.mkv")
    with av.open(str(tmp_path / "b.mkv")) as clip:
        assert [s.data for s in clip.streams.attachments] == [b"not really a font"]


def test_a_cover_picture_is_no_video_and_is_copied(tmp_path: Path) -> None:
    plain, path = make(tmp_path / "plain.mp4", frames=5), tmp_path / "a.mp4"
    cover = av.VideoFrame(64, 64, "yuvj420p")
    with av.open(str(plain)) as clip, av.open(str(path), "w") as out:
        art: Any = out.add_stream("mjpeg", 1)
        art.width, art.height, art.pix_fmt = 64, 64, "yuvj420p"
        art.disposition = av.stream.Disposition.attached_pic
        video = out.add_stream_from_template(clip.streams.video[0], opaque=True)
        out.mux([*art.encode(cover), *art.encode(None)])
        for packet in clip.demux(video=0):
            if packet.size:
                packet.stream = video
                out.mux(packet)
    through(path, tmp_path / "b.mp4")
    with av.open(str(tmp_path / "b.mp4")) as clip:
        names = [s.codec_context.name for s in clip.streams]
    assert sorted(names) == ["h264", "mjpeg"]
    assert len(seconds(tmp_path / "b.mp4")) == 5 or names[0] == "mjpeg"


def test_a_span_begins_at_zero_with_its_sound(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", frames=50, audio="aac", options={"g": "10", "bf": "2", "preset": "veryfast"})
    through(path, tmp_path / "b.mp4", start=Fraction(1, 2), end=Fraction(3, 2))
    after = seconds(tmp_path / "b.mp4")
    first = Fraction(13, 25)
    assert after == [Fraction(i, 25) for i in range(len(after))] and len(after) == 25
    whole, kept = packets(path, "audio"), packets(tmp_path / "b.mp4", "audio")
    wanted = [(data, at - first) for data, at in whole if first <= at < Fraction(3, 2)]
    assert [data for data, _ in kept] == [data for data, _ in wanted]
    assert all(abs(x - y) <= MS for (_, x), (_, y) in zip(kept, wanted, strict=True))


@pytest.mark.parametrize(
    ("name", "codec"),
    [("b.mp4", "h264"), ("b.mkv", "h264"), ("b.mov", "h264"), ("b.ts", "h264"), ("b.flv", "h264"), ("b.webm", "vp9")],
)
def test_default_codecs(tmp_path: Path, name: str, codec: str) -> None:
    through(make(tmp_path / "a.mp4"), tmp_path / name)
    assert video_of(tmp_path / name)["codec"] == codec


@pytest.mark.parametrize("codec", ["hevc", "av1", "vp9", "mpeg4", "libx264"])
def test_codecs_by_their_usual_names(tmp_path: Path, codec: str) -> None:
    path = make(tmp_path / "a.mp4", size=(128, 96))
    through(path, tmp_path / "b.mp4", Encoding(codec))
    assert seconds(tmp_path / "b.mp4") == seconds(path)
    assert close_to(path, tmp_path / "b.mp4") > 30


def test_quality_and_rate_are_heeded(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", frames=50, size=(320, 240))
    sizes = []
    for encoding in (Encoding(crf=10), Encoding(), Encoding(crf=40), Encoding(bitrate="3M"), Encoding(bitrate="50k")):
        through(path, tmp_path / "b.mp4", encoding)
        sizes.append((tmp_path / "b.mp4").stat().st_size)
    assert sizes[0] > sizes[1] > sizes[2] and sizes[3] > 2 * sizes[4]


@pytest.mark.parametrize(
    ("name", "encoding", "words"),
    [
        ("b.mp4", Encoding("quicktimex"), "no encoder quicktimex here; for mp4 take one of libx264"),
        ("b.webm", Encoding("h264"), "webm cannot hold h264; take one of libvpx-vp9"),
        ("b.mp4", Encoding("aac"), "not a video codec"),
        ("b.mp4", Encoding(preset="warp"), "no preset warp; take one of ultrafast"),
        ("b.mp4", Encoding(crf=99), "--crf 99 is out of range"),
        ("b.mp4", Encoding(crf=20, bitrate="2M"), "exclude each other"),
        ("b.mp4", Encoding(bitrate="fast"), "--bitrate fast is not a rate"),
        ("b.mp4", Encoding("mpeg4", crf=20), "mpeg4 has no --crf"),
        ("b.xyz", Encoding(), "cannot tell what kind of file"),
        ("b", Encoding(), "cannot tell what kind of file"),
        ("no/b.mp4", Encoding(), "there is no folder"),
        (".", Encoding(), "is a folder"),
        ("a.mp4", Encoding(), "would overwrite the input"),
        ("link.mp4", Encoding(), "would overwrite the input"),
        ("b.avi", Encoding(), "constant frame rate"),
    ],
)
def test_what_cannot_be_written_says_why_and_leaves_nothing(
    tmp_path: Path, name: str, encoding: Encoding, words: str
) -> None:
    path = make(tmp_path / "a.mp4", time_base=MS, times=[0, 40, 70, 120, 160, 190, 240, 300, 360, 410, 420, 500])
    (tmp_path / "link.mp4").symlink_to(path)
    with pytest.raises(OutputError, match=words):
        through(path, tmp_path / name, encoding)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.mp4", "link.mp4"]


def cut_after(count: int, error: BaseException) -> Callable[[Source, Sink], None]:
    def work(source: Source, sink: Sink) -> None:
        for frame in source.frames():
            if frame.index == count:
                raise error
            sink.write(frame, frame.picture)

    return work


def test_an_error_half_way_leaves_no_file(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", frames=30, audio="aac")
    out = tmp_path / "b.mp4"
    out.write_bytes(b"what was there before")
    with pytest.raises(InputError), open_source(str(path)) as source, open_sink(str(out), source) as sink:
        cut_after(20, InputError("broken"))(source, sink)
    assert out.read_bytes() == b"what was there before"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.mp4", "b.mp4"]


@pytest.mark.parametrize("into", ["mp4", "mkv"])
def test_ctrl_c_leaves_a_playable_file(tmp_path: Path, into: str) -> None:
    path = make(tmp_path / "a.mp4", frames=50, audio="aac", options={"bf": "2", "preset": "veryfast"})
    out = tmp_path / f"b.{into}"
    with pytest.raises(KeyboardInterrupt), open_source(str(path)) as source, open_sink(str(out), source) as sink:
        cut_after(20, KeyboardInterrupt())(source, sink)
    assert len(seconds(out)) == 20
    assert packets(out, "audio")[-1][1] < Fraction(21, 25)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.mp4", out.name]


def test_ctrl_c_before_the_first_frame_leaves_nothing(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4")
    out = tmp_path / "b.mp4"
    with pytest.raises(KeyboardInterrupt), open_source(str(path)) as source, open_sink(str(out), source):
        raise KeyboardInterrupt
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]


def test_the_final_name_appears_only_when_whole(tmp_path: Path) -> None:
    path, out = make(tmp_path / "a.mp4"), tmp_path / "b.mp4"
    with open_source(str(path)) as source, open_sink(str(out), source) as sink:
        for frame in source.frames():
            sink.write(frame, frame.picture)
            assert not out.exists()
            assert [p.stem.split(".")[0] for p in tmp_path.glob("*.part.mp4")] == ["b"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.mp4", "b.mp4"]


def test_no_frame_written_is_an_error(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4")
    with pytest.raises(OutputError, match="not one frame"), open_source(str(path)) as source:
        open_sink(str(tmp_path / "b.mp4"), source).close()
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]


FULL_DISK = """
import resource, signal, sys
from stream.media.source import open_source
from stream.media.sink import Encoding, open_sink
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]),) * 2)
with open_source(sys.argv[1]) as source, open_sink(sys.argv[2], source, Encoding(crf=1)) as sink:
    for frame in source.frames():
        sink.write(frame, frame.picture)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of Linux")
@pytest.mark.parametrize("room", [0, 2_000, 40_000])
def test_a_full_disk_is_one_clear_line_and_no_file(tmp_path: Path, room: int) -> None:
    path = make(tmp_path / "a.mp4", frames=50, size=(320, 240), audio="aac")
    out = tmp_path / "b.mp4"
    command = [sys.executable, "-c", FULL_DISK, str(path), str(out), str(room)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr.strip().splitlines()[-1].startswith(f"engines.errors.OutputError: cannot write {out}: ")
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]


TO_PIPE = """
import sys
from stream.media.source import open_source
from stream.media.sink import open_sink
with open_source(sys.argv[1]) as source, open_sink("-", source) as sink:
    for frame in source.frames():
        sink.write(frame, frame.picture)
"""


def test_an_mp4_can_go_to_a_pipe(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", audio="aac")
    program = TO_PIPE.replace("source)", "source, Encoding(format='mp4'))").replace("import open_sink", "import *")
    run = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, check=True)
    (tmp_path / "b.mp4").write_bytes(run.stdout)
    assert seconds(tmp_path / "b.mp4") == seconds(path)


def test_standard_output_is_matroska(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", audio="aac")
    run = subprocess.run([sys.executable, "-c", TO_PIPE, str(path)], capture_output=True, check=True)
    out = tmp_path / "b.mkv"
    out.write_bytes(run.stdout)
    assert seconds(out) == seconds(path)
    assert [p for p, _ in packets(out, "audio")] == [p for p, _ in packets(path, "audio")]


def test_a_reader_that_leaves_is_one_clear_line(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", frames=50, size=(320, 240))
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-c", TO_PIPE, str(path)]
    run = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert run.returncode == 1
    assert "OutputError: cannot write -: the program that was to read it has ended" in run.stderr


def test_only_planes_are_taken(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4")
    with open_source(str(path)) as source:
        sink = open_sink(str(tmp_path / "b.mp4"), source)
        frame = next(source.frames())
        with pytest.raises(TypeError):
            sink.write(frame, object())  # type: ignore[arg-type]
        assert isinstance(frame.picture, Planes)
        sink.abandon()
