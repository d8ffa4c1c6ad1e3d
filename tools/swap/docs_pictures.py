"""The documents' pictures, made again by `make docs-pictures`: of portraits in the public domain, and of nothing
else."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from engines.errors import InputError
from engines.values import U8

WIDTH = 1280  # pixels, at most
QUALITY = 85  # of JPEG


def shown(picture: U8) -> U8:
    """A picture uint8 (h, w, 3) as wide as documents want it, with the same proportions; never larger than it was."""
    height, width = picture.shape[:2]
    if width <= WIDTH:
        return picture
    size = (WIDTH, round(height * WIDTH / width))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def before_after(demo: Path, to: Path) -> Path:
    """demo: a folder that `understudy demo` has filled. Its picture of before and after, as a JPEG in the folder `to`.
    Raises InputError where there is none."""
    picture = cv2.imread(str(demo / "compare.png"))
    if picture is None:
        raise InputError(f"{demo} holds no compare.png; run `understudy demo --out {demo}`")
    to.mkdir(parents=True, exist_ok=True)
    path = to / "before-after.jpg"
    path.write_bytes(
        cv2.imencode(".jpg", shown(np.asarray(picture, np.uint8)), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()
    )
    return path


def main(to: Path) -> None:
    from tools.swap.demo import demo

    with TemporaryDirectory() as folder:
        demo(folder=Path(folder), seconds=3)
        print(before_after(Path(folder), to))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
