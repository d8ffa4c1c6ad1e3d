"""The whole files that are damaged: small clips of every container, and pictures."""

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from tests.stream.bundles import bundle
from tests.stream.clips import make, picture
from tests.stream.parts import joined, part
from tests.tools.commands import portrait

JPEG = cv2.imencode(".jpg", picture(0, 32, 32))[1].tobytes()


def wholes(folder: Path) -> list[Path]:
    """Writes them and returns their paths, always in the same order."""
    folder.mkdir(parents=True, exist_ok=True)
    fragments = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    fonts = [("cover.jpg", "image/jpeg", JPEG), ("f.ttf", "application/x-truetype-font", b"no font")]
    return [
        _face(folder / "face.mp4"),
        bundle(folder / "all.mp4", sounds=["aac"], words=["mov_text"], covers=["mjpeg"], frames=12),
        make(
            folder / "first.mp4", audio="aac", container={"movflags": "faststart"}, chapters=True, options={"bf": "2"}
        ),
        make(folder / "fragments.mp4", frames=24, audio="aac", container=fragments, options={"g": "8"}),
        make(folder / "turned.mov", rotation=90, audio="pcm_s16le"),
        make(
            folder / "odd.mp4",
            times=[0, 40, 90, 91, 260, 300, 301, 500, 990, 1000, 1700, 1710],
            time_base=Fraction(1, 1000),
        ),
        bundle(folder / "all.mkv", sounds=["aac", "flac"], words=["subrip", "ass"], files=fonts, frames=12),
        make(folder / "deep.mkv", codec="ffv1", pix_fmt="yuv422p10le", frames=4, options={}),
        make(
            folder / "a.webm",
            codec="libvpx-vp9",
            audio="libopus",
            frames=6,
            options={"deadline": "realtime", "cpu-used": "8"},
        ),
        make(folder / "a.avi", codec="mpeg4", audio="mp2", options={}),
        part(folder / "a.ts", 10, frames=20, reorder=2),
        joined(folder / "joined.ts", part(folder / "b.ts", 10, frames=12), part(folder / "c.ts", 3, frames=12)),
        bundle(folder / "a.m2ts", sounds=["pcm_bluray"], frames=12),
        part(folder / "a.mpg", 5, frames=20),
        make(folder / "a.flv", audio="aac"),
        make(folder / "a.h264"),
        _still(folder / "a.jpg"),
        _still(folder / "a.png"),
        _still(folder / "a.webp"),
        _still(folder / "a.tif"),
    ]


def _still(path: Path) -> Path:
    image = np.asarray(cv2.resize(portrait()[:400, 60:460], (200, 200), interpolation=cv2.INTER_AREA), np.uint8)
    cv2.imwrite(str(path), image[..., ::-1])
    return path


def _face(path: Path) -> Path:
    """A face that drifts, so that painting has something to do."""
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", 25, options={"preset": "ultrafast", "g": "6"})
        video.width = video.height = 192
        video.pix_fmt = "yuv420p"
        for index in range(10):
            view = np.ascontiguousarray(portrait()[:400, 60 + index : 460 + index])
            image = np.asarray(cv2.resize(view, (192, 192), interpolation=cv2.INTER_AREA), np.uint8)
            out.mux(video.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        out.mux(video.encode(None))
    return path
