"""A job on the terminal: what is printed, which code is returned, and how Ctrl-C ends it."""

import os
import signal
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from stream.frame import Route
from stream.jobs.job import SwapJob
from stream.jobs.result import Follow, JobResult
from stream.pipeline.misses import MissLog
from stream.pipeline.spec import SwapSpec
from stream.telemetry.stats import Stats
from tools.cli.progress import open_progress
from tools.swap import show

JOB = SwapJob(SwapSpec(((Path("face.png"),),)), "in.mp4", "out.mp4")


def result(frames: int, whole: bool) -> JobResult:
    stats = Stats()
    for _ in range(frames):
        stats.routed(Route.FAST, 0.01)
        with stats.time("encode"):
            pass
    misses = MissLog()
    warnings = ("a face to paint was missed",) if frames else ()
    return JobResult("out.mp4", whole, stats.table(), misses, (), warnings, "marked: so and so" if frames else None)


def carried(monkeypatch: pytest.MonkeyPatch, end: JobResult, interrupted: bool = False) -> None:
    """Lets the job end so, without doing any of it."""

    def swap_clip(job: SwapJob, follow: Follow, stop: threading.Event) -> JobResult:
        with follow(40) as progress:
            progress.say("note: a note of the networks")
            if interrupted:
                os.kill(os.getpid(), signal.SIGINT)
                assert stop.wait(1)
        return end

    monkeypatch.setattr(show, "swap_clip", swap_clip)


def test_what_was_made_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    carried(monkeypatch, result(20, True))
    assert show.clip(JOB, quiet=False) == 0
    said = capsys.readouterr()
    assert "wrote out.mp4" in said.out and "20 frames in" in said.out and "marked: so and so" in said.out
    assert "note: a face to paint was missed" in said.out
    assert "note: a note of the networks" in said.err


def test_a_name_is_shown_as_it_is(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Square brackets are the terminal library's markup, and belong to names here."""
    for name in ("o [red].mp4", "d[/b].mp4"):
        carried(monkeypatch, replace(result(20, True), output=name))
        assert show.clip(replace(JOB, output=name), quiet=False) == 0
        assert f"wrote {name}" in capsys.readouterr().out


def test_quiet_says_nothing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    carried(monkeypatch, result(20, True))
    assert show.clip(JOB, quiet=True) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "")


@pytest.mark.parametrize(
    ("frames", "words"),
    [(13, "stopped early: the first 13 frames are in out.mp4"), (0, "before the first frame; there is no out.mp4")],
)
def test_the_first_interruption_keeps_what_was_made(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], frames: int, words: str
) -> None:
    carried(monkeypatch, result(frames, False), interrupted=True)
    assert show.clip(JOB, quiet=False) == show.INTERRUPTED == 130
    said = capsys.readouterr()
    assert words in " ".join(said.out.split())
    assert "Ctrl-C again to drop it" in " ".join(said.err.split())


def test_the_second_interruption_ends_all_and_the_usual_handler_comes_back() -> None:
    before, stop = signal.getsignal(signal.SIGINT), threading.Event()
    with open_progress(None, quiet=True) as progress, show.interruptible(stop, progress.say):
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_thread_that_is_not_the_main_one_leaves_signals_alone() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen: list[object] = []

    def work() -> None:
        with open_progress(None, quiet=True) as progress, show.interruptible(threading.Event(), progress.say):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]
