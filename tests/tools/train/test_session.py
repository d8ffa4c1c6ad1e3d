"""A training command's session: stopped by a signal in its middle, taken up, and ended with the best weights."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from tests.tools.train.test_loop_resume import HELD, RECIPE, SOME, Little  # noqa: E402
from tools.train import checkpoint, loop  # noqa: E402
from tools.train.batches import epoch  # noqa: E402
from tools.train.interrupt import STOPPED  # noqa: E402
from tools.train.session import trained  # noqa: E402

pytestmark = pytest.mark.train


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """As in a terminal, on one thread: the tests may themselves run where Ctrl-C is ignored."""
    torch.set_num_threads(1)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupted_at(number: int) -> loop.Task:
    """Ctrl-C is pressed while a batch of that number is made."""

    def batches(shards: list[Any], size: int, chance: np.random.Generator) -> Iterator[Any]:
        for n, batch in enumerate(epoch(shards, size, chance)):
            if n == number:
                os.kill(os.getpid(), signal.SIGINT)
            yield batch

    return loop.Task(batches, loop.MASKS.parts, loop.MASKS.evaluate)


def test_ctrl_c_keeps_the_step_and_the_same_command_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = trained(Little, [SOME], HELD, tmp_path / "whole", RECIPE, "cpu")
    with pytest.raises(typer.Exit) as end:
        trained(Little, [SOME], HELD, tmp_path / "torn", RECIPE, "cpu", interrupted_at(2))
    assert end.value.exit_code == STOPPED == 130
    last = tmp_path / "torn" / "last.pt"
    assert checkpoint.read(last)["step"] == 3
    assert f"stopped at step 3, kept in {last}; the same command goes on" in capsys.readouterr().err
    resumed = trained(Little, [SOME], HELD, tmp_path / "torn", RECIPE, "cpu")
    assert "resumed at step 3" in capsys.readouterr().err
    for one, other in zip(resumed.state_dict().values(), whole.state_dict().values(), strict=True):
        assert torch.equal(one, other)


def test_it_ends_with_the_best_weights_not_the_last(tmp_path: Path) -> None:
    found = trained(Little, [SOME], HELD, tmp_path, RECIPE, "cpu")
    best = checkpoint.read(tmp_path / "best.pt")
    assert all(torch.equal(value, best[name]) for name, value in found.state_dict().items())


def test_it_begins_with_the_weights_that_are_given(tmp_path: Path) -> None:
    still = loop.TrainingRecipe(steps=1, size=8, every=1, rate=0.0, decay=0.0, bf16=False)
    given = loop.begin(Little, RECIPE).net
    with torch.no_grad():
        given.maps.weight += 1
    torch.save(given.state_dict(), tmp_path / "start.pt")
    found = trained(Little, [SOME], HELD, tmp_path / "out", still, "cpu", start=tmp_path / "start.pt")
    assert torch.allclose(found.maps.weight, given.maps.weight, atol=1e-6)
