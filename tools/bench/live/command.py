"""`understudy bench live`: its options and its table. The measuring is done in `measure`."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engines.errors import OutputError, UnderstudyError

if TYPE_CHECKING:
    from tools.bench.live.measure import LiveRun


BARE = 60.0  # seconds of the run without the swap at most: what it tells needs no more


def bench_live(
    source: Annotated[
        Path | None, typer.Option("--source", "-s", metavar="FACE", help="Photo of a face. Default: the demo's.")
    ] = None,
    target: Annotated[Path | None, typer.Option(metavar="CLIP", help="The camera's clip. Default: the demo's.")] = None,
    seconds: Annotated[float, typer.Option(min=2, help="How long each run counts.")] = 60.0,
    size: Annotated[str, typer.Option(metavar="WxH", help="Of the camera.")] = "1280x720",
    fps: Annotated[int, typer.Option(min=1, max=60)] = 30,
    transport: Annotated[str, typer.Option(help="webrtc, rtmp or loop (no network, no codec).")] = "webrtc",
    streams: Annotated[int, typer.Option(min=1, max=32, help="Streams at once.")] = 1,
    hold: Annotated[
        float | None, typer.Option("--hold-p95", metavar="MS", help="Find the most streams that keep this p95.")
    ] = None,
    mark: Annotated[bool, typer.Option("--mark/--no-mark", help="With the invisible mark.")] = True,
    shot: Annotated[Path | None, typer.Option(metavar="FILE.png", help="One picture as the viewer got it.")] = None,
    trace: Annotated[Path | None, typer.Option(metavar="FILE.json", help="The server's trace, for Perfetto.")] = None,
    json_: Annotated[Path | None, typer.Option("--json", metavar="FILE.json", help="Figures as JSON.")] = None,
) -> None:
    """Measure live delay, camera to viewer, each in a process of its own, with the swap and without it."""
    from tools.bench.file.command import material
    from tools.bench.live import figures, measure, rtmp
    from tools.bench.live import loopback as loop

    width, height = parse_size(size)
    if json_ is not None and not json_.parent.is_dir():
        raise OutputError(f"cannot write {json_}: there is no folder {json_.parent}")
    kinds = {"webrtc": measure.measure, "rtmp": rtmp.measure, "loop": loop.measure}
    if transport not in kinds:
        raise UnderstudyError(f"--transport {transport!r}: write webrtc, rtmp or loop")
    take = kinds[transport]
    with material(source, target) as (face, clip):
        run = measure.LiveRun(face, clip, (width, height), fps, seconds, streams, mark, shot, trace)
        short = min(seconds, BARE)
        typer.echo(f"{transport} {size} at {fps}: {short:.0f} s without the swap ...", err=True)
        bare = take(replace(run, seconds=short, trace=None), True)
        typer.echo(f"{seconds:.0f} s with it ...", err=True)
        whole = take(run, False)
        most = None if hold is None else streams_within(take, run, hold)
    found = figures.as_json(whole.sights, bare.sights[0], whole.skew, whole.server, whole.others, whole.late)
    found |= {"transport": transport, "size": size, "fps": fps, "seconds": seconds, "streams": streams}
    found |= {"shed": whole.shed, "held": whole.held, "unread": whole.unread, "rung": whole.rung}
    found |= {"inside": whole.inside, "inside_bare": bare.inside, "stages_ms": whole.stages}
    if hold is not None:
        found["streams_within_p95"] = {"p95_ms": hold, "streams": most}
    typer.echo(render(found))
    if json_ is not None:
        json_.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        typer.echo(f"wrote {json_}")


def streams_within(take: Any, run: "LiveRun", hold: float) -> int:
    """The largest number of streams whose worst p95 stays under `hold` milliseconds."""
    from tools.bench.live import figures

    best = 0
    for count in range(1, 33):
        typer.echo(f"{count} stream{'s' if count > 1 else ''} ...", err=True)
        try:
            result = take(replace(run, streams=count, seconds=min(run.seconds, 15.0), shot=None, trace=None), False)
        except UnderstudyError as error:  # admission says no
            typer.echo(f"  {error}", err=True)
            break
        worst = max(figures.quantiles([s.delay for s in sights])["p95_ms"] for sights in result.sights)
        lost = max(figures.drops(s) / max(len(s), 1) for s in result.sights)
        typer.echo(f"  worst p95 {worst:.1f} ms, {100 * lost:.1f} % dropped", err=True)
        if worst > hold or lost > 0.05 or not all(result.sights):
            break
        best = count
    return best


def render(found: dict[str, Any]) -> str:
    """For people."""
    g, added = found["glass_to_glass"], found["swap_added"] or {"p50_ms": 0.0, "p95_ms": 0.0}
    noise = found["delay_slope_noise_ms_per_min"]
    known = "not known: the run is too short" if noise is None else f"known to {noise:.2f}"
    return (
        f"glass to glass  p50 {g['p50_ms']:.1f}  p95 {g['p95_ms']:.1f}  p99 {g['p99_ms']:.1f}  "
        f"max {g['max_ms']:.1f} ms\n"
        f"swap added      p50 {added['p50_ms']:.1f}  p95 {added['p95_ms']:.1f} ms\n"
        f"drops {found['drops']} of {found['frames']}, freezes {found['freezes']} (without the swap"
        f" {found['freezes_bare']}), sound after picture {found['av_skew_ms']} ms\n"
        f"server {found['cpu']:.2f} cores, {found['peak_mb']:.0f} MB; memory grew by"
        f" {100 * found['memory_growth']:.1f} %, the delay by {found['delay_slope_ms_per_min']:.2f} ms a"
        f" minute ({known})"
    )


def parse_size(text: str) -> tuple[int, int]:
    """`1280x720`. Raises UnderstudyError."""
    width, sep, height = text.lower().partition("x")
    if not sep or not width.isdigit() or not height.isdigit() or int(width) % 2 or int(height) % 2:
        raise UnderstudyError(f"--size {text!r}: write even numbers as 1280x720")
    if int(width) < 448 or int(height) < 240:
        raise UnderstudyError(f"--size {text!r}: the time code needs 448x240 at least")
    return int(width), int(height)


def register(bench: typer.Typer) -> None:
    bench.command("live")(bench_live)
