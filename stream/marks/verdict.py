"""Verdict: what a manifest and a mark together mean, in one sentence for someone who has to decide whether to print a
picture. The sentences that stand below it are in `details`.

Pure. It judges what was found; it reads nothing itself.
"""

from dataclasses import dataclass
from enum import IntEnum

from engines.watermark.detect import MarkDetection
from stream.marks.details import details
from stream.marks.provenance import ManifestState, Provenance


class Outcome(IntEnum):
    """The exit code of `understudy verify`."""

    INTACT = 0
    ALTERED = 1
    NO_MARK = 2
    UNREADABLE = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """outcome: the exit code. headline: one sentence. details: one sentence each."""

    outcome: Outcome
    headline: str
    details: tuple[str, ...] = ()


def judge(told: Provenance, mark: MarkDetection | None) -> Verdict:
    """mark: None where there are no pictures to look at, or they do not decode."""
    outcome, headline = _judged(told, mark)
    return Verdict(outcome, headline, details(told, mark))


def _judged(told: Provenance, mark: MarkDetection | None) -> tuple[Outcome, str]:
    if told.state is ManifestState.TAMPERED:
        return Outcome.ALTERED, _tampered(told)
    if told.state is ManifestState.MISSING:
        return _without_record(told, mark)
    if told.ours:
        return _ours(told, mark)
    return _foreign(told, mark)


def _tampered(told: Provenance) -> str:
    if told.ours or told.declares_ai or told.from_ours or told.from_ai:
        return "This file was marked and has been altered since it was signed."
    if told.generator is None and told.signer is None:
        return "This file holds a signed record that is damaged: it has been altered since it was signed."
    return (
        "This file was signed by another program, which says nothing of AI, and has been altered since it was signed."
    )


def _ours(told: Provenance, mark: MarkDetection | None) -> tuple[Outcome, str]:
    if told.watermark and mark is not None and mark.payload and not _named(told, mark):
        return (
            Outcome.ALTERED,
            "This file's signature and the invisible mark in its pictures do not belong together.",
        )
    trusted = told.state is ManifestState.TRUSTED
    known = "" if trusted else ", signed by somebody this computer does not know"
    word = "" if trusted else ", by its own word,"
    if told.record is not None and told.record.painted == 0:
        return (
            Outcome.INTACT,
            f"Made by Understudy{word.removesuffix(',')}, which replaced no face in it, and unchanged since{known}.",
        )
    return Outcome.INTACT, f"Made by Understudy{word} and unchanged since{known}."


def _foreign(told: Provenance, mark: MarkDetection | None) -> tuple[Outcome, str]:
    """An unbroken record of another program."""
    if mark is not None and mark.found and not _named(told, mark):
        return (
            Outcome.ALTERED,
            "Understudy's invisible mark is in the pictures; its own signed record is missing, and another program"
            " signed the file since.",
        )
    known = "" if told.state is ManifestState.TRUSTED else ", by somebody this computer does not know"
    if told.from_ours:
        made = "with AI by Understudy" if told.from_ai else "by Understudy"
        return (
            Outcome.INTACT,
            f"Signed by another program, from a file that was made {made}; unchanged since it was signed{known}.",
        )
    if told.declares_ai:
        return Outcome.INTACT, f"Made with AI, by another program, and unchanged since it was signed{known}."
    if told.from_ai:
        return (
            Outcome.INTACT,
            f"Signed by another program, from a file that was made with AI; unchanged since it was signed{known}.",
        )
    return Outcome.NO_MARK, "Signed by another program that says nothing of AI; no mark of Understudy found."


def _without_record(told: Provenance, mark: MarkDetection | None) -> tuple[Outcome, str]:
    if mark is None or not mark.found:
        return (
            Outcome.NO_MARK,
            "No mark found. That does not prove that the picture is real: other programs leave no mark, and marks can"
            " be destroyed.",
        )
    if mark.payload is None:
        return (
            Outcome.ALTERED,
            "Traces of an invisible mark as Understudy's are in the pictures, too damaged to be read. The signed record"
            " is missing.",
        )
    if any(stray.watermark == mark.payload.text for stray in told.strays):
        return (
            Outcome.ALTERED,
            "Made by Understudy and altered since: the record beside the file names the invisible mark in its pictures,"
            " and no longer fits the file.",
        )
    return (
        Outcome.ALTERED,
        "Made by Understudy: its invisible mark is in the pictures. The signed record is missing, as after an"
        " upload, a recording or another save.",
    )


def _named(told: Provenance, mark: MarkDetection) -> bool:
    """Whether the record, or one before it, names the mark that was read: of two marks on one another either may be."""
    return mark.payload is not None and mark.payload.text in (told.watermark, *told.earlier)
