"""Clips of other sizes: proportions, number of frames, repetition of short clips, rate."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from engines.errors import InputError
from tools.bench.file.rescale import fitted, rescale


@pytest.mark.parametrize(
    ("width", "height", "shorter", "size"),
    [
        (1920, 1080, 720, (1280, 720)),
        (480, 480, 1080, (1080, 1080)),
        (1080, 1920, 360, (360, 640)),
        (853, 480, 360, (640, 360)),
        (1279, 719, 64, (114, 64)),
    ],
)
def test_proportions_are_kept_and_sides_are_even(width: int, height: int, shorter: int, size: tuple[int, int]) -> None:
    assert fitted(width, height, shorter) == size


def test_a_short_clip_is_repeated_to_the_frames_wanted(tmp_path: Path) -> None:
    clip, out = tmp_path / "clip.mp4", tmp_path / "out.mp4"
    with av.open(str(clip), "w") as sink:
        video = sink.add_stream("libx264", rate=Fraction(30000, 1001))
        video.width, video.height, video.pix_fmt = 96, 64, "yuv420p"
        for n in range(5):
            image = np.full((64, 96, 3), 40 * n, np.uint8)
            sink.mux(video.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        sink.mux(video.encode(None))
    assert rescale(clip, out, 128, 12) == 12
    with av.open(str(out)) as made:
        frames = list(made.decode(video=0))
        assert made.streams.video[0].average_rate == Fraction(30000, 1001)
    assert [(f.width, f.height) for f in frames] == [(192, 128)] * 12
    means = [float(f.to_ndarray(format="gray").mean()) for f in frames]
    assert means[5:10] == pytest.approx(means[:5], abs=2)
    assert means[1] - means[0] > 20
    steps = {b.pts - a.pts for a, b in pairwise(frames) if a.pts is not None and b.pts is not None}
    assert len(steps) == 1


def test_a_clip_without_video_is_told(tmp_path: Path) -> None:
    clip = tmp_path / "tone.wav"
    with av.open(str(clip), "w") as sink:
        stream = sink.add_stream("pcm_s16le", rate=8000, layout="mono")
        block = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        block.sample_rate = 8000
        sink.mux(stream.encode(block))
    with pytest.raises(InputError, match="has no video stream"):
        rescale(clip, tmp_path / "out.mp4", 64, 3)
