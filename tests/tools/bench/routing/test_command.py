"""`understudy bench routing`: what it says and refuses."""

from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from engines.errors import OutputError
from engines.occlusion.network import NONE, OPAQUE, TRANSPARENT
from stream.frame import Route
from stream.telemetry.stats import StageTiming
from tests.tools.commands import understudy
from tools.bench.routing.command import bench_routing, render
from tools.bench.routing.measure import FrameCost, RoutingFigures
from tools.synth.mixed import Truth

F, X, R = Route.FAST, Route.XSEG, Route.REFINE


def figures(alike: list[float]) -> RoutingFigures:
    auto = [FrameCost(F, 0.01, 0.008)] * 16 + [FrameCost(X, 0.02, 0.014)] * 3 + [FrameCost(R, 0.1, 0.03)]
    truth = Truth((NONE,) * 16 + (OPAQUE,) * 3 + (TRANSPARENT,), ("",) * 16 + ("cup",) * 3 + ("veil",))
    return RoutingFigures(
        auto, [FrameCost(R, 0.064, 0.03)] * 20, truth, alike, {"paint": StageTiming(20, 0.1, 0.005, 0.006, 0.007)}
    )


def lines(alike: list[float]) -> list[str]:
    console = Console(width=140, color_system=None)
    with console.capture() as capture:
        console.print(render(figures(alike)))
    return [" ".join(line.split()) for line in capture.get().splitlines()]


def test_the_seeds_table_and_what_it_means_are_printed() -> None:
    out = lines([45.0, 39.0])
    assert out[:4] == [
        "route frames share mean",
        "fast 16 80.0% 10.0 ms",
        "xseg 3 15.0% 20.0 ms",
        "refine 1 5.0% 100 ms",
    ]
    assert (
        "4.00 times as fast as always refining, 3.00 times in processor time,"
        " 6.25 times if every frame cost what a refined one does"
    ) in out
    assert "processor time a frame: fast 8.0 ms, xseg 14.0 ms, refine 30.0 ms" in out
    assert (
        "routed right: none 100.0% of 16, opaque 100.0% of 3, transparent 100.0% of 1, all 100.0% of 20 frames" in out
    )
    assert "by what is before the face: cup 3 of 3, veil 1 of 1" in out
    assert (
        "not shown, so nothing is known of: object, microphone, phone, fingers, glass, liquid; --frames 1200 shows all"
    ) in out
    assert "10.0 changes of route per 100 frames (10.0 in the clip itself)" in out
    assert out[-1] == "transparent frames against always refining: 42.0 dB PSNR, the worst 39.0"


def test_a_face_that_was_not_followed_is_told() -> None:
    some = figures([])
    lost = replace(some, auto=[*some.auto[:16], *[FrameCost(Route.PASS, 0.01, 0.01)] * 3, some.auto[19]])
    console = Console(width=140, color_system=None)
    with console.capture() as capture:
        console.print(render(lost))
    assert "3 frames passed untouched: the face was not followed there, and shows" in capture.get()
    assert not any("passed untouched" in line for line in lines([]))


def test_without_transparent_frames_nothing_is_said_of_them() -> None:
    assert not any("PSNR" in line for line in lines([]))


def test_a_place_that_cannot_be_written_is_told_first(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"there is no folder .*sub"):
        bench_routing(source=None, target=None, json_=tmp_path / "sub" / "figures.json")


def test_the_command_can_be_reached() -> None:
    assert "80 % clear" in understudy("bench", "routing", "--help").stdout
    assert "routing" in understudy("bench", "--help").stdout
    short = understudy("bench", "routing", "--frames", "60")
    assert short.returncode == 2
