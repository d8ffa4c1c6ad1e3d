"""A clip's frames from the middle on."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from stream.media.source import open_source
from stream.qa.reading import frames_from


def clip(path: Path, offset: int) -> Path:
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=25, options={"x264-params": "keyint=8"})
        video.width, video.height, video.pix_fmt = 32, 32, "yuv420p"
        for i in range(24):
            frame = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 10 * i, np.uint8), "rgb24")
            frame.pts, frame.time_base = i + offset, Fraction(1, 25)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
    return path


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts"])
@pytest.mark.parametrize("offset", [0, 40])
def test_each_frame_has_the_number_and_the_picture_that_it_has_in_the_whole_clip(
    tmp_path: Path, name: str, offset: int
) -> None:
    path = str(clip(tmp_path / name, offset))
    with open_source(path) as source:
        whole = [(frame.seconds, int(frame.picture.small(8, 8).mean())) for frame in source.frames()]
    times = [seconds for seconds, _ in whole]
    for first, last in ((0, 3), (1, 1), (9, 20), (23, 23)):
        part = list(frames_from(path, times, first, last))
        assert [index for index, _ in part] == list(range(first, last + 1))
        for index, frame in part:
            assert frame.seconds == pytest.approx(times[index])
            assert int(frame.picture.small(8, 8).mean()) == whole[index][1]
