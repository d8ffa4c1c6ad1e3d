"""`understudy bench routing`: what choosing a route for every frame is worth. Options and printing; measuring is in
`routes.py`, the clip of which all is known comes from `synth/mixed.py`."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console, Group, RenderableType

from engines.errors import OutputError
from stream.pipeline.choices import Device
from tools.bench.file.command import material
from tools.bench.routing import measure as routes
from tools.bench.routing.measure import RoutingFigures
from tools.cli import table
from tools.synth.mixed import ALL


def register(bench: typer.Typer) -> None:
    bench.command("routing")(bench_routing)


def bench_routing(
    source: Annotated[
        Path | None, typer.Option("--source", "-s", metavar="FACE", help="Photo of a face. Default: the demo's.")
    ] = None,
    target: Annotated[
        Path | None, typer.Option(metavar="CLIP", help="Clip with a face and nothing before it. Default: the demo's.")
    ] = None,
    height: Annotated[int, typer.Option(min=64, max=4320, help="Height of the clip made from it.")] = 360,
    frames: Annotated[int, typer.Option(min=120, help="Frames: 80 % clear, 15 % opaque, 5 % transparent.")] = ALL,
    seed: Annotated[int, typer.Option(help="Same seed, same things before the face.")] = 1,
    device: Annotated[Device, typer.Option(help="Where networks run.")] = Device.AUTO,
    json_: Annotated[Path | None, typer.Option("--json", metavar="FILE.json", help="Figures as JSON.")] = None,
) -> None:
    """Measure routing on a clip with things laid before the face: time by route, speed against always refining on the
    same frames, routes chosen right, changes of route."""
    if json_ is not None and not json_.parent.is_dir():
        raise OutputError(f"cannot write {json_}: there is no folder {json_.parent}")
    with material(source, target) as (face, clip):
        typer.echo(f"making a clip of {frames} frames, then each of them twice ...", err=True)
        figures = routes.measure(routes.RoutingRun(face, clip, height + height % 2, frames, seed, device))
    Console(highlight=False).print(render(figures))
    if json_ is not None:
        json_.write_text(json.dumps(figures.as_json(), indent=1) + "\n", encoding="utf-8")
        typer.echo(f"wrote {json_}")


def render(figures: RoutingFigures) -> RenderableType:
    """The figures for people: the profiler's table, then what it means."""
    cost = figures.speedup_by_cost
    shares = ", ".join(f"{name} {tally.share:.1%} of {tally.frames}" for name, tally in figures.by_class.items())
    things = ", ".join(f"{name} {tally.right} of {tally.frames}" for name, tally in figures.by_thing.items())
    lines = [
        f"{figures.speedup:.2f} times as fast as always refining, {figures.speedup_cpu:.2f} times in processor time"
        + ("" if cost is None else f", {cost:.2f} times if every frame cost what a refined one does"),
        "processor time a frame: " + ", ".join(f"{n} {1000 * t:.1f} ms" for n, t in figures.cpu_by_route.items()),
        f"routed right: {shares} frames",
        f"by what is before the face: {things}",
        f"{figures.switches_per_100:.1f} changes of route per 100 frames ({figures.wanted_switches_per_100:.1f} in the"
        " clip itself)",
    ]
    if figures.lost:
        lines.append(f"{figures.lost} frames passed untouched: the face was not followed there, and shows")
    if figures.not_shown:
        lines.append(f"not shown, so nothing is known of: {', '.join(figures.not_shown)}; --frames {ALL} shows all")
    if figures.alike:
        mean, least = sum(figures.alike) / len(figures.alike), min(figures.alike)
        lines.append(f"transparent frames against always refining: {mean:.1f} dB PSNR, the worst {least:.1f}")
    return Group(table.render(figures.table), "", *lines)
