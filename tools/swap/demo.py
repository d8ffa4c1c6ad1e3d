"""`understudy demo`: a real swap with nothing at hand: makes a clip where none is given, swaps, shows before and
after."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import cv2
import typer
from rich.console import Console

from engines.store.store import default_store
from stream.consent.consent import Consent, Given, bare, consent_said
from stream.consent.package import default_identities
from stream.consent.people import find_people, settle
from stream.jobs.clip import swap_clip
from stream.jobs.compare import compare
from stream.jobs.job import SwapJob
from stream.jobs.result import JobResult
from stream.pipeline.spec import SwapSpec
from tools.cli import table
from tools.cli.options import Agreed
from tools.swap.demo_clip import DemoError, make_clip, portraits
from tools.swap.show import followed


def demo(
    source: Annotated[
        Path | None, typer.Option("--source", help="A face that may be used; none: Eileen Collins.")
    ] = None,
    target: Annotated[Path | None, typer.Option("--target", help="A clip of yours; none: one is made.")] = None,
    folder: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the results go.")] = Path("demo"),
    seconds: Annotated[float, typer.Option("--seconds", min=0.5, max=600, help="Length of the clip made.")] = 6,
    open_: Annotated[bool, typer.Option("--open", help="Show the comparison when it is done.")] = False,
    consent: Agreed = False,
) -> None:
    """Swaps a face in a clip, yours or one made of public-domain portraits, and shows before and after."""
    console = Console(highlight=False, markup=False)
    for given in (source, target):
        if given is not None and not given.is_file():
            raise DemoError(f"{given} is no file; give the path of one that exists, or leave the option away")
    folder.mkdir(parents=True, exist_ok=True)
    store = default_store()
    for model in store.catalog.embedded():
        store.pull(model.name)
    face, clip, agreed = _material(source, target, folder.resolve(), seconds, consent)
    output = folder.resolve() / f"swapped{clip.suffix.lower() or '.mp4'}"
    job = SwapJob(SwapSpec((face,)), str(clip), str(output), report=output.with_name("report.json"), consent=agreed)
    job.check()
    result = swap_clip(job, followed(quiet=False))
    beside = output.with_name("compare.mp4"), output.with_name("compare.png")
    if result.happened is not None:
        compare(job, result.happened, *beside)
    show(job, result, beside, console)
    if open_:
        typer.launch(str(beside[0]))


def _material(
    source: Path | None, target: Path | None, folder: Path, seconds: float, said: bool
) -> tuple[tuple[Path, ...], Path, Consent]:
    """The source's photos, the clip, and the consent: that of a user's own photo is asked for as in `swap`. Raises
    DemoError, ConsentError."""
    face, person = portraits() if source is None or target is None else (None, None)
    if target is None:
        assert person is not None
        target = make_clip(person, folder / "target.mp4", seconds)
    if source is not None:
        people = find_people([str(source)], default_identities())
        ask = lambda question: typer.confirm(question, default=False, err=True)  # noqa: E731
        return people[0].photos, target.resolve(), settle(people, said, ask, datetime.now(UTC))
    assert face is not None
    photo = folder / "source.png"
    cv2.imwrite(str(photo), cv2.cvtColor(face, cv2.COLOR_RGB2BGR))
    agreed = consent_said([bare((photo,))], Given.PUBLIC_DOMAIN, datetime.now(UTC))
    return (photo,), target.resolve(), agreed


def show(job: SwapJob, result: JobResult, beside: tuple[Path, Path], console: Console) -> None:
    """What the run measured, and where everything is, as full paths."""
    console.print(table.render(result.table))
    rate = result.frames / result.table.wall if result.table.wall else 0.0
    console.print(
        f"{result.frames} frames in {result.table.wall:.1f} s: {rate:.1f} frames a second; "
        f"a face painted in {result.painted} of them"
    )
    for warning in result.warnings:
        console.print(f"note: {warning}", soft_wrap=True)
    for name, path in (
        ("target", job.target),
        ("result", job.output),
        ("before and after", beside[0]),
        ("as a picture", beside[1]),
        ("report", job.report),
    ):
        console.print(f"{name + ':':18}{path}", soft_wrap=True)
    if result.marks:
        console.print(result.marks, soft_wrap=True)


def register(app: typer.Typer) -> None:
    """Adds the command to the console script."""
    app.command()(demo)
