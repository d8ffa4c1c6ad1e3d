"""Before and after side by side, as a clip and as a picture; marked and signed as any output with a replaced face."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np

from engines.errors import InputError
from engines.values import U8, Rect
from stream.jobs.job import SwapJob
from stream.jobs.marking import open_marks
from stream.marks.happened import WhatHappened
from stream.marks.maker import version
from stream.media.atomicfile import AtomicFile
from stream.media.source import open_source
from stream.media.still import write_image
from stream.picture import Picture

HEIGHT = 720  # pixels of either half, at most
GAP = 8  # pixels of white between before and after


def compare(job: SwapJob, happened: WhatHappened, clip: Path, picture: Path) -> None:
    """job: what was done; its target is shown beside its output. happened: what the output's record says. clip: an mp4.
    picture: of the middle frame. Raises UnderstudyError; nothing is then left under the final names."""
    assert job.output is not None
    marks = open_marks(replace(job, output=str(clip)), str(clip))
    total = max(1, happened.frames)
    middle: U8 | None = None
    with AtomicFile(clip) as partial:
        with av.open(str(partial), "w", format="mp4") as out:
            for index, (both, base, pts) in enumerate(_pairs(job.target, job.output)):
                if index == 0:
                    video = out.add_stream("libx264", rate=25, options={"preset": "veryfast", "crf": "20"})
                    video.height, video.width = both.shape[:2]
                    video.pix_fmt, video.codec_context.time_base = "yuv420p", base
                if index == total // 2 or middle is None:
                    middle = both
                marked = both if marks.marker is None else marks.marker.mark_rgb(both, index)
                frame = av.VideoFrame.from_ndarray(marked, "rgb24")
                frame.pts, frame.time_base = pts, base
                out.mux(video.encode(frame))
            if middle is None:
                raise InputError(f"{job.target} has no frame to show")
            out.mux(video.encode(None))
        marks.sign(partial, version(), happened, job.ingredient)
    still = open_marks(replace(job, output=str(picture)), str(picture))
    shown = middle if still.marker is None else still.marker.mark_rgb(middle)
    one = replace(happened, made=datetime.now(UTC), frames=1, painted=min(1, happened.painted), covered=0, routes={})
    write_image(str(picture), shown, finishing=lambda path: still.sign(path, version(), one, job.ingredient))


def _pairs(before: str, after: str) -> Iterator[tuple[U8, Fraction, int]]:
    """Both clips' frames of one number side by side, uint8 (h, w, 3) RGB of even size; the first one's time."""
    with open_source(before) as first, open_source(after) as second:
        for one, other in zip(first.frames(), islice(second.frames(), None), strict=False):
            left, right = (_half(frame.picture) for frame in (one, other))
            right = right if right.shape == left.shape else np.asarray(cv2.resize(right, left.shape[1::-1]), np.uint8)
            gap = np.full((left.shape[0], GAP, 3), 255, np.uint8)
            yield np.ascontiguousarray(np.concatenate([left, gap, right], axis=1)), one.time_base, one.pts


def _half(picture: Picture) -> U8:
    scale = min(1.0, HEIGHT / picture.height)
    if scale == 1.0:
        width, height = picture.width // 2 * 2, picture.height // 2 * 2
        return picture.rgb(Rect(0, 0, width, height))
    return picture.small(round(picture.width * scale) // 2 * 2, round(picture.height * scale) // 2 * 2)
