"""`understudy bench engines`: how fast each runtime runs a model here, and how near it stays to f32. The options."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engines.errors import OutputError, UnderstudyError

if TYPE_CHECKING:
    from rich.console import Console

    from tools.bench.engines.contenders import ContenderRow


def register(app: typer.Typer) -> None:
    app.command("engines")(engines)


def engines(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Models of the store; none: standin-138m, random weights of inswapper_128's size."),
    ] = None,
    to: Annotated[Path | None, typer.Option("--json", metavar="FILE.json", help="Figures as JSON.")] = None,
    batch: Annotated[str, typer.Option(help="Rows of a call, with commas.")] = "1,4",
    threads: Annotated[int, typer.Option(min=1, help="CPU threads.")] = os.cpu_count() or 1,
    rounds: Annotated[int, typer.Option(min=1, help="Calls of each; the median counts.")] = 5,
    backend: Annotated[str, typer.Option(help="Runtimes, with commas; none: all that work here.")] = "",
    pipeline: Annotated[
        bool, typer.Option("--pipeline", help="The whole file pipeline instead, with the stand-in as swapper.")
    ] = False,
    frames: Annotated[int, typer.Option(min=2, help="Of the clip, with --pipeline.")] = 12,
    height: Annotated[int, typer.Option(min=64, help="Of the clip, with --pipeline.")] = 360,
    source: Annotated[Path | None, typer.Option(metavar="FACE", help="With --pipeline. Default: the demo's.")] = None,
    target: Annotated[Path | None, typer.Option(metavar="CLIP", help="With --pipeline. Default: the demo's.")] = None,
) -> None:
    """Times each model on every runtime, precision and batch, in turns, beside a matrix product in that precision.

    With --pipeline: decode to encode with the stand-in as swapper, beside ONNX Runtime f32 with one face a call.
    """
    from rich.console import Console

    from tools.bench.engines.measure import STANDIN, Wish, as_json, backends, measure  # heavy

    batches = [int(n) for n in batch.split(",") if n.strip().isdigit() and int(n) > 0]
    if not batches:
        raise UnderstudyError(f"--batch {batch!r} holds no number; write 1,8,32")
    if to is not None and not to.parent.is_dir():
        raise OutputError(f"cannot write {to}: there is no folder {to.parent}")
    said = Console(stderr=True)
    console = Console() if Console().is_terminal else Console(width=120)
    if pipeline:
        told = journey(source, target, height, frames, rounds, threads, backends(backend), said, console)
        return write(to, {"pipeline": told})
    wish = Wish(names or [STANDIN], backends(backend), batches, threads, rounds)
    outcome = measure(wish, lambda text: said.print(text, style="yellow"))
    show(outcome.rows, console)
    return write(to, as_json(outcome))


def write(to: Path | None, told: dict[str, object]) -> None:
    if to is not None:
        to.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        typer.echo(f"wrote {to}")


def journey(
    source: Path | None,
    target: Path | None,
    height: int,
    frames: int,
    rounds: int,
    threads: int,
    backends: "Sequence[str]",
    said: "Console",
    console: "Console",
) -> object:
    """Measures and shows the whole pipeline; its figures for JSON."""
    from rich.table import Table

    from tools.bench.engines import whole_pipeline as enginepipe  # heavy
    from tools.bench.file.command import material

    with material(source, target) as (face, clip):
        what = enginepipe.Journey(face, clip, height, frames, rounds, threads)
        found = enginepipe.measure(what, backends, lambda text: said.print(text, style="yellow"))
    table = Table(box=None, header_style="bold")
    for i, head in enumerate(("model", "backend", "precision", "frames", "faces", "frames/s", "times")):
        table.add_column(head, justify="left" if i < 3 else "right")
    for ran in found:
        counts = (str(ran.frames), str(ran.faces), f"{ran.fps:.3f}", f"{ran.times:.2f}" if ran.times else "-")
        table.add_row(ran.model, ran.backend, ran.precision, *counts)
    console.print(table)
    return enginepipe.as_json(found)


def show(found: "Sequence[ContenderRow]", console: "Console") -> None:
    from rich.table import Table

    table = Table(box=None, header_style="bold")
    heads = ("model", "backend", "precision", "batch", "ms", "faces/s", "GMAC/s", "of ceiling", "error %")
    for i, head in enumerate(heads):
        table.add_column(head, justify="left" if i < 3 else "right")
    for row in found:
        figures = (
            f"{row.ms:.1f}",
            f"{row.faces_per_s:.2f}",
            f"{row.gmacs_per_s:.1f}",
            f"{100 * row.ceiling_share:.0f} %",
        )
        table.add_row(row.model, row.backend, row.precision, str(row.batch), *figures, f"{100 * row.error:.3f}")
    console.print(table)
