"""One call of a training command: begun or resumed, trained until it is done or Ctrl-C, its best weights taken. Knows
the loop and the terminal; knows no options and no data."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

from tools.train import checkpoint, loop
from tools.train.interrupt import STOPPED, asked_to_stop
from tools.train.telemetry import Telemetry


def trained(
    make: Callable[[], Any], shards: list[Any], chosen: Any, output: Path, recipe: loop.TrainingRecipe, device: str,
    task: loop.Task = loop.MASKS, start: Path | None = None,
) -> Any:  # fmt: skip
    """The network with the weights that do best on `chosen`, held back for that. output: the run's folder, see
    `loop.train`. start: weights to begin with. Raises typer.Exit where the run was asked to stop."""
    output.mkdir(parents=True, exist_ok=True)
    run = loop.begin(make, recipe, device)
    if loop.taken_up(run, output, start):
        typer.echo(f"resumed at step {run.step}", err=True)
    say = Telemetry(output / "telemetry.jsonl", time.monotonic, sys.stderr)
    with asked_to_stop() as stop:
        done = loop.train(run, lambda: shards, chosen, output, recipe, say, device, task, stop)
    typer.echo("", err=True)
    if not done:
        typer.echo(f"stopped at step {run.step}, kept in {output / 'last.pt'}; the same command goes on", err=True)
        raise typer.Exit(STOPPED)
    run.average.load_state_dict(checkpoint.read(output / "best.pt"))
    return run.average
