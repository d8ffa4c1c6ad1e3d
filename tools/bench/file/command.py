"""`understudy bench file`: what this machine does with files of several sizes. Options and printing; measuring is in
`measure.py`, clips come from `rescale.py`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from engines.errors import InputError, OutputError, UnderstudyError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from tools.bench.file.measure import FileFigures

SIZES = "360p,720p,1080p,2160p"


def register(bench: typer.Typer) -> None:
    bench.command("file")(bench_file)


def bench_file(
    source: Annotated[
        Path | None, typer.Option("--source", "-s", metavar="FACE", help="Photo of a face. Default: the demo's.")
    ] = None,
    target: Annotated[Path | None, typer.Option(metavar="CLIP", help="Clip with a face. Default: the demo's.")] = None,
    sizes: Annotated[str, typer.Option(help="Heights of the clips made from it.")] = SIZES,
    preset: Annotated[str, typer.Option(help="Preset of libx264.")] = "veryfast",
    frames: Annotated[int, typer.Option(min=10, help="Frames of each clip.")] = 150,
    rounds: Annotated[int, typer.Option(min=1, help="Times that each is run; medians are told.")] = 2,
    threads: Annotated[int, typer.Option(min=0, help="Threads of decoder and encoder; 0: all cores.")] = 0,
    json_: Annotated[Path | None, typer.Option("--json", metavar="FILE.json", help="Figures as JSON.")] = None,
) -> None:
    """Measure bare transcode, whole pipeline and each stage, and name the bottleneck.

    For every size: the given clip is scaled, then decoded and encoded without a swap (bare), then swapped, in turns,
    then taken through one stage after another on one thread. A process per size, so that peak memory is its own.
    """
    from rich.console import Console

    from tools.bench.file import measure  # heavy

    wanted = parse_sizes(sizes)
    if json_ is not None and not json_.parent.is_dir():
        raise OutputError(f"cannot write {json_}: there is no folder {json_.parent}")
    found: dict[str, object] = {}
    with material(source, target) as (face, clip):
        for size, height in wanted.items():
            typer.echo(f"{size}: making a clip of {frames} frames, then {rounds} rounds of each ...", err=True)
            figures = measure.in_own_process(measure.FileRun(face, clip, height, preset, frames, rounds, threads))
            Console(highlight=False).print(render(size, figures))
            found[size] = figures.as_json()
    if json_ is not None:
        json_.write_text(json.dumps({"sizes": found}, indent=1) + "\n", encoding="utf-8")
        typer.echo(f"wrote {json_}")


@contextmanager
def material(source: Path | None, target: Path | None) -> Iterator[tuple[Path, Path]]:
    """The face and the clip to measure with; the demo's where none is given. Raises InputError, DemoError."""
    for option, path in (("--source", source), ("--target", target)):
        if path is not None and not path.is_file():
            raise InputError(f"{option}: there is no file {path}; check the name")
    with TemporaryDirectory(prefix="understudy-") as folder:
        if source is None or target is None:
            import cv2

            from tools.swap.demo_clip import make_clip, portraits

            face, person = portraits()
            if source is None:
                source = Path(folder) / "face.png"
                cv2.imwrite(str(source), face[..., ::-1])
            if target is None:
                target = make_clip(person, Path(folder) / "clip.mp4", seconds=3)
        yield source, target


def render(size: str, figures: "FileFigures") -> "RenderableType":
    """One size for people."""
    from rich.console import Group
    from rich.text import Text

    from tools.cli.table import stage_grid

    rows = {name: (timing, figures.busy.get(name)) for name, timing in figures.stages.items()}
    return Group(
        Text(
            f"{size}  {figures.fps:.1f} fps, {figures.ratio:.2f} of the bare transcode's {figures.bare_fps:.1f}",
            style="bold",
        ),
        f"{1000 * figures.cpu:.1f} ms of processor time a frame, {figures.peak_mb:.0f} MB of memory at most",
        stage_grid(rows, figures.bottleneck),
        Text(f"bottleneck: {figures.bottleneck}, at work {figures.busy[figures.bottleneck]:.0%} of the time"),
        "",
    )


def parse_sizes(text: str) -> dict[str, int]:
    """`360p,1080p` -> name and height (the shorter side). Raises UnderstudyError."""
    sizes: dict[str, int] = {}
    for word in filter(None, (part.strip() for part in text.split(","))):
        number = word.removesuffix("p")
        if not number.isdigit() or not 64 <= int(number) <= 4320 or int(number) % 2:
            raise UnderstudyError(f"--sizes: {word!r} is no size; write even heights from 64p to 4320p, as 360p,1080p")
        sizes[f"{int(number)}p"] = int(number)
    if not sizes:
        raise UnderstudyError(f"--sizes names no size; write for example {SIZES}")
    return sizes
