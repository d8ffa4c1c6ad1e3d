"""What stands under an output's name: nothing, a whole file, an output stopped early, a broken one."""

import threading
from pathlib import Path

import cv2
import numpy as np
import pytest

from stream.frame import Done, Plan
from stream.jobs.clip import swap_clip
from stream.jobs.done import Standing, standing
from stream.jobs.job import SwapJob
from stream.media.codecs import Encoding
from stream.pipeline.spec import SwapSpec
from tests.stream import clips
from tests.stream.jobs.stages import stages


@pytest.fixture(autouse=True)
def own_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNDERSTUDY_SIGNING", str(tmp_path / "signing"))


def test_files_of_others_are_read_to_their_end(tmp_path: Path) -> None:
    assert standing(tmp_path / "none.mp4") is Standing.NOTHING
    whole = clips.make(tmp_path / "whole.mp4", frames=30)
    assert standing(whole) is Standing.DONE
    data = whole.read_bytes()
    middle = data.find(b"mdat") + 600
    (tmp_path / "broken.mp4").write_bytes(data[:middle] + bytes(3000) + data[middle + 3000 :])
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    for name in ("broken.mp4", "empty.mp4", "cut.png"):
        assert standing(tmp_path / name) is Standing.BROKEN, name
    cv2.imwrite(str(tmp_path / "whole.png"), np.zeros((8, 8, 3), np.uint8))
    assert standing(tmp_path / "whole.png") is Standing.DONE


def test_outputs_of_ours_are_known_by_their_signed_record(tmp_path: Path) -> None:
    target, stop = clips.make(tmp_path / "in.mp4", frames=200, size=(256, 256)), threading.Event()

    def made(name: str, frames: int) -> Path:
        known = stages()

        def paint(plan: Plan) -> Done:
            if plan.scene.frame.index == frames:
                stop.set()
            return known.stages.paints[0](plan)

        job = SwapJob(SwapSpec(), str(target), str(tmp_path / name), Encoding(threads=1))
        swap_clip(job, stop=stop, opener=known.painting(paint).opener)
        return tmp_path / name

    whole = made("whole.mp4", 500)
    assert standing(whole) is Standing.DONE
    data = bytearray(whole.read_bytes())
    data[data.find(b"mdat") + 100] ^= 1
    (tmp_path / "bent.mp4").write_bytes(data)
    assert standing(tmp_path / "bent.mp4") is Standing.BROKEN
    assert standing(made("early.mp4", 10)) is Standing.EARLY
