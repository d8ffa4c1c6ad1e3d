"""Small programs that speak the refiners' protocol, for tests of who asks them."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
HEAD = """
import os, sys, time
import numpy
sys.path.append({root!r})
from engines.refiners.wire import send, serve
"""
DEAF = """
send(os.fdopen(os.dup(1), "wb"), {"ready": True}, {})
time.sleep(60)
"""

PIPELINE = """
import cv2, numpy
from tools.common_utils import HERE  # its own package, not ours

class DKTPipeline:
    def __init__(self, model_path=None, is14B=False, is_depth=True):
        print("loading", model_path, is14B, is_depth)
        if model_path == "broken":
            raise OSError("no such checkpoint")
        self.crop = 4 if model_path == "cropped" else 0

    def __call__(self, video_file, height=480, width=832, num_inference_steps=5, window_size=21, overlap=3):
        assert (height, width, num_inference_steps, window_size, overlap) == (480, 832, 5, 21, 3) and HERE == "DKT"
        film, frames = cv2.VideoCapture(video_file), []
        while (one := film.read())[0]:
            frames.append(one[1][..., 2])  # red
        depth = numpy.stack(frames).astype(numpy.float32) / 255
        return {"depth_map": depth[:, self.crop:], "colored_depth_map": []}
"""


def written(folder: Path, answer: str, deaf: bool = False) -> Path:
    """A program that serves the function `answer`; deaf: one that says it is ready and then sleeps."""
    path = folder / "program.py"
    path.write_text(HEAD.format(root=str(ROOT)) + answer + (DEAF if deaf else "") + "\nserve(lambda: answer)\n")
    return path


def dkt_repository(folder: Path) -> Path:
    """A checkout with DKT's interface, whose depth is the film's red; it brings a package `tools`, as DKT does."""
    for name in ("dkt/pipelines", "tools"):
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").touch()
    (folder / "dkt" / "__init__.py").touch()
    (folder / "dkt" / "pipelines" / "pipelines.py").write_text(PIPELINE)
    (folder / "tools" / "common_utils.py").write_text('HERE = "DKT"\n')
    return folder
