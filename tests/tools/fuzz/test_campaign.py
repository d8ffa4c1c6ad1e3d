"""A bounded part of the campaign, what it has found so far, and its own eyes: they see what they should."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stream.clips import make
from tests.tools.commands import needs_models
from tests.tools.fuzz.campaign import Case, Runner, case, complaints, runner
from tests.tools.fuzz.inputs import wholes

SECONDS = 6.0  # of the bounded part, beside what making the files takes
FOUND = [(12, 1016), (12, 1066)]  # seeds and numbers of cases that were not right once
FINE = {"code": 0, "said": "wrote", "ended": False, "spent": 1.0}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return wholes(tmp_path_factory.mktemp("wholes"))


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory, face: Path) -> Iterator[Runner]:
    with runner(face, tmp_path_factory.mktemp("work")) as started:
        yield started


class TestCampaign:
    """Needs the networks: the program is run as it is."""

    pytestmark = [*needs_models, pytest.mark.fuzz]  # noqa: RUF012

    def test_a_bounded_part_of_it_finds_nothing(self, made: list[Path], program: Runner) -> None:
        begun, number = time.monotonic(), 0
        while number < 3 or time.monotonic() - begun < SECONDS:
            outcome = program.run(case(made, 2026, number))
            assert not outcome.complaints, f"{outcome.case}: {outcome.complaints}\n{outcome.said}"
            number += 1

    @pytest.mark.parametrize(("seed", "number"), FOUND)
    def test_what_was_found_is_right_now(self, made: list[Path], program: Runner, seed: int, number: int) -> None:
        outcome = program.run(case(made, seed, number))
        assert not outcome.complaints, f"{outcome.case}: {outcome.complaints}\n{outcome.said}"

    def test_a_whole_file_is_swapped_and_played(self, made: list[Path], program: Runner) -> None:
        for whole, into in ((made[0], "mp4"), (made[11], "mkv")):
            one = Case(0, 0, whole.name, ("nothing",), whole.read_bytes(), into, ())
            outcome = program.run(one)
            assert (outcome.code, outcome.complaints) == (0, ()), outcome.said


def test_a_case_is_the_same_again(made: list[Path]) -> None:
    assert case(made, 5, 17) == case(made, 5, 17) != case(made, 5, 18)
    assert {case(made, 5, n).whole for n in range(300)} == {path.name for path in made}


def test_what_is_wrong_is_seen(tmp_path: Path) -> None:
    out = make(tmp_path / "out.mp4", frames=20)
    whole = out.read_bytes()
    assert list(complaints(FINE, out, ["out.mp4"])) == []
    assert list(complaints({**FINE, "ended": True}, out, [])) == ["hangs: ended after 1.0 s"]
    assert "a traceback" in complaints({**FINE, "said": "Traceback (most recent call last)"}, out, ["out.mp4"])
    assert "killed by signal 11" in complaints({**FINE, "code": -11}, out, [])
    assert "left behind: out.mp4" in complaints({**FINE, "code": 2, "said": "error: no"}, out, ["out.mp4"])
    assert "left behind: .out.mp4.lock" in complaints(FINE, out, [".out.mp4.lock", "out.mp4"])
    assert list(complaints(FINE, tmp_path / "none.mp4", [])) == ["no output, and no error"]
    assert "fails without a word" in complaints({**FINE, "code": 2, "said": ""}, tmp_path / "none.mp4", [])
    out.write_bytes(whole[:100] + bytes(len(whole) - 100))
    assert any("does not play" in word for word in complaints(FINE, out, ["out.mp4"]))
    at = len(whole) // 3
    out.write_bytes(whole[:at] + bytes(600) + whole[at + 600 :])
    assert any("play" in word for word in complaints(FINE, out, ["out.mp4"]))
