"""The profiler's table for people: frames by route, and mean, p50, p95, p99 of every stage."""

from collections.abc import Mapping

from rich.console import Group, RenderableType
from rich.table import Table as Grid
from rich.text import Text

from stream.journey import bottleneck
from stream.telemetry.stats import StageTiming, Table
from tools.cli.progress import clock_time


def render(table: Table) -> RenderableType:
    """What a run ends with. `busy`: the part of the whole time that the stage's thread was at work; the busiest one,
    marked, is what the speed hangs on."""
    routes = _grid("route", "frames", "share", "mean")
    for route, timing in table.routes.items():
        routes.add_row(route.value, str(timing.count), f"{table.share(route):.1%}", _ms(timing.mean))
    rows = {name: (timing, table.busy(name)) for name, timing in table.stages.items() if timing.count}
    stages = stage_grid(rows, bottleneck(table))
    total = f"{table.frames} frames in {_total(table.wall)}: {table.fps:.1f} fps"
    return Group(routes, "", stages, "", Text(total, style="bold"))


def stage_grid(rows: Mapping[str, tuple[StageTiming, float | None]], bottleneck: str | None) -> Grid:
    """rows: each stage's timing and busy share, None where it was not measured."""
    grid = _grid("stage", "count", "mean", "p50", "p95", "p99", "busy")
    for name, (timing, busy) in rows.items():
        cells = [_ms(v) for v in (timing.mean, timing.p50, timing.p95, timing.p99)]
        share = "" if busy is None else f"{busy:.0%}"
        grid.add_row(name, str(timing.count), *cells, share, style="bold" if name == bottleneck else "")
    return grid


def _grid(first: str, *rest: str) -> Grid:
    grid = Grid(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    grid.add_column(first, min_width=9)
    for name in rest:
        grid.add_column(name, justify="right", min_width=6)
    return grid


def _ms(seconds: float) -> str:
    ms = seconds * 1000
    return f"{ms:.0f} ms" if ms >= 100 else f"{ms:.1f} ms" if ms >= 1 else f"{ms:.2f} ms"


def _total(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else clock_time(seconds)
