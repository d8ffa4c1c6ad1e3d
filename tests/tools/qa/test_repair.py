"""What a repair came to, for programs and for people; the work itself is tested in `tests/stream/qa`."""

import json
from pathlib import Path

import pytest

from calib.qa.reasons import QaReason
from calib.qa.scoring import Attempt
from calib.search.eacps import SearchResult, Tried
from calib.search.scoring import Aspect, Judgement
from engines.errors import InputError
from stream.qa.repair_job import Repaired
from stream.qa.repairing import RepairStretch
from tests.tools.qa.spans import checked, job, span
from tools.qa.repair import as_json, lines, repair_job

TIMES = [i / 25 for i in range(100)]
DROPPED = {"likeness": "ValueError: no likeness was measured"}


def tried(number: int, potential: float, words: dict[str, float | str], flaw: str = "") -> Tried[Attempt]:
    fatal = (flaw,) if flaw else ()
    judgement = Judgement(potential, {Aspect.REALISM: potential / 6.5}, fatal)
    return Tried(number, Attempt(words, (), 0), None, 0.0, {}, judgement)


def repaired(better: bool) -> Repaired:
    raw = tried(0, 2.0, {}, "the original's own face shows")
    other = tried(1, 5.5 if better else 1.0, {"strength": 0.9, "routing": "fast"})
    return Repaired(RepairStretch(10, 20), SearchResult(other if better else raw, (raw, other), DROPPED))


def test_the_json_keeps_before_and_after() -> None:
    [told] = json.loads(json.dumps(as_json([repaired(True)], TIMES)))
    assert (told["first_frame"], told["last_frame"], told["start_s"], told["end_s"]) == (10, 20, 0.4, 0.8)
    assert told["better"] and told["tried"] == 1 and told["scorers_left_out"] == DROPPED
    assert told["before"]["potential"] == 2.0 and told["before"]["flaws"] == ["the original's own face shows"]
    assert told["after"]["parameters"] == {"strength": 0.9, "routing": "fast"} and told["after"]["flaws"] == []


def test_the_lines_tell_what_was_tried_and_what_is_left() -> None:
    before, after = checked(span(QaReason.MISSED, 12, 18), span(QaReason.LIGHT, 50, 51)), checked()
    told = lines([repaired(True), repaired(False)], before, "r.mp4", after)
    assert told == [
        "0:00.4 to 0:00.8  painted anew (strength 0.90, routing fast): 2.00 to 5.50",
        "0:00.4 to 0:00.8  left as it is: none of 1 tries was better than 2.00",
        "left out of the scores: likeness (ValueError: no likeness was measured)",
        "r.mp4: 0 stretches are flagged in it, 2 were before",
    ]


def test_where_nothing_was_better_nothing_was_written() -> None:
    assert lines([repaired(False)], checked(), "r.mp4", None)[-1] == "nothing became better, so nothing was written"
    assert lines([], checked(), "r.mp4", None) == ["nothing to repair"]


def test_other_containers_are_refused_before_anything_is_asked() -> None:
    with pytest.raises(InputError, match=r"r\.mkv: clips of \.mp4, \.m4v, \.mov are repaired"):
        repair_job(job(), Path("r.mkv"), [], None, True, 6, 0)
