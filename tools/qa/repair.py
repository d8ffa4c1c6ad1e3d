"""Repair: a command's words to a `RepairJob`, and what became of it, as JSON and as lines."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import typer

from calib.qa.scoring import Attempt
from calib.search.eacps import Tried
from engines.errors import InputError
from stream.consent.people import Person, settle
from stream.media.replacing import FORMATS
from stream.pipeline.misses import clock
from stream.pipeline.spec import SwapSpec
from stream.qa.checking import Checked, CheckJob
from stream.qa.repair_job import Repaired, RepairJob


def repair_job(
    job: CheckJob, output: Path, people: Sequence[Person], model: str | None, agreed: bool, tries: int, seed: int
) -> RepairJob:
    """Consent is settled, and asked for on a terminal where nothing tells it. Raises UnderstudyError, InputError."""
    if job.original is None:
        raise InputError("--repair paints anew from the clip that was swapped; add --original TARGET")
    if output.suffix.lower() not in FORMATS:
        raise InputError(f"--repair {output}: clips of {', '.join(FORMATS)} are repaired, each to its own kind")
    spec = SwapSpec(source=job.people, who=job.who, map=job.map, model=model)
    spec.check()
    consent = settle(people, agreed, _ask, datetime.now(UTC))
    return RepairJob(job.clip, job.original, str(output), spec, consent, tries, seed, job.start)


def _ask(question: str) -> bool:
    return typer.confirm(question, default=False, err=True)


def as_json(done: Sequence[Repaired], times: Sequence[float]) -> list[dict[str, object]]:
    """times: seconds of the clip's frames."""
    return [
        {
            "first_frame": one.stretch.first,
            "last_frame": one.stretch.last,
            "start_s": round(times[one.stretch.first], 3),
            "end_s": round(times[one.stretch.last], 3),
            "better": one.better,
            "before": _tried(one.found.raw),
            "after": _tried(one.found.best),
            "tried": len(one.found.tried) - 1,
            "scorers_left_out": dict(one.found.dropped),
        }
        for one in done
    ]


def _tried(one: Tried[Attempt]) -> dict[str, object]:
    return {
        "parameters": dict(one.candidate.words),
        "potential": round(one.judgement.potential, 4),
        "aspects": {aspect.value: round(value, 4) for aspect, value in one.judgement.aspects.items()},
        "flaws": list(one.judgement.fatal),
    }


def lines(done: Sequence[Repaired], checked: Checked, output: str, after: Checked | None) -> list[str]:
    """after: a check of the output; None where there is none."""
    times, told = checked.watched.times, []
    for one in done:
        when = f"{clock(times[one.stretch.first])} to {clock(times[one.stretch.last])}"
        before, best = one.found.raw.judgement.potential, one.found.best.judgement.potential
        if one.better:
            how = ", ".join(
                f"{k} {v if isinstance(v, str) else f'{v:.2f}'}" for k, v in one.found.best.candidate.words.items()
            )
            told.append(f"{when}  painted anew ({how}): {before:.2f} to {best:.2f}")
        else:
            told.append(f"{when}  left as it is: none of {len(one.found.tried) - 1} tries was better than {before:.2f}")
    told += [f"left out of the scores: {name} ({why})" for name, why in (done[0].found.dropped.items() if done else ())]
    if after is None:
        return [*told, "nothing became better, so nothing was written" if done else "nothing to repair"]
    return [*told, f"{output}: {len(after.spans)} stretches are flagged in it, {len(checked.spans)} were before"]
