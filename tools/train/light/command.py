"""`understudy train pairs` and `train light`: light pairs, and the network that finishes the light. Options and
printing only."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from engines.errors import InputError, UnderstudyError


def register(app: typer.Typer) -> None:
    app.command()(pairs)
    app.command()(light)


def pairs(
    source: Annotated[Path, typer.Option("--data", metavar="DIR", help="Photos and clips of people.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Where the light pairs go.")],
    count: Annotated[int, typer.Option(min=1, help="Training pairs.")] = 12_000,
    held: Annotated[int, typer.Option(min=1, help="Pairs each of selection and validation: other people.")] = 500,
    lights: Annotated[int, typer.Option(min=0, help="Other lights that each source photo is seen in.")] = 3,
    seed: Annotated[int, typer.Option(help="Same seed, same pairs.")] = 1,
) -> None:
    """Write light pairs: people of the data folder swapped onto each other in made light, and how it should look."""
    from stream.perception.face_finding import face_finding, open_perception
    from tools.synth.bank import MeshFinder
    from tools.synth.light import cast, shards

    if not source.is_dir():
        raise InputError(f"there is no folder {source}")
    output.mkdir(parents=True, exist_ok=True)
    with face_finding(open_perception("cpu")) as (detector, landmarks):
        casts = cast.casts(source, MeshFinder(detector, landmarks), lights, seed)
    for name in shards.write_all(output, casts, count, held, seed):
        typer.echo(f"wrote {output / name}")


def light(
    data: Annotated[Path, typer.Option(metavar="DIR", help="Light pairs that `train pairs` wrote.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Checkpoints, telemetry and the ONNX file.")
    ],
    steps: Annotated[int, typer.Option(min=1, help="Steps down the gradient.")] = 6000,
    device: Annotated[str, typer.Option(help="torch's name of the device: cpu, cuda.")] = "cpu",
    seed: Annotated[int, typer.Option(help="Same seed, same run.")] = 1,
    batch: Annotated[int, typer.Option(min=8, help="Pairs a step, a multiple of 8.")] = 32,
    start: Annotated[Path | None, typer.Option("--from", metavar="best.pt", help="Weights to begin with.")] = None,
) -> None:
    """Train the network that finishes the light of the mesh swap. Run it again to resume."""
    if find_spec("torch") is None:
        raise UnderstudyError("training needs PyTorch: .venv/bin/pip install -e '.[train]'")
    from tools.synth.light import shards
    from tools.synth.purposes import Purpose
    from tools.train import export, loop
    from tools.train.light import task
    from tools.train.light.net import LightField32
    from tools.train.session import trained

    purposes = (Purpose.TRAINING, Purpose.SELECTION, Purpose.VALIDATION)
    made, chosen, judged = ([shards.read(p) for p in shards.found(data, purpose)] for purpose in purposes)
    if not (made and chosen and judged):
        raise InputError(f"{data} holds no light pairs; write some with `understudy train pairs`")
    recipe = loop.TrainingRecipe(steps=steps, seed=seed, size=batch, rate=2e-3, warm=150, every=500, keep=0.998)
    best = trained(LightField32, made, chosen[0], output, recipe, device, task.LIGHT, start)
    net, held, path = export.rounded(best.to("cpu").float()), judged[0], output / "light.onnx"
    export.export(net, path, form=export.LIGHT)
    some = task.batch(held.face[:4], held.truth[:4], held.weight[:4]).face
    worst = export.parity(net, path, some, export.LIGHT)
    typer.echo("of the validation people, levels of 255 from the truth:")
    for name, value in task.evaluate(net, held, recipe).facts().items():
        typer.echo(f"{name:22} {value}")
    typer.echo(f"wrote {path} ({path.stat().st_size / 1e6:.2f} MB); torch and ONNX differ by at most {worst:.1e}")
