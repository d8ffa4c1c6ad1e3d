"""`understudy qa`: its options, its files, its exit code. Looking is done in `stream/qa`, judging in `calib/qa`."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engines.errors import InputError, OutputError
from tools.cli.options import Agreed
from tools.cli.overwrite import Overwrite, may_replace
from tools.cli.timecode import parse_time

if TYPE_CHECKING:
    from stream.qa.checking import CheckJob
    from stream.qa.repair_job import RepairJob

FLAGGED = 1
REPAIR = "Repair"
MARKERS = (".edl", ".csv")


def register(app: typer.Typer) -> None:
    app.command("qa")(qa)


def qa(
    clip: Annotated[str, typer.Argument(metavar="CLIP", help="A finished swap.")],
    source: Annotated[
        list[str],
        typer.Option("--source", "-s", metavar="FACE", help="Whose face was put in, as `swap --source` got it."),
    ],
    original: Annotated[
        str | None, typer.Option(metavar="TARGET", help="What was swapped. Missed faces, seams and mouths need it.")
    ] = None,
    report: Annotated[Path | None, typer.Option(metavar="REPORT.json", help="What `swap --report` wrote.")] = None,
    who: Annotated[str | None, typer.Option(metavar="WHO", help="Whose face was replaced, as `swap --who`.")] = None,
    map: Annotated[list[str] | None, typer.Option(metavar="N=WHO", help="As `swap --map`.")] = None,
    start: Annotated[str | None, typer.Option(metavar="TIME", help="As `swap --start`, of the original.")] = None,
    end: Annotated[str | None, typer.Option(metavar="TIME", help="As `swap --end`, of the original.")] = None,
    identity: Annotated[
        str,
        typer.Option(
            metavar="BOUND",
            help="Least likeness to the source: different, same (the embedder's own bounds), seed (0.6), or a number.",
        ),
    ] = "different",
    json_: Annotated[Path | None, typer.Option("--json", metavar="OUT.json", help="All that was found.")] = None,
    sheet: Annotated[
        Path | None, typer.Option(metavar="OUT.jpg", help="A picture of each flagged span at its worst.")
    ] = None,
    markers: Annotated[
        list[Path] | None, typer.Option(metavar="OUT.edl|.csv", help="Markers for editors. May be given twice.")
    ] = None,
    repair: Annotated[
        Path | None,
        typer.Option(
            metavar="OUT.mp4",
            help="Paint flagged stretches anew from --original, keep what is better, write it here.",
            rich_help_panel=REPAIR,
        ),
    ] = None,
    consent: Agreed = False,
    model: Annotated[
        str | None, typer.Option(metavar="NAME", help="Swapping network, as `swap --model`.", rich_help_panel=REPAIR)
    ] = None,
    tries: Annotated[
        int, typer.Option(min=1, max=40, help="Ways in which a stretch is painted anew.", rich_help_panel=REPAIR)
    ] = 6,
    seed: Annotated[
        int, typer.Option(min=0, help="Of the search; the same finds the same.", rich_help_panel=REPAIR)
    ] = 0,
    overwrite: Overwrite = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Tell what is wrong in a finished swap, when, and why: faces that are none, somebody else's or missed, flicker,
    seams, jumps of light, frozen mouths.

    Exit code: 0 nothing is flagged, 1 something is, 2 it could not be looked at.
    """
    from stream.consent.package import default_identities
    from stream.consent.people import find_people
    from stream.qa.checking import CheckJob

    outputs = [path for path in (json_, sheet, repair, *(markers or ())) if path is not None]
    _check(outputs, [clip, original, report], markers or [], original, start or end)
    people = find_people(source, default_identities())
    may_replace([str(path) for path in outputs], overwrite)
    job = CheckJob(
        clip=clip,
        people=tuple(person.photos for person in people),
        original=original,
        start=parse_time(start, "--start") if start else None,
        end=parse_time(end, "--end") if end else None,
        who=who,
        map=tuple(map or ()),
        identity=identity,
        report=report is not None,
    )
    wanted = None
    if repair is not None:
        from tools.qa.repair import repair_job

        wanted = repair_job(job, repair, people, model, consent, tries, seed)
    if _run(job, Outputs(report, json_, sheet, tuple(markers or ())), wanted, quiet):
        raise typer.Exit(FLAGGED)


@dataclass(frozen=True, slots=True)
class Outputs:
    """report: read; the others are written."""

    report: Path | None
    json_: Path | None
    sheet: Path | None
    markers: tuple[Path, ...]


def _run(job: "CheckJob", files: Outputs, wanted: "RepairJob | None", quiet: bool) -> bool:
    """Whether something is flagged, and stays so."""
    from stream.qa.checking import check_clip
    from stream.qa.repair_job import repair
    from tools.cli.progress import open_progress
    from tools.qa import repair as mending
    from tools.qa.answer import as_json, lines
    from tools.qa.markers import USUAL, edl, table
    from tools.qa.sheet import write_sheet
    from tools.qa.told import joined, missed_spans

    with open_progress(None, quiet=quiet, label="looking") as bar:
        checked = check_clip(job, lambda _total: bar.tick)
    told = missed_spans(files.report, checked.watched.times) if files.report is not None else []
    spans = joined(checked.spans, told)
    answer, rest = as_json(job, checked, spans), lines(checked, spans)
    after = None
    if wanted is not None:
        with open_progress(None, quiet=quiet, label="painting anew") as bar:
            done = repair(wanted, checked, spans, bar.tick) if spans else []
        if any(one.better for one in done):
            with open_progress(None, quiet=quiet, label="looking again") as bar:
                after = check_clip(replace(job, clip=wanted.output), lambda _total: bar.tick)
        rest += mending.lines(done, checked, wanted.output, after)
        answer["repair"] = {
            "output": wanted.output if after is not None else None,
            "stretches": mending.as_json(done, checked.watched.times),
            "after": as_json(replace(job, clip=wanted.output), after, after.spans) if after is not None else None,
        }
    rate = checked.rate or USUAL
    if files.json_ is not None:
        _write(files.json_, json.dumps(answer, indent=1) + "\n")
    for path in files.markers:
        is_edl = path.suffix.lower() == ".edl"
        _write(path, edl(spans, Path(job.clip).stem, rate) if is_edl else table(spans, rate))
    if files.sheet is not None:
        mended = wanted.output if wanted is not None and after is not None else None
        write_sheet(
            files.sheet, [one for one in (job.clip, mended) if one], job.original, spans, rate, job.start, job.end
        )
    for line in rest:
        typer.echo(line)
    return bool(spans if after is None else after.spans)


def _check(
    outputs: list[Path],
    inputs: "list[str | Path | None]",
    markers: list[Path],
    original: str | None,
    trim: str | None,
) -> None:
    for path in markers:
        if path.suffix.lower() not in MARKERS:
            raise OutputError(f"--markers {path}: name a file that ends in {' or '.join(MARKERS)}")
    if trim and original is None:
        raise InputError("--start and --end are those of the original; add --original TARGET")
    read = {Path(one).resolve() for one in inputs if one is not None}
    seen: set[Path] = set()
    for path in outputs:
        if path.resolve() in read:
            raise OutputError(f"{path} is also read here; write to another name")
        if path.resolve() in seen:
            raise OutputError(f"{path} is given twice; give each output a name of its own")
        seen.add(path.resolve())


def _write(path: Path, text: str) -> None:
    from stream.media.atomicfile import write_whole

    write_whole(path, text.encode())
