"""Which way a job goes, by what is in its target and how its output is called."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.errors import OutputError
from stream.jobs.job import SwapJob
from stream.jobs.kinds import is_picture_job
from stream.pipeline.spec import SwapSpec
from tests.stream import clips


def test_pictures_clips_and_animations_are_told_apart(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "still.png"), np.zeros((8, 8, 3), np.uint8))
    clips.make(tmp_path / "clip.mp4", frames=2)
    clips.make(tmp_path / "moving.gif", frames=2, codec="gif", pix_fmt="rgb8")

    def way(target: str, output: str | None) -> bool:
        return is_picture_job(SwapJob(SwapSpec(), str(tmp_path / target), output))

    assert way("still.png", "out.png") and way("still.png", None)
    assert not way("clip.mp4", "out.mp4") and not way("moving.gif", "out.gif") and not way("clip.mp4", "out.gif")
    with pytest.raises(OutputError, match=r"out.png would be a picture, and .*clip.mp4 is a video"):
        way("clip.mp4", "out.png")
