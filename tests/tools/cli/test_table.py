"""The table for people: every figure by value."""

from rich.console import Console

from stream.frame import Route
from stream.telemetry.stats import StageTiming, Table
from tools.cli.table import render

TABLE = Table(
    {Route.PASS: StageTiming(20, 0.0), Route.FAST: StageTiming(80, 0.4)},
    {
        "perceive": StageTiming(100, 0.2, 0.0015, 0.004, 0.0051),
        "encode": StageTiming(100, 1.9, 0.019, 0.02, 0.123),
        "refine": StageTiming(),
    },
    wall=2.0,
)


def told(table: Table) -> list[str]:
    console = Console(width=100)
    with console.capture() as capture:
        console.print(render(table))
    return [" ".join(line.split()) for line in capture.get().splitlines()]


def test_routes_stages_and_total_are_told() -> None:
    assert told(TABLE) == [
        "route frames share mean",
        "pass 20 20.0% 0.00 ms",
        "fast 80 80.0% 5.0 ms",
        "",
        "stage count mean p50 p95 p99 busy",
        "perceive 100 2.0 ms 1.5 ms 4.0 ms 5.1 ms 10%",
        "encode 100 19.0 ms 19.0 ms 20.0 ms 123 ms 95%",
        "",
        "100 frames in 2.0 s: 50.0 fps",
    ]


def test_long_runs_are_told_in_minutes() -> None:
    assert told(Table({Route.PASS: StageTiming(100, 0.0)}, {}, wall=200.0))[-1] == "100 frames in 3:20: 0.5 fps"
