"""Which way a job goes: as a picture, or as a clip, of which an animation is one."""

from engines.errors import OutputError
from stream.jobs.job import SwapJob
from stream.media.still import is_image
from stream.media.video.animation import moves


def is_picture_job(job: SwapJob) -> bool:
    """Whether the target is a picture that does not move. Raises OutputError where a video would become one."""
    picture = job.target != "-" and is_image(job.target)
    if not picture and job.output is not None and is_image(job.output) and not moves(job.target, job.output):
        raise OutputError(
            f"{job.output} would be a picture, and {job.target} is a video; write to a .mp4, or take one frame with"
            f" --preview {job.output}"
        )
    return picture
