"""What becomes of other streams, by lists of streams and words; and advice that is good when it is followed."""

import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import pytest

from engines.errors import OutputError
from stream.media.others.wanted import Streams
from stream.media.sink import Encoding, open_sink
from stream.media.source import open_source
from tests.stream.bundles import bundle, kinds, said, unknown
from tests.stream.clips import picture
from tests.stream.parts import joined, part

VIDEO = ("video", "h264")
AAC, PCM = ("audio", "aac"), ("audio", "pcm_s16le")
JPEG = cv2.imencode(".jpg", picture(0, 32, 32))[1].tobytes()
FONT = ("font.ttf", "application/x-truetype-font", b"not really a font")


def through(path: Path, out: Path, encoding: Encoding | None = None, **more: Any) -> tuple[str, ...]:
    """The whole of a clip from source to sink. Returns the sink's notes."""
    with open_source(str(path)) as source, open_sink(str(out), source, encoding, **more) as sink:
        for frame in source.frames():
            sink.write(frame, frame.picture)
        return sink.notes


# input's ending and streams; output's ending; the streams that are there; parts of the notes
CASES: dict[str, tuple[str, dict[str, Any], str, list[tuple[str, str | None]], list[str]]] = {
    "all as they are": (
        "mkv",
        {"sounds": ["aac", "ac3"], "words": ["subrip", "ass"]},
        "mkv",
        [VIDEO, AAC, ("audio", "ac3"), ("subtitle", "subrip"), ("subtitle", "ass")],
        [],
    ),
    "mov_text to mkv": (
        "mp4",
        {"sounds": ["aac"], "words": ["mov_text"]},
        "mkv",
        [VIDEO, AAC, ("subtitle", "subrip")],
        [r"subtitle stream 2 \(mov_text\) is stored as subrip"],
    ),
    "subrip to mp4": (
        "mkv",
        {"sounds": ["aac"], "words": ["subrip"]},
        "mp4",
        [VIDEO, AAC, ("subtitle", "mov_text")],
        [r"subtitle stream 2 \(subrip\) is stored as mov_text: mp4 cannot"],
    ),
    "subrip to mov": ("mkv", {"words": ["subrip"]}, "mov", [VIDEO, ("subtitle", "mov_text")], ["stored as mov_text"]),
    "webvtt to mp4": (
        "mkv",
        {"words": ["webvtt"]},
        "mp4",
        [VIDEO, ("subtitle", "mov_text")],
        ["stored as mov_text.*its styles and places are lost"],
    ),
    "ass to mp4": (
        "mkv",
        {"words": ["ass"]},
        "mp4",
        [VIDEO, ("subtitle", "mov_text")],
        ["stored as mov_text.*its styles and places are lost"],
    ),
    "mov_text to webm": (
        "mp4",
        {"words": ["mov_text"]},
        "webm",
        [("video", "vp9"), ("subtitle", "webvtt")],
        ["stored as webvtt"],
    ),
    "subtitles to ts": (
        "mkv",
        {"sounds": ["aac"], "words": ["subrip"]},
        "ts",
        [VIDEO, AAC],
        [r"subtitle stream 2 \(subrip\) is left out: mpegts cannot hold it; .*b\.mkv would hold it"],
    ),
    "subtitles to avi": (
        "mkv",
        {"sounds": ["ac3"], "words": ["subrip"]},
        "avi",
        [VIDEO, ("audio", "ac3")],
        ["left out: avi cannot hold it; .*would hold it"],
    ),
    "AVCHD to mp4": ("m2ts", {"sounds": ["pcm_bluray"]}, "mp4", [VIDEO, PCM], ["stored as pcm_s16le"]),
    "AVCHD to mov": ("m2ts", {"sounds": ["pcm_bluray"]}, "mov", [VIDEO, PCM], ["stored as pcm_s16le"]),
    "AVCHD to mkv": ("m2ts", {"sounds": ["pcm_bluray"]}, "mkv", [VIDEO, PCM], ["stored as pcm_s16le"]),
    "AVCHD to avi": ("m2ts", {"sounds": ["pcm_bluray"]}, "avi", [VIDEO, PCM], ["stored as pcm_s16le"]),
    "AVCHD to itself": ("m2ts", {"sounds": ["pcm_bluray"]}, "m2ts", [VIDEO, ("audio", "pcm_bluray")], []),
    "AVCHD of 24 bits": (
        "m2ts",
        {"sounds": ["pcm_bluray"], "bits": "s32"},
        "mov",
        [VIDEO, ("audio", "pcm_s24le")],
        ["stored as pcm_s24le"],
    ),
    "A-law to mkv": ("mov", {"sounds": ["pcm_alaw"]}, "mkv", [VIDEO, PCM], ["stored as pcm_s16le"]),
    "ADPCM to mp4": ("avi", {"sounds": ["adpcm_ms"]}, "mp4", [VIDEO, PCM], ["stored as pcm_s16le"]),
    "8 bits to mp4": ("mov", {"sounds": ["pcm_u8"]}, "mp4", [VIDEO, PCM], ["stored as pcm_s16le"]),
    "FLAC to mov": ("mkv", {"sounds": ["flac"]}, "mov", [VIDEO, PCM], ["stored as pcm_s16le"]),
    "ALAC to avi": ("mov", {"sounds": ["alac"], "bits": "s16p"}, "avi", [VIDEO, PCM], ["stored as pcm_s16le"]),
    "a second sound that mov cannot hold": (
        "mkv",
        {"sounds": ["aac", "libopus"]},
        "mov",
        [VIDEO, AAC],
        [r"audio stream 2 \(opus\) is left out: mov cannot hold it; .*b\.mkv would hold it"],
    ),
    "PCM beside AAC to ts": (
        "mov",
        {"sounds": ["aac", "pcm_s16le"]},
        "ts",
        [VIDEO, AAC],
        ["audio stream 2 .* is left out: mpegts cannot hold it"],
    ),
    "a cover to mkv": (
        "mp4",
        {"covers": ["mjpeg"]},
        "mkv",
        [VIDEO, ("video", "mjpeg")],
        ["cover picture 1 is kept as it is; no face in it is replaced"],
    ),
    "a cover from mkv": (
        "mkv",
        {"files": [("cover.jpg", "image/jpeg", JPEG)]},
        "mkv",
        [VIDEO, ("video", "mjpeg")],
        ["cover picture 1 is kept as it is"],
    ),
    "a cover from mkv to mp4": (
        "mkv",
        {"files": [("cover.jpg", "image/jpeg", JPEG)]},
        "mp4",
        [VIDEO, ("video", "mjpeg")],
        ["cover picture 1 is kept as it is"],
    ),
    "a png cover": ("mp4", {"covers": ["png"]}, "mp4", [VIDEO, ("video", "png")], ["is kept as it is"]),
    "a png cover to mkv": ("mp4", {"covers": ["png"]}, "mkv", [VIDEO, ("video", "png")], ["is kept as it is"]),
    "a cover to mov": (
        "mp4",
        {"covers": ["mjpeg"]},
        "mov",
        [VIDEO],
        ["cover picture 1 is left out: mov cannot hold it"],
    ),
    "a cover to ts": (
        "mp4",
        {"covers": ["mjpeg"]},
        "ts",
        [VIDEO],
        ["cover picture 1 is left out: mpegts cannot hold it"],
    ),
    "a cover to webm": ("mp4", {"covers": ["mjpeg"]}, "webm", [("video", "vp9")], ["cover picture 1 is left out"]),
    "a font": ("mkv", {"files": [FONT]}, "mkv", [VIDEO, ("attachment", None)], []),
    "a font to mp4": (
        "mkv",
        {"files": [FONT]},
        "mp4",
        [VIDEO],
        [r"attachment stream 1 \(.*\) is left out: mp4 cannot"],
    ),
    "another video": (
        "mp4",
        {"second": True},
        "mp4",
        [VIDEO],
        ["video stream 1 .* is left out: only the main video is kept, for faces in another"],
    ),
    "data": ("ts", {"sounds": ["aac"], "data": True}, "ts", [VIDEO, AAC, ("data", None)], []),
    "data elsewhere": (
        "ts",
        {"sounds": ["aac"], "data": True},
        "mp4",
        [VIDEO, AAC],
        ["data stream 2 .* is left out: data mean something in their own container only"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_becomes_of_other_streams(tmp_path: Path, case: str) -> None:
    ending, streams, into, there, words = CASES[case]
    path, out = bundle(tmp_path / f"a.{ending}", **streams), tmp_path / f"b.{into}"
    notes = [n for n in through(path, out) if "stores yuv" not in n]
    assert kinds(out) == there
    assert len(notes) == len(words)
    for note, pattern in zip(notes, words, strict=True):
        assert re.search(pattern, note), note


@pytest.mark.parametrize("into", ["mov", "mkv", "mp4"])
def test_a_codec_that_ffmpeg_does_not_know_is_left_out_alone(tmp_path: Path, into: str) -> None:
    path = unknown(bundle(tmp_path / "a.mov", sounds=["aac", "aac"]))
    (note,) = through(path, tmp_path / f"b.{into}")
    assert kinds(tmp_path / f"b.{into}") == [VIDEO, AAC]
    assert note == (
        "the audio stream 2 (a codec that FFmpeg does not know) is left out: no container can be told what it is"
    )


def test_where_the_only_sound_is_unknown_the_pictures_go_alone(tmp_path: Path) -> None:
    path = unknown(bundle(tmp_path / "a.mov", sounds=["aac"]))
    (note,) = through(path, tmp_path / "b.mp4")
    assert kinds(tmp_path / "b.mp4") == [VIDEO] and "left out" in note


ADVICE: dict[str, tuple[str, dict[str, Any], str, Encoding | None, str]] = {
    "AAC to webm": ("mp4", {"sounds": ["aac"]}, "webm", None, ".mkv"),
    "AVCHD to ts": ("m2ts", {"sounds": ["pcm_bluray"]}, "ts", None, ".mkv"),
    "Opus to mov": ("mkv", {"sounds": ["libopus"]}, "mov", None, ".mkv"),
    "Opus to flv, subtitles too": ("mkv", {"sounds": ["alac"], "words": ["subrip"]}, "flv", None, ".mkv"),
    "a codec that mov does not take": ("mkv", {"sounds": ["libopus"]}, "mov", Encoding("mpeg4"), ".mkv"),
}


@pytest.mark.parametrize("case", ADVICE)
def test_advice_is_good_when_it_is_followed(tmp_path: Path, case: str) -> None:
    """All sound would be lost: an error that names an output, and with that name nothing is lost."""
    ending, streams, into, encoding, instead = ADVICE[case]
    path = bundle(tmp_path / f"a.{ending}", **streams)
    with pytest.raises(OutputError, match=r"cannot hold the audio stream 1 \(") as raised:
        through(path, tmp_path / f"b.{into}", encoding)
    named = re.search(r"write to (\S+), which holds it", str(raised.value))
    assert named is not None and Path(named[1]) == tmp_path / f"b{instead}"
    through(path, Path(named[1]), encoding)
    assert [kind for kind, _ in kinds(Path(named[1]))] == [kind for kind, _ in kinds(path)]
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([path.name, f"b{instead}"])


def test_advice_does_not_name_the_input(tmp_path: Path) -> None:
    path = bundle(tmp_path / "a.mkv", sounds=["aac"])
    with pytest.raises(OutputError, match=r"write to .*/a-swapped\.mkv, which holds it"):
        through(path, tmp_path / "a.webm")
    through(path, tmp_path / "a-swapped.mkv")


def test_nobody_expects_sound_of_a_gif(tmp_path: Path) -> None:
    path = bundle(tmp_path / "a.mp4", sounds=["aac"])
    notes = through(path, tmp_path / "b.gif")
    assert any("left out: gif holds pictures only" in note for note in notes)
    with pytest.raises(OutputError, match=r"gif cannot hold the audio stream 1 \(aac\).*write to .*b\.mkv"):
        through(path, tmp_path / "b.gif", streams=Streams.STRICT)


STRICT: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "subtitles to ts": ("mkv", {"words": ["subrip"]}, "ts", r"mpegts cannot hold the subtitle stream 1 .*b\.mkv"),
    "styles": ("mkv", {"words": ["ass"]}, "mp4", r"subtitle stream 1 \(ass\) is lost: mp4 cannot hold it as.*b\.mkv"),
    "a font": ("mkv", {"files": [FONT]}, "mp4", r"mp4 cannot hold the attachment stream 1 .*b\.mkv"),
    "another video": ("mp4", {"second": True}, "mp4", r"video stream 1 .* is lost: only the main .*--streams all"),
    "data": ("ts", {"data": True}, "mp4", r"data stream 1 .* is lost: data mean.*write to .*b\.ts"),
}


@pytest.mark.parametrize("case", STRICT)
def test_strict_is_an_error_where_anything_would_be_lost(tmp_path: Path, case: str) -> None:
    ending, streams, into, words = STRICT[case]
    path = bundle(tmp_path / f"a.{ending}", **streams)
    with pytest.raises(OutputError, match=words):
        through(path, tmp_path / f"b.{into}", streams=Streams.STRICT)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    through(path, tmp_path / f"b.{into}", streams=Streams.ALL)


def test_strict_says_what_to_do_where_nothing_holds_a_stream(tmp_path: Path) -> None:
    path = unknown(bundle(tmp_path / "a.mov", sounds=["aac", "aac"]))
    with pytest.raises(OutputError, match="is lost: no container can be told what it is; give --streams all"):
        through(path, tmp_path / "b.mov", streams=Streams.STRICT)


@pytest.mark.parametrize(
    ("ending", "streams", "into"),
    [
        ("mp4", {"sounds": ["aac"], "words": ["mov_text"], "covers": ["mjpeg"]}, "mkv"),
        ("m2ts", {"sounds": ["pcm_bluray"]}, "mov"),
    ],
)
def test_strict_takes_what_is_converted_without_loss(
    tmp_path: Path, ending: str, streams: dict[str, Any], into: str
) -> None:
    path = bundle(tmp_path / f"a.{ending}", **streams)
    through(path, tmp_path / f"b.{into}", streams=Streams.STRICT)
    assert [kind for kind, _ in kinds(tmp_path / f"b.{into}")] == [kind for kind, _ in kinds(path)]


def test_a_sound_of_which_nothing_lies_near_the_beginning_is_noted(tmp_path: Path) -> None:
    """Joined of a recording without sound and one with it: FFmpeg learns too late what the sound is."""
    path = joined(tmp_path / "j.ts", part(tmp_path / "a.ts", 10, sound=False, frames=50), part(tmp_path / "b.ts", 5))
    with open_source(str(path)) as source:
        unread = not source.others()[0].codec_context.sample_rate  # type: ignore[attr-defined]
    if not unread:
        pytest.skip("this FFmpeg reads on until it knows")
    (note,) = through(path, tmp_path / "b.mp4")
    assert "left out: what it is cannot be told from the beginning of the file" in note
    assert kinds(tmp_path / "b.mp4") == [VIDEO]


def test_times_are_those_of_the_input(tmp_path: Path) -> None:
    path = bundle(tmp_path / "a.mp4", sounds=["aac"], words=["mov_text"])
    through(path, tmp_path / "b.mkv")
    before, after = said(path), said(tmp_path / "b.mkv")
    assert (
        [(a, n) for a, n, _ in after]
        == [(a, n) for a, n, _ in before]
        == [
            (Fraction(0), Fraction(2, 5)),
            (Fraction(1, 2), Fraction(3, 10)),
        ]
    )
