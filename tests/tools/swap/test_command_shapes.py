"""`understudy swap` on pictures of every shape, end to end with the real networks: joined sizes, mirrors, pixels that
are not square, HDR, transparency, animations. What is looked at is where the face was seen and what was painted there.
"""

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from PIL import Image

from engines.values import U8, Rect
from stream.frame import Frame
from stream.media.source import open_source
from stream.media.still import read_image
from stream.pixels.planes import Planes
from stream.pixels.transfer import nits_to_pq, srgb_to_light
from stream.stills.colours import read_colours
from tests.stream.media.video.joined import segment
from tests.stream.media.video.test_animation import read
from tests.stream.stills.profiles import display_p3
from tests.tools.commands import AGREED, needs_models, portrait, understudy

pytestmark = needs_models
FRAMES = 5
FACE = (225.0, 128.0, 94.0)  # the portrait's face: centre and width, pixels of 512


@pytest.fixture(scope="module")
def face(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("face") / "face.png"
    cv2.imwrite(str(path), np.clip(portrait().astype(int)[:, ::-1, ::-1] * 0.8, 0, 255).astype(np.uint8))
    return path


def view(width: int, height: int) -> U8:
    """The portrait's upper part, as a picture of this size."""
    part = portrait()[: round(512 * height / max(width, height)), : round(512 * width / max(width, height))]
    return np.asarray(cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def write(
    path: Path,
    rgb: U8,
    pix_fmt: str = "yuv420p",
    codec: str = "libx264",
    then: Callable[[Any], object] = lambda _: None,
) -> Path:
    with av.open(str(path), "w") as out:
        options = {"x265-params": "log-level=error"} if codec == "libx265" else {}
        stream: Any = out.add_stream(codec, 25, options=options)
        stream.height, stream.width = rgb.shape[:2]
        stream.pix_fmt = pix_fmt
        then(stream)
        kind = {1: {3: "rgb24", 4: "rgba"}, 2: {3: "rgb48le"}}[rgb.itemsize][rgb.shape[2]]
        for i in range(FRAMES):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format=kind)
            frame = frame.reformat(format=pix_fmt, dst_colorspace=stream.codec_context.colorspace, dst_color_range=1)
            frame.pts = i
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def swapped(face: Path, target: Path, output: Path, *more: object) -> tuple[list[dict[str, Any]], str]:
    """The report's frames, and all that was said."""
    report = output.with_suffix(".json")
    result = understudy("swap", AGREED, "-y", "-s", face, target, output, "--report", report, *more)
    assert result.returncode == 0, result.stderr
    return json.loads(report.read_text())["frames"], result.stdout + result.stderr


def frames_of(path: Path) -> list[Frame]:
    with open_source(str(path)) as source:
        return list(source.frames())


def whole(frame: Frame) -> U8:
    return frame.picture.rgb(Rect(0, 0, frame.picture.width, frame.picture.height))


def face_at(frames: list[dict[str, Any]], width: float, height: float, k: float) -> None:
    """Every frame was painted, and the face seen where it is: `k` pixels to one of the portrait's."""
    assert len(frames) == FRAMES
    for frame in frames:
        assert frame["route"] != "pass"
        (track,) = frame["tracks"]
        x0, y0, x1, y1 = track["box"]
        assert (x0 + x1) / 2 == pytest.approx(FACE[0] * k, abs=0.35 * FACE[2] * k)
        assert (y0 + y1) / 2 == pytest.approx(FACE[1] * k, abs=0.35 * FACE[2] * k)
        assert x1 - x0 == pytest.approx(FACE[2] * k, rel=0.25)
        assert 0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height


def painted(before: Path, after: Path, k: float, rest: float = 4) -> None:
    """The face was changed, and far from it next to nothing: `rest` levels on the mean."""
    a, b = (whole(frames_of(p)[2]).astype(int) for p in (before, after))
    assert a.shape == b.shape
    x, y, r = (round(v * k) for v in (FACE[0], FACE[1], FACE[2] / 4))
    assert np.abs(a - b)[y - r : y + r, x - r : x + r].mean() > 6
    assert np.abs(a - b)[round(300 * k) :].mean() < rest


def test_sizes_that_change_are_painted_from_their_first_frame_on(face: Path, tmp_path: Path) -> None:
    target = tmp_path / "in.ts"
    one = segment(tmp_path / "1", [view(400, 400)] * FRAMES)
    two = segment(tmp_path / "2", [view(240, 400)] * FRAMES, FRAMES)
    three = segment(tmp_path / "3", [view(320, 320)] * FRAMES, 2 * FRAMES)
    target.write_bytes(one + two + three)
    frames, said = swapped(face, target, tmp_path / "out.mp4")
    assert [f["route"] != "pass" for f in frames] == [True] * 3 * FRAMES
    assert said.count("note: at 0.") == 1 and "the picture changes from 400x400 to 240x400" in said
    assert {(f.picture.width, f.picture.height) for f in frames_of(tmp_path / "out.mp4")} == {(400, 400)}
    x0, _, x1, _ = frames[FRAMES + 1]["tracks"][0]["box"]
    assert x1 - x0 == pytest.approx(FACE[2] * 400 / 512, rel=0.25), "not squashed"
    assert (x0 + x1) / 2 == pytest.approx(80 + FACE[0] * 400 / 512, abs=25), "between black edges"


@pytest.mark.parametrize("into", ["out.mp4", "out.mkv"])
def test_a_mirrored_clip(face: Path, tmp_path: Path, into: str) -> None:
    target = write(tmp_path / "in.mp4", view(400, 400)[:, ::-1], then=lambda s: s.set_display_rotation(0, hflip=True))
    frames, _ = swapped(face, target, tmp_path / into)
    face_at(frames, 400, 400, 400 / 512)
    painted(target, tmp_path / into, 400 / 512)


@pytest.mark.parametrize("aspect", [Fraction(16, 11), Fraction(2), Fraction(8, 9)])
def test_pixels_that_are_not_square(face: Path, tmp_path: Path, aspect: Fraction) -> None:
    shown = view(400, 400)
    size = (round(400 / aspect) // 2 * 2, 400) if aspect > 1 else (400, round(400 * aspect) // 2 * 2)
    stored = np.asarray(cv2.resize(shown, size, interpolation=cv2.INTER_AREA), np.uint8)

    def shape(stream: Any) -> None:
        stream.codec_context.sample_aspect_ratio = aspect

    frames, _ = swapped(face, write(tmp_path / "in.mp4", stored, then=shape), tmp_path / "out.mp4")
    face_at(frames, 402, 402, 400 / 512)
    painted(tmp_path / "in.mp4", tmp_path / "out.mp4", 400 / 512)
    with open_source(str(tmp_path / "out.mp4")) as made:
        assert (made.info.width, made.info.height, made.info.aspect) == (*size, aspect), "samples stay the file's own"


def test_hdr_is_painted_as_sdr_is(face: Path, tmp_path: Path) -> None:
    """The same scene in PQ and in sRGB comes out alike, seen as sRGB."""
    shown = view(400, 400)
    deep = np.rint(nits_to_pq(203 * srgb_to_light(shown / 255)) * 65_535).astype(np.uint16)

    def tags(stream: Any) -> None:
        c = stream.codec_context
        c.color_primaries, c.color_trc, c.colorspace, c.color_range = 1, 16, 1, 1

    hdr = write(tmp_path / "hdr.mp4", deep, "yuv444p10le", "libx265", tags)  # type: ignore[arg-type]
    sdr = write(tmp_path / "sdr.mp4", shown, "yuv444p")
    frames, _ = swapped(face, hdr, tmp_path / "hdr_out.mp4")
    face_at(frames, 400, 400, 400 / 512)
    swapped(face, sdr, tmp_path / "sdr_out.mp4")
    a, b = (whole(frames_of(tmp_path / f"{kind}_out.mp4")[2]).astype(int) for kind in ("hdr", "sdr"))
    assert np.abs(a - b)[60:140, 130:220].mean() < 8
    painted(hdr, tmp_path / "hdr_out.mp4", 400 / 512)
    with open_source(str(tmp_path / "hdr_out.mp4")) as made:
        assert (made.info.codec, made.info.colour.transfer) == ("hevc", 16)


def test_a_transparent_clip(face: Path, tmp_path: Path) -> None:
    alpha = np.zeros((400, 400), np.uint8)
    alpha[:, :320] = 255
    target = write(tmp_path / "in.mov", np.dstack([view(400, 400), alpha]), "yuva444p10le", "prores_ks")
    frames, said = swapped(face, target, tmp_path / "out.mov")
    face_at(frames, 400, 400, 400 / 512)
    assert "transparency" not in said
    picture = frames_of(tmp_path / "out.mov")[2].picture
    assert isinstance(picture, Planes)
    assert np.abs(picture.alpha().astype(int) - alpha)[:, np.r_[:310, 330:400]].max() <= 2
    _, said = swapped(face, target, tmp_path / "out.mp4")
    assert "note: the picture's transparency is left out: libx264 in mp4" in said


@pytest.mark.parametrize(
    ("ending", "into"),
    [("webp", "out.webp"), ("webp", "out.mp4"), ("gif", "out.gif"), ("gif", "out.mp4"), ("png", "out.webp")],
)
def test_an_animation(face: Path, tmp_path: Path, ending: str, into: str) -> None:
    target = tmp_path / f"in.{ending}"
    animation: Any = cv2.Animation()
    animation.frames = [view(400, 400)[..., ::-1].copy() for _ in range(FRAMES)]
    for i, one in enumerate(animation.frames):
        one[380:, : 20 * i] = 0  # no two pictures are the same
    animation.durations = np.array([80, 120, 40, 80, 200], np.int32)
    assert cv2.imwriteanimation(str(target), animation)
    frames, _ = swapped(face, target, tmp_path / into)
    face_at(frames, 400, 400, 400 / 512)
    if into.endswith("mp4"):
        times = [f.seconds for f in frames_of(tmp_path / into)]
    else:
        times = [float(t) for t in read(tmp_path / into)[1]]
    assert times == pytest.approx([0, 0.08, 0.2, 0.24, 0.32], abs=0.006)
    rest = 15 if "gif" in (ending, into[-3:]) else 4  # a GIF's grain is made anew
    painted(target, tmp_path / into, 400 / 512, rest)


def test_a_photo_in_other_colours_is_painted_in_its_own(face: Path, tmp_path: Path) -> None:
    """The same picture as sRGB and as Display P3, source and target: seen alike, and each stays what it is."""
    colours = read_colours(display_p3())
    assert colours is not None
    plain = {"target": view(320, 320), "face": read_image(str(face))}
    for name, rgb in plain.items():
        black = np.zeros_like(rgb)
        Image.fromarray(rgb).save(tmp_path / f"{name}-srgb.png")
        wide = Image.fromarray(colours.moved(black, black, rgb))
        wide.save(tmp_path / f"{name}-p3.png", icc_profile=display_p3())
        wide.save(tmp_path / f"{name}-p3.tif", icc_profile=display_p3())
    shown = []
    for kind, sort in (("srgb", ".png"), ("p3", ".tif")):
        out = tmp_path / f"{kind}-out.tif"
        swapped(tmp_path / f"face-{kind}.png", tmp_path / f"target-{kind}{sort}", out)
        shown.append(read_image(str(out)).astype(int))
    assert np.abs(shown[0] - shown[1]).mean() < 1.5 and np.abs(shown[0] - plain["target"]).max() > 40
    with Image.open(tmp_path / "p3-out.tif") as made:
        assert made.info["icc_profile"] == display_p3()
    told = understudy("verify", tmp_path / "p3-out.tif", "--json")
    found = json.loads(told.stdout)
    assert told.returncode == 0 and found["c2pa"]["state"] == "trusted" and found["watermark"]["found"]
