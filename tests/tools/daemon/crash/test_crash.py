"""A part of the crash test that every run of the tests has time for: each fault once, at steps that the seed draws. The
whole: `python -m tests.tools.daemon.crash.harness`."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools.commands import needs_models
from tests.tools.daemon.crash.faults import Case, Fault
from tests.tools.daemon.crash.harness import cases, sample
from tools.daemon.steps import Step

ROOT = Path(__file__).parents[4]
SEED = 7


def test_every_step_meets_every_fault(tmp_path: Path) -> None:
    found = cases(tmp_path, SEED)
    assert {(case.step, case.fault) for case in found} == {(step, fault) for step in Step for fault in Fault}
    assert len(found) >= 40 * 5 and len({case.folder for case in found}) == len(found)
    assert cases(tmp_path, SEED) == found != cases(tmp_path, SEED + 1)


def test_a_sample_has_each_fault_in_turn(tmp_path: Path) -> None:
    found = cases(tmp_path, SEED)
    assert [case.fault for case in sample(found, 7, SEED)] == [*Fault, *list(Fault)[:2]]
    assert sample(found, 5, SEED) == sample(found, 5, SEED) and len(sample(found, 10_000, SEED)) == len(found)


def test_a_case_is_told_to_its_processes_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(Step.SIGNED, Fault.WRITE, 1, SEED, str(tmp_path))
    for name, value in case.to_environment().items():
        monkeypatch.setenv(name, value)
    assert Case.from_environment() == case and case.random.random() == case.random.random()


class TestSample:
    pytestmark = needs_models

    @pytest.mark.timeout(600)
    def test_either_the_whole_output_or_none_and_the_queue_goes_on(self) -> None:
        command = [sys.executable, "-m", "tests.tools.daemon.crash.harness", "--sample", "5", "--seed", str(SEED)]
        command += ["--slowness", "2"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "0 wrong" in done.stdout
