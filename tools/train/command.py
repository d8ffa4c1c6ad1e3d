"""`understudy train ...`: labelled data, and the project's own networks trained on it. Options and printing only."""

from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engines.errors import InputError, UnderstudyError
from tools.train.eyewear import command as eyecli
from tools.train.light import command as lightcli

if TYPE_CHECKING:
    from tools.train.loop import TrainingRecipe


class NetSize(StrEnum):
    """Which network is trained."""

    SMALL = "small"
    FULL = "full"


app = typer.Typer(help="Trains the project's own networks.", no_args_is_help=True)
eyecli.register(app)
lightcli.register(app)


def register(parent: typer.Typer) -> None:
    parent.add_typer(app)


Folder = Annotated[Path, typer.Option(metavar="DIR", help="Labelled crops that `train data` wrote.")]
Into = Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Checkpoints, telemetry and the ONNX file.")]
Steps = Annotated[int, typer.Option(min=1, help="Steps down the gradient.")]
Size = Annotated[NetSize, typer.Option("--recipe", help="small: what ships. full: U-Net ResNet-34 and ResNet-18.")]
Device = Annotated[str, typer.Option(help="torch's name of the device: cpu, cuda.")]
Batch = Annotated[int, typer.Option(min=8, help="Crops a step, a multiple of 8.")]
Encoder = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="FILE.pth",
        help="Published weights that the full recipe begins with: of ResNet-34, ResNet-18, or one each. None: random.",
    ),
]
Seed = Annotated[int, typer.Option(help="Same seed, same run.")]


@app.command()
def data(
    source: Annotated[Path, typer.Option("--data", metavar="DIR", help="Photos, clips and cut-out hands.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Where the labelled crops go.")],
    crops: Annotated[int, typer.Option(min=1, help="Training crops.")] = 24_000,
    held: Annotated[
        int, typer.Option(min=1, help="Crops each of selection, calibration, validation: other people, other hands.")
    ] = 1_000,
    sequences: Annotated[
        int, typer.Option(min=0, help="Sequences of 48 frames, half for calibration, half for validation.")
    ] = 60,
    seed: Seed = 1,
) -> None:
    """Write labelled crops and sequences: people of the data folder behind occluders made from nothing."""
    from stream.perception.face_finding import face_finding, open_perception
    from tools.synth import bank, making

    if not source.is_dir():
        raise InputError(f"there is no folder {source}")
    output.mkdir(parents=True, exist_ok=True)
    kept = output / "bank.npz"
    if not kept.is_file():
        with face_finding(open_perception("cpu")) as (detector, landmarks):
            bank.save(bank.build(source, bank.MeshFinder(detector, landmarks)), kept)
    casts = bank.casts(bank.read(kept), source / "occluders" / "hands")
    for name in making.write(output, casts, making.ShardPlan(crops, held, sequences, seed)):
        typer.echo(f"wrote {output / name}")


def _needs_torch() -> None:
    if find_spec("torch") is None:
        raise UnderstudyError("training needs PyTorch: .venv/bin/pip install -e '.[train]'")


def _run(
    data_: Path, output: Path, recipe: "TrainingRecipe", size: NetSize, device: str, start: Path | None = None,
    encoders: tuple[Path, ...] = (),
) -> None:  # fmt: skip
    """Trains, scores the best weights on the validation people, exports them and checks the file's answers."""
    from functools import partial

    import numpy as np

    from tools.synth import shards
    from tools.synth.purposes import Purpose
    from tools.train import export, full, loop, net
    from tools.train.batches import prepared
    from tools.train.session import trained

    found = {p: [shards.read(path) for path in shards.found(data_, p)] for p in Purpose}
    chosen, judged = found[Purpose.SELECTION], found[Purpose.VALIDATION]
    if not (found[Purpose.TRAINING] and chosen and judged):
        raise InputError(f"{data_} holds no labelled crops; write some with `understudy train data`")
    make = net.SmallNet if size is NetSize.SMALL else partial(full.FullNet, encoders=encoders)
    best = trained(make, found[Purpose.TRAINING], chosen[0], output, recipe, device, start=start)
    score = loop.evaluate(best, judged[0], recipe, device=device)
    shipped, path = export.rounded(best.to("cpu").float()), output / "occlusion.onnx"
    export.export(shipped, path)
    faces = prepared(judged[0].face[:4], judged[0].maps[:4], judged[0].label[:4]).face
    worst = export.parity(shipped, path, np.ascontiguousarray(faces))
    typer.echo("of the validation people:")
    for name, value in score.facts().items():
        typer.echo(f"{name:22} {value}")
    typer.echo(f"wrote {path} ({path.stat().st_size / 1e6:.2f} MB); torch and ONNX differ by at most {worst:.1e}")


@app.command()
def xseg(
    data: Folder, output: Into, steps: Steps = 8000, recipe: Size = NetSize.SMALL, device: Device = "cpu",
    seed: Seed = 1, batch: Batch = 32, encoder: Encoder = None,
) -> None:  # fmt: skip
    """Train the network of masks and class together: opaque probability, veil alpha, glass region, route. Run it again
    to resume."""
    _needs_torch()
    from tools.train.loop import TrainingRecipe

    if encoder and recipe is NetSize.SMALL:
        raise UnderstudyError("--encoder goes with --recipe full")
    plan = TrainingRecipe(steps=steps, seed=seed, size=batch, rate=2e-3 if recipe is NetSize.SMALL else 3e-4)
    _run(data, output, plan, recipe, device, encoders=tuple(encoder or ()))


@app.command()
def occlusion(
    data: Folder,
    output: Into,
    start: Annotated[Path, typer.Option("--from", metavar="best.pt", help="What `train xseg` left.")],
    steps: Steps = 1500,
    recipe: Size = NetSize.SMALL,
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
    _run(data, output, plan, recipe, device, start)
