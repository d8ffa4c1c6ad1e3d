"""`understudy relight`: pictures of people in new light, as data for training. Options and printing only."""

import os
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engines.errors import UnderstudyError

if TYPE_CHECKING:
    from tools.relight.sample import RelightJob, SampleResult

MOST_WORKERS = 8


def register(app: typer.Typer) -> None:
    app.command("relight")(relight)


def relight(
    folder: Annotated[Path | None, typer.Argument(metavar="DIR", help="Pictures of people.")] = None,
    to: Annotated[Path | None, typer.Option("--to", metavar="OUT", help="Where the tree of stages goes.")] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="F.toml", help="Settings that differ from the defaults.")
    ] = None,
    num_samples: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="The first N pictures; none: all.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="In the place of the settings' seed.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Pictures at once; none: one a core, 8 at most.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
    print_config: Annotated[bool, typer.Option("--print-config", help="Show all settings, explained.")] = False,
) -> None:
    """Take the light off pictures of people and put a new one on. Run the same again to go on where it ended."""
    from tools.relight.read_settings import default_text, read_settings

    if print_config:
        typer.echo(default_text(), nl=False)
        return
    if folder is None or to is None:
        raise UnderstudyError("relight wants a folder of pictures and --to OUT; `understudy relight --help`")
    settings = read_settings(config, **({} if seed is None else {"seed": seed}))
    from engines.relight.selfie import NAME
    from engines.store.store import default_store
    from stream.media.lock import OutputLock
    from tools.relight.people import chosen
    from tools.relight.sample import RelightJob
    from tools.relight.settings import PersonMethod
    from tools.relight.tree import Tree, sources

    found = sources(folder, num_samples)
    store = default_store()
    method, notes = chosen(settings.segmentation, store)
    for note in notes:
        print(f"note: {note}; people are told by {method}", file=sys.stderr)
    selfie = store.path(NAME) if method is PersonMethod.SELFIE else None
    Tree(to).make()
    lock = OutputLock(to / "relight")
    try:
        code = _run(RelightJob(to, settings, method, selfie), found, workers or _cores(), quiet)
    finally:
        lock.release()
    raise typer.Exit(code)


def _run(job: "RelightJob", found: list[Path], workers: int, quiet: bool) -> int:
    """Returns the exit code."""
    import cv2

    from tools.cli.progress import open_progress
    from tools.relight.run import run
    from tools.relight.sample import SampleOutcome
    from tools.train.interrupt import STOPPED, asked_to_stop

    cv2.setNumThreads(1)
    told, counts = list["SampleResult"](), Counter[SampleOutcome]()
    with open_progress(len(found), quiet=quiet, label="relighting") as progress, asked_to_stop() as stopped:
        for result in run(job, found, workers, stopped):
            counts[result.outcome] += 1
            if result.outcome not in (SampleOutcome.MADE, SampleOutcome.KEPT):
                told.append(result)
            progress.tick()
    for result in sorted(told, key=lambda r: r.source):
        why = f": {result.why}" if result.why else ""
        print(f"{result.outcome}: {result.source}{why}", file=sys.stderr)
    parts = [f"{counts[o]} {o}" for o in SampleOutcome if counts[o] or o is SampleOutcome.MADE]
    left = len(found) - counts.total()
    typer.echo(f"{', '.join(parts)}, of {len(found)} pictures; they are in {job.root}")
    if left:
        print(f"stopped: {left} pictures are left; run the same again to go on", file=sys.stderr)
        return STOPPED
    if not counts[SampleOutcome.MADE] + counts[SampleOutcome.KEPT]:
        return 2
    return 1 if counts[SampleOutcome.FAILED] else 0


def _cores() -> int:
    return min(MOST_WORKERS, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
