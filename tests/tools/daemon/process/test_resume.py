"""What a process has to know of the one before it: kept whole, read as it was, and told from what goes with it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from engines.values import Box
from stream.pipeline.guard import Missed, Reason
from stream.pipeline.misses import MissLog
from tests.tools.daemon.disks import no_writes
from tools.daemon.files.fingerprint import Fingerprint
from tools.daemon.files.output_folder import PlacedFile
from tools.daemon.process.resume import Account, KeptState, ResumeState

A, B = Fingerprint(5, 100, "aa"), Fingerprint(5, 100, "bb")


def misses() -> MissLog:
    log = MissLog()
    log.add(0.0, True, ())
    log.add(0.04, False, (Missed(1, Reason.LOST, Box(1, 2, 3, 4)),))
    return log


STATE = ResumeState(
    session=7,
    total=120,
    account=Account().plus({"fast": 3}, misses()),
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


def test_an_account_is_gone_on_with() -> None:
    account = Account({"fast": 2}, painted=4).plus({"fast": 3, "xseg": 1}, misses())
    assert account.routes == {"fast": 5, "xseg": 1} and (account.painted, account.missed) == (5, 1)
    log = account.plus({}, misses()).misses
    assert (log.frames, log.painted, len(log.spans)) == (2, 6, 2)
    assert json.loads(json.dumps(log.spans[0].as_json()))["reason"] == "lost"


def test_what_cannot_be_kept_is_not_taken_for_kept(tmp_path: Path) -> None:
    kept = KeptState(tmp_path)
    kept.keep(STATE)
    with no_writes(), pytest.raises(OSError, match="large"):
        kept.keep(ResumeState())
    assert kept.value == STATE == KeptState(tmp_path).value
