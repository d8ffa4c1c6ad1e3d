"""`understudy train bands` and `train eyewear`: labelled bands, and the network that finds spectacles. Options and
printing only."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from engines.errors import InputError, UnderstudyError


def register(app: typer.Typer) -> None:
    app.command()(bands)
    app.command()(eyewear)


def bands(
    source: Annotated[Path, typer.Option("--data", metavar="DIR", help="Photos and cut-out hands.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Where the labelled bands go.")],
    count: Annotated[int, typer.Option(min=1, help="Training bands.")] = 18_000,
    held: Annotated[
        int, typer.Option(min=1, help="Bands each of selection and validation: other people, other hands.")
    ] = 800,
    seed: Annotated[int, typer.Option(help="Same seed, same bands.")] = 1,
) -> None:
    """Write labelled bands: the eyes of the data folder's people, with spectacles made from nothing or without."""
    from stream.perception.face_finding import face_finding, open_perception
    from tools.synth.bank import MeshFinder
    from tools.synth.eyewear import bands
    from tools.synth.eyewear import shards as bandshards

    if not source.is_dir():
        raise InputError(f"there is no folder {source}")
    output.mkdir(parents=True, exist_ok=True)
    with face_finding(open_perception("cpu")) as (detector, landmarks):
        casts = bands.casts(source, MeshFinder(detector, landmarks))
    for name in bandshards.write_all(output, casts, count, held, seed):
        typer.echo(f"wrote {output / name}")


def eyewear(
    data: Annotated[Path, typer.Option(metavar="DIR", help="Labelled bands that `train bands` wrote.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Checkpoints, telemetry and the ONNX file.")
    ],
    steps: Annotated[int, typer.Option(min=1, help="Steps down the gradient.")] = 3200,
    device: Annotated[str, typer.Option(help="torch's name of the device: cpu, cuda.")] = "cpu",
    seed: Annotated[int, typer.Option(help="Same seed, same run.")] = 1,
    batch: Annotated[int, typer.Option(min=8, help="Bands a step, a multiple of 8.")] = 32,
    start: Annotated[Path | None, typer.Option("--from", metavar="best.pt", help="Weights to begin with.")] = None,
) -> None:
    """Train the network that tells who wears spectacles, and where. Run it again to resume."""
    if find_spec("torch") is None:
        raise UnderstudyError("training needs PyTorch: .venv/bin/pip install -e '.[train]'")
    from tools.synth.eyewear import shards as bandshards
    from tools.synth.purposes import Purpose
    from tools.train import export, loop
    from tools.train.eyewear import task as eyetask
    from tools.train.eyewear.net import EyeNet
    from tools.train.session import trained

    purposes = (Purpose.TRAINING, Purpose.SELECTION, Purpose.VALIDATION)
    shards, chosen, judged = ([bandshards.read(p) for p in bandshards.found(data, purpose)] for purpose in purposes)
    if not (shards and chosen and judged):
        raise InputError(f"{data} holds no labelled bands; write some with `understudy train bands`")
    recipe = loop.TrainingRecipe(steps=steps, seed=seed, size=batch, rate=4e-3, warm=150, every=400, keep=0.997)
    best = trained(EyeNet, shards, chosen[0], output, recipe, device, eyetask.EYEWEAR, start)
    net, held, path = export.rounded(best.to("cpu").float()), judged[0], output / "eyewear.onnx"
    export.export(net, path, form=export.EYEWEAR)
    some = eyetask.batch(held.band[:4], held.map[:4], held.worn[:4]).band
    worst = export.parity(net, path, some, export.EYEWEAR)
    typer.echo("of the validation people:")
    for name, value in eyetask.evaluate(net, held, recipe).facts().items():
        typer.echo(f"{name:22} {value}")
    typer.echo(f"wrote {path} ({path.stat().st_size / 1e6:.2f} MB); torch and ONNX differ by at most {worst:.1e}")
