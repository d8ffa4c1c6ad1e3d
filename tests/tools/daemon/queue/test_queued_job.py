"""A job as a value, and as it is shown."""

import json

import pytest

from tools.daemon.queue.queued_job import FIELDS, JobState, QueuedJob, job_of_row, to_json

ROW = ("a" * 16, '{"target": "/v/a.mp4"}', "running", 3, 1.0, 2.0, None, 0.0, 1, "", 5, 20, 0)


def test_a_row_is_a_job() -> None:
    assert FIELDS.split(", ") == list(QueuedJob.__slots__)
    job = job_of_row(ROW)
    assert (job.state, job.request, job.frames, job.total, job.ended) == (
        JobState.RUNNING,
        {"target": "/v/a.mp4"},
        5,
        20,
        None,
    )


@pytest.mark.parametrize(
    ("state", "frames", "total", "progress"),
    [("running", 5, 20, 0.25), ("running", 5, None, 0.0), ("running", 30, 20, 1.0), ("done", 0, None, 1.0)],
)
def test_how_far_it_is(state: str, frames: int, total: int | None, progress: float) -> None:
    shown = to_json(job_of_row((*ROW[:2], state, *ROW[3:10], frames, total, 0)))
    assert shown["progress"] == progress


def test_what_is_not_waited_for_is_null_and_the_rest_is_json() -> None:
    shown = to_json(job_of_row(ROW))
    assert shown["not_before"] is None and shown["ended"] is None
    assert json.loads(json.dumps(shown)) == shown and "reached" not in shown
