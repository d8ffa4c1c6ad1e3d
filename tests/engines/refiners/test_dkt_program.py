"""What DKT's program makes of frames before it asks DKT: a lossless film, its settings, and a check of what comes back.
DKT itself is a function here; loading it from its repository is in test_dkt.py."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from engines.refiners.dkt_program import depth
from engines.values import U8


class Pipe:
    """Keeps what it was asked, reads the film, answers its green."""

    def __init__(self) -> None:
        self.asked: dict[str, Any] = {}
        self.film: list[U8] = []
        self.path = ""

    def __call__(self, path: str, **asked: Any) -> dict[str, Any]:
        self.path, self.asked, film = path, asked, cv2.VideoCapture(path)
        self.film = []
        while (one := film.read())[0]:
            self.film.append(np.asarray(one[1][..., ::-1], np.uint8))
        return {"depth_map": np.stack(self.film)[..., 1]}


FRAMES = np.random.default_rng(2).integers(0, 256, (3, 32, 48, 3), np.uint8)


def test_the_film_is_the_frames_bit_for_bit_and_gone_afterwards() -> None:
    pipe = Pipe()
    found = depth(pipe, FRAMES, {})
    assert np.array_equal(np.stack(pipe.film), FRAMES)
    assert found.dtype == np.float32 and np.array_equal(found, FRAMES[..., 1])
    assert not Path(pipe.path).parent.exists()


def test_settings_of_the_message_reach_dkt_and_the_rest_are_its_own() -> None:
    pipe = Pipe()
    depth(pipe, FRAMES, {"steps": 2, "height": 240})
    assert pipe.asked == {"height": 240, "width": 832, "num_inference_steps": 2, "window_size": 21, "overlap": 3}


def test_depth_of_too_few_frames_is_refused() -> None:
    def short(path: str, **asked: Any) -> dict[str, Any]:
        return {"depth_map": np.zeros((2, 32, 48), np.float32)}

    with pytest.raises(ValueError, match=r"DKT gave depth of \(2, 32, 48\) for frames of \(3, 32, 48\)"):
        depth(short, FRAMES, {})
