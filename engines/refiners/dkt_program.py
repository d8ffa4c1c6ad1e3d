"""DKT ("Diffusion Knows Transparency", arXiv 2512.23705) as a program: frames in, relative depth out.

Runs in DKT's own environment: its repository brings a top-level package `tools`, which would hide ours. Only
`engines.refiners.wire` is taken from here, and our folder comes last in the search path.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np


def main() -> None:
    """--repository: a checkout of DKT; its checkpoints lie in or are fetched into the working directory that it is run
    from. --model: a checkpoint's name or folder, DKT's default where empty."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--repository", required=True)
    words.add_argument("--model", default="")
    words.add_argument("--large", action="store_true", help="a 14B checkpoint")
    given = words.parse_args()
    sys.path[0] = given.repository  # in place of this folder, whose dkt.py is not DKT
    sys.path.append(str(Path(__file__).resolve().parents[2]))
    os.chdir(given.repository)  # where it looks for checkpoints
    from engines.refiners.wire import Answer, serve

    def prepare() -> Answer:
        from dkt.pipelines.pipelines import DKTPipeline  # type: ignore[import-not-found,unused-ignore]

        model = DKTPipeline(given.model or None, is14B=given.large, is_depth=True)
        return lambda note, arrays: {"depth": depth(model, arrays["frames"], note)}

    serve(prepare)


def depth(pipe: Any, frames: Any, note: dict[str, Any]) -> Any:
    """float32 (n, h, w), nearer is larger. frames: uint8 (n, h, w, 3) RGB; DKT takes a file, here a lossless one."""
    import cv2

    count, tall, wide = frames.shape[:3]
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "frames.avi")
        film = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*"FFV1"), 25, (wide, tall))
        for frame in frames:
            film.write(np.ascontiguousarray(frame[..., ::-1]))
        film.release()
        found = pipe(
            path,
            height=int(note.get("height", 480)),
            width=int(note.get("width", 832)),
            num_inference_steps=int(note.get("steps", 5)),
            window_size=int(note.get("window", 21)),
            overlap=int(note.get("overlap", 3)),
        )
    out = np.asarray(found["depth_map"], np.float32)
    if out.shape != (count, tall, wide):
        raise ValueError(f"DKT gave depth of {out.shape} for frames of {frames.shape[:3]}")
    return out


if __name__ == "__main__":
    main()
