"""The steps of a job: each is taken somewhere, and each by its own name."""

from pathlib import Path

from tools.daemon.steps import Step, unheard

DAEMON = Path(__file__).parents[3] / "tools" / "daemon"


def test_every_step_is_passed_in_the_program_and_no_two_are_called_alike() -> None:
    text = "".join(path.read_text("utf-8") for path in DAEMON.rglob("*.py") if path.name != "steps.py")
    assert [step for step in Step if f"Step.{step.name})" not in text] == []
    assert len(set(Step)) == len(Step) >= 40


def test_nobody_has_to_listen() -> None:
    for step in Step:
        unheard(step)
