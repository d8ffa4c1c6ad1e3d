"""`understudy train ...`: labelled data, and the project's own networks trained on it. Options and printing only."""

import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engines.errors import InputError, UnderstudyError
from tools.train.eyewear import command as eyecli

if TYPE_CHECKING:
    from tools.train.loop import TrainingRecipe, TrainingRun
    from tools.train.metrics import Score

app = typer.Typer(help="Trains the project's own networks.", no_args_is_help=True)
eyecli.register(app)


def register(parent: typer.Typer) -> None:
    parent.add_typer(app)


Folder = Annotated[Path, typer.Option(metavar="DIR", help="Labelled crops that `train data` wrote.")]
Into = Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Checkpoints, telemetry and the ONNX file.")]
Steps = Annotated[int, typer.Option(min=1, help="Steps down the gradient.")]
Size = Annotated[str, typer.Option("--recipe", help="small: what ships. full: U-Net ResNet-34 and ResNet-18.")]
Device = Annotated[str, typer.Option(help="torch's name of the device: cpu, cuda.")]
Batch = Annotated[int, typer.Option(min=8, help="Crops a step, a multiple of 8.")]
Seed = Annotated[int, typer.Option(help="Same seed, same run.")]


@app.command()
def data(
    source: Annotated[Path, typer.Option("--data", metavar="DIR", help="Photos, clips and cut-out hands.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Where the labelled crops go.")],
    crops: Annotated[int, typer.Option(min=1, help="Training crops.")] = 24_000,
    held: Annotated[int, typer.Option(min=1, help="Validation crops, of other people and other hands.")] = 2_000,
    sequences: Annotated[int, typer.Option(min=0, help="Validation sequences, 48 frames each.")] = 60,
    seed: Seed = 1,
) -> None:
    """Write labelled crops and sequences: people of the data folder behind occluders made from nothing."""
    from engines.backends.choose import open_engine
    from engines.detector import Detector
    from engines.landmarks import Landmarks
    from engines.store.store import default_store
    from tools.synth import bank, making

    if not source.is_dir():
        raise InputError(f"there is no folder {source}")
    output.mkdir(parents=True, exist_ok=True)
    kept = output / "bank.npz"
    if not kept.is_file():
        store = default_store()
        engines = [open_engine(store.path(name), "cpu") for name in ("face_detection_short_range", "face_landmark")]
        bank.save(bank.build(source, bank.MeshFinder(Detector(engines[0]), Landmarks(engines[1]))), kept)
    casts = bank.casts(bank.read(kept), source / "occluders" / "hands")
    for name in making.write(output, casts, making.ShardPlan(crops, held, sequences, seed)):
        typer.echo(f"wrote {output / name}")


def _needs_torch() -> None:
    if find_spec("torch") is None:
        raise UnderstudyError("training needs PyTorch; install it with `pip install torch`")


def _run(
    data_: Path, output: Path, recipe: "TrainingRecipe", size: str, device: str, start: Path | None
) -> "tuple[TrainingRun, Score]":
    """Begins or resumes, trains, and loads the best weights into the run's average."""
    import torch

    from tools.synth import shards
    from tools.train import loop, net
    from tools.train.telemetry import Telemetry

    if size not in ("small", "full"):
        raise UnderstudyError(f"no recipe named {size!r}; take small or full")
    held = shards.found(data_, "val")
    if not held or not shards.found(data_, "train"):
        raise InputError(f"{data_} holds no labelled crops; write some with `understudy train data`")
    output.mkdir(parents=True, exist_ok=True)
    run = loop.begin(net.SmallNet if size == "small" else net.FullNet, recipe, device)
    if loop.taken_up(run, output, start, device):
        typer.echo(f"resumed at step {run.step}", err=True)
    say = Telemetry(output / "telemetry.jsonl", time.monotonic, sys.stderr)
    mapped = [shards.read(p) for p in shards.found(data_, "train")]
    loop.train(run, lambda: mapped, shards.read(held[0]), output, recipe, say, device)
    typer.echo("", err=True)
    run.average.load_state_dict(torch.load(output / "best.pt", weights_only=True, map_location=device))
    return run, loop.evaluate(run.average, shards.read(held[0]), recipe, device=device)


def _ship(run: "TrainingRun", score: "Score", output: Path, data_: Path) -> None:
    """Exports, checks that the file answers like the network, and prints the figures."""
    import numpy as np

    from tools.synth import shards
    from tools.train import export
    from tools.train.batches import prepared

    net = export.rounded(run.average.to("cpu").float())
    path = output / "occlusion.onnx"
    export.export(net, path)
    some = shards.read(shards.found(data_, "val")[0])
    faces = prepared(some.face[:4], some.maps[:4], some.label[:4]).face
    worst = export.parity(net, path, np.ascontiguousarray(faces))
    for name, value in score.facts().items():
        typer.echo(f"{name:22} {value}")
    typer.echo(f"wrote {path} ({path.stat().st_size / 1e6:.2f} MB); torch and ONNX differ by at most {worst:.1e}")


@app.command()
def xseg(
    data: Folder, output: Into, steps: Steps = 8000, recipe: Size = "small", device: Device = "cpu", seed: Seed = 1,
    batch: Batch = 32,
) -> None:  # fmt: skip
    """Train the network of masks and class together: opaque probability, veil alpha, glass region, route. Run it again
    to resume."""
    _needs_torch()
    from tools.train.loop import TrainingRecipe

    plan = TrainingRecipe(steps=steps, seed=seed, size=batch, rate=2e-3 if recipe == "small" else 3e-4)
    run, score = _run(data, output, plan, recipe, device, None)
    _ship(run, score, output, data)


@app.command()
def occlusion(
    data: Folder,
    output: Into,
    start: Annotated[Path, typer.Option("--from", metavar="best.pt", help="What `train xseg` left.")],
    steps: Steps = 1500,
    recipe: Size = "small",
    device: Device = "cpu",
    seed: Seed = 1,
    batch: Batch = 64,
) -> None:
    """Train the classifier none / opaque / transparent alone, on a network whose masks are finished and stay as they
    are."""
    if not start.is_file():
        raise InputError(f"{start} is missing; train the masks first with `understudy train xseg`")
    _needs_torch()
    from tools.train.loop import TrainingRecipe

    plan = TrainingRecipe(steps=steps, seed=seed, rate=1e-3, size=batch, only="head", every=250)
    run, score = _run(data, output, plan, recipe, device, start)
    _ship(run, score, output, data)
