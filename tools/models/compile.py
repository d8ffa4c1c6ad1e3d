"""`understudy models compile`: a model's copy in low precision, measured, and installed only if it is good enough."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engines.errors import UnderstudyError
from engines.store.store import default_store

if TYPE_CHECKING:
    from rich.console import Console

    from calib.compile import CompileReport

ALIAS = {"fp16": "f16"}


def register(app: typer.Typer) -> None:
    app.command("compile")(compile_)


def compile_(
    name: Annotated[str, typer.Argument(help="A model that is in the store.")],
    precision: Annotated[str, typer.Option(help="fp16, bf16 or int8.")],
    calibrate: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Folder of aligned face crops; int8 needs it.")
    ] = None,
    method: Annotated[str, typer.Option(help="Of int8 ranges: minmax, percentile or entropy.")] = "percentile",
    most: Annotated[int, typer.Option(min=1, help="At most this many crops.")] = 64,
) -> None:
    """Writes a copy in low precision, reports its error per layer and whole, and refuses one below its floor."""
    from rich.console import Console

    from calib.compile import PRECISIONS, compile_model  # heavy
    from calib.int8 import METHODS
    from calib.precision import floor
    from engines.backends.openvino import open_openvino
    from tools.models.feeds import feeds

    chosen = ALIAS.get(precision, precision)
    if chosen not in PRECISIONS:
        raise UnderstudyError(f"precision {precision!r} is not known: take fp16, bf16 or int8")
    if method not in METHODS:
        raise UnderstudyError(f"method {method!r} is not known: take {', '.join(METHODS)}")
    store = default_store()
    model = store.model(name)
    if model.file.endswith(".tflite"):
        raise UnderstudyError(f"{name} is a TFLite file, which runs in f32 alone; copies are made of ONNX models")
    if chosen == "int8" and calibrate is None:
        raise UnderstudyError(
            "int8 needs to see what the model sees: give --calibrate FOLDER with aligned face crops "
            f"(`understudy models crops {name} CLIP... --to FOLDER` collects them)"
        )
    path = store.path(name)
    inputs = open_openvino(path).inputs
    wanted = floor(model.task)
    made, report = compile_model(
        path, name, chosen, feeds(model, inputs, calibrate, most), wanted, store.root / "compiled", method
    )
    show(report, Console() if Console().is_terminal else Console(width=120))
    if calibrate is None:
        typer.echo("measured on soft noise, not on faces: give --calibrate FOLDER for figures that mean something")
    typer.echo(f"installed: {made}")


def show(report: "CompileReport", console: "Console") -> None:
    """The whole network's figures, and its layers from the worst."""
    from rich.table import Table

    outputs = Table(title=f"{report.precision} against f32", title_justify="left", box=None, header_style="bold")
    for column in ("output", "error %", "PSNR dB", "cosine"):
        outputs.add_column(column, justify="left" if column == "output" else "right")
    for name, seen in report.outputs.items():
        outputs.add_row(name, f"{100 * seen.error:.3f}", f"{seen.psnr:.1f}", f"{seen.cosine:.5f}")
    console.print(outputs)
    layers = Table(title="layers, the worst first", title_justify="left", box=None, header_style="bold")
    for column in ("layer", "kind", "error %"):
        layers.add_column(column, justify="right" if column == "error %" else "left", overflow="fold")
    for layer in sorted(report.layers, key=lambda each: -each.error)[:20]:
        layers.add_row(layer.name, layer.op, f"{100 * layer.error:.3f}")
    console.print(layers)
    if report.skipped:
        console.print(f"left in f32: {', '.join(report.skipped)}")
