"""What a process has to know of the one before it: kept whole, read as it was, and told from what goes with it."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import pytest

from engines.values import Box
from stream.frame import Frame, Route
from stream.pipeline.guard import Missed, Reason
from stream.pipeline.misses import MissLog, in_words
from stream.pixels.planes import Planes
from tests.tools.daemon.disks import no_writes
from tools.daemon.files.fingerprint import Fingerprint
from tools.daemon.files.output_folder import PlacedFile
from tools.daemon.process.resume import Account, FrameCounter, KeptState, ResumeState

A, B = Fingerprint(5, 100, "aa"), Fingerprint(5, 100, "bb")


def misses() -> MissLog:
    log = MissLog()
    log.add(0.0, True, ())
    log.add(0.04, False, (Missed(1, Reason.LOST, Box(1, 2, 3, 4)),))
    return log


STATE = ResumeState(
    session=7,
    total=120,
    account=Account({"fast": 3}, 5, 2, 1, misses().spans, {0: 5}, 7),
    resumed=2,
    inputs={"/v/a.mp4": A},
    placing=(PlacedFile("out.mp4", 1, 2, 3, 4),),
)


def test_it_is_read_as_it_was_kept(tmp_path: Path) -> None:
    assert ResumeState.read(tmp_path) == ResumeState()
    STATE.keep(tmp_path)
    assert ResumeState.read(tmp_path) == STATE


@pytest.mark.parametrize("text", ["", '{"account": {"ro', "[]", "{}", '{"session": null, "routes": {}}'])
def test_half_a_file_and_another_version_s_are_none(tmp_path: Path, text: str) -> None:
    """Pieces without a state that goes with them are not used."""
    (tmp_path / "state.json").write_text(text)
    assert ResumeState.read(tmp_path) == ResumeState()


def test_pieces_go_with_inputs_of_the_same_content(tmp_path: Path) -> None:
    state = ResumeState(inputs={"/v/a.mp4": A, "/v/f.png": B})
    assert state.is_of({"/v/f.png": B, "/v/a.mp4": A})
    assert state.is_of({"/v/f.png": replace(B, mtime=9), "/v/a.mp4": A}), "a copy has another time"
    for other in (
        {"/v/a.mp4": B, "/v/f.png": B},
        {"/v/a.mp4": A},
        {"/v/a.mp4": A, "/v/f.png": B, "/v/g.png": A},
        {"/v/a.mp4": replace(A, size=6), "/v/f.png": B},
    ):
        assert not state.is_of(other)
    assert not ResumeState().is_of({"/v/a.mp4": A})


def frame(index: int) -> Frame:
    return Frame(index, index * 10, Fraction(1, 250), Planes.of(av.VideoFrame(16, 16, "yuv420p")), 0.0)


def test_frames_are_counted_once_though_they_are_seen_again() -> None:
    """The stages see some again after a break, so that they remember."""
    before = Account({"fast": 3, "pass": 1}, painted=3, missed=1, covered=1, spans=misses().spans)
    log = MissLog()
    counter = FrameCounter(before, log, last=30)
    assert counter.account == before
    lost = Missed(7, Reason.LOST, Box(1, 2, 3, 4))
    for index in range(6):
        log.add(frame(index).seconds, index != 4, (lost,) if index in (2, 4) else (), covered=index == 4)
        counter.add(frame(index), Route.XSEG if index == 5 else Route.FAST)
    account = counter.account
    assert account.routes == {"fast": 4, "pass": 1, "xseg": 1} and sum(account.routes.values()) == 4 + 2
    assert (account.painted, account.missed, account.covered) == (4, 2, 2)
    assert [span.start for span in account.spans] == [0.04, 0.08], "a span that reaches beyond the break is told"
    assert account.misses.frames == 2 and account.misses.covered == 2


@pytest.mark.parametrize(("before", "after", "told"), [(9, 4, 9), (0, 4, 4), (4, 9, 9), (3, 0, 3)])
def test_faces_beyond_those_that_are_followed_are_told_of_the_whole_job(before: int, after: int, told: int) -> None:
    log = MissLog()
    counter = FrameCounter(Account({"fast": 3}, painted=3, unfollowed=before), log, last=30)
    for index in range(4, 6):
        log.beyond(after)
        log.add(frame(index).seconds, True, ())
        counter.add(frame(index), Route.FAST)
    assert counter.account.unfollowed == counter.account.misses.unfollowed == told
    assert in_words(counter.account.misses, 5, shown=True)[0].startswith(f"{told} faces at once were more than")


def test_what_cannot_be_kept_is_not_taken_for_kept(tmp_path: Path) -> None:
    kept = KeptState(tmp_path)
    kept.keep(STATE)
    with no_writes(), pytest.raises(OSError, match="large"):
        kept.keep(ResumeState())
    assert kept.value == STATE == KeptState(tmp_path).value
