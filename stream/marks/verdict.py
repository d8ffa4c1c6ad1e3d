"""Verdict: what a manifest and a mark together mean, in words for someone who has to decide whether to print a picture.

Pure. It judges what was found; it reads nothing itself.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from engines.watermark.detect import MarkDetection
from stream.marks.read import ManifestState, Provenance


class Outcome(IntEnum):
    """The exit code of `understudy verify`."""

    INTACT = 0
    ALTERED = 1
    NO_MARK = 2


@dataclass(frozen=True, slots=True)
class Verdict:
    """outcome: the exit code. headline: one sentence. details: one sentence each."""

    outcome: Outcome
    headline: str
    details: tuple[str, ...]


def judge(told: Provenance, mark: MarkDetection | None) -> Verdict:
    """mark: None where the file could not be looked at (its pictures do not decode)."""
    found = mark is not None and mark.found
    details = (*_about_manifest(told), *_about_mark(mark))
    speaks = told.ours or told.declares_ai
    if told.state is ManifestState.TAMPERED:
        return Verdict(Outcome.ALTERED, "This file was marked and has been altered since it was signed.", details)
    if told.state in (ManifestState.TRUSTED, ManifestState.VALID) and speaks:
        named = (told.watermark, *told.earlier)  # of two marks on one another either may be read
        if told.watermark and mark is not None and mark.payload and mark.payload.text not in named:
            return Verdict(
                Outcome.ALTERED,
                "This file's signature and the invisible mark in its pictures do not belong together.",
                details,
            )
        by = "by Understudy" if told.ours else "with AI, by another program"
        known = "" if told.state is ManifestState.TRUSTED else ", signed by somebody this computer does not know"
        return Verdict(Outcome.INTACT, f"Made {by} and unchanged since{known}.", details)
    if found:
        return Verdict(
            Outcome.ALTERED,
            "Made by Understudy: its invisible mark is in the pictures. The signed record is missing, as after an"
            " upload, a recording or another save.",
            details,
        )
    if told.state is not ManifestState.MISSING:
        return Verdict(
            Outcome.NO_MARK, "Signed by another program that says nothing of AI; no mark of Understudy found.", details
        )
    return Verdict(
        Outcome.NO_MARK,
        "No mark found. That does not prove that the picture is real: other programs leave no mark, and marks can be "
        "destroyed.",
        details,
    )


def as_json(told: Provenance, mark: MarkDetection | None, verdict: Verdict) -> dict[str, Any]:
    """The machine-readable answer. `watermark.confidence`: 0 to 1."""
    payload = mark.payload if mark is not None else None
    return {
        "c2pa": {
            "state": told.state.value,
            "signer": told.signer,
            "generator": told.generator,
            "signed_at": told.when,
            "made_by_understudy": told.ours,
            "declares_ai": told.declares_ai,
            "sidecar": told.beside,
            "ingredients": [{"title": title, "has_manifest": kept} for title, kept in told.ingredients],
            "problems": list(told.problems),
        },
        "watermark": {
            "found": mark is not None and mark.found,
            "confidence": round(mark.confidence, 6) if mark is not None else 0.0,
            "payload": None
            if payload is None
            else {
                "version": payload.version,
                "producer": payload.producer,
                "session": payload.session,
                "text": payload.text,
            },
        },
        "verdict": {"code": int(verdict.outcome), "word": verdict.outcome.name.lower(), "text": verdict.headline},
    }


def _about_manifest(told: Provenance) -> tuple[str, ...]:
    where = "beside the file" if told.beside else "in the file"
    match told.state:
        case ManifestState.MISSING:
            return ("Signed record (C2PA): none found.",)
        case ManifestState.TAMPERED:
            why = f" ({', '.join(told.problems)})" if told.problems else ""
            lines = [f"Signed record (C2PA): found {where}, but it does not fit the file's content{why}."]
        case ManifestState.VALID:
            lines = [
                f"Signed record (C2PA): found {where}, unbroken. The signer, {told.signer}, is not known to this"
                " computer: anyone can make such a signature."
            ]
        case ManifestState.TRUSTED:
            lines = [
                f"Signed record (C2PA): found {where}, unbroken, signed by {told.signer}, whom this computer trusts."
            ]
    if told.generator:
        lines.append(f"It says it was made by {told.generator}{f' on {told.when}' if told.when else ''}.")
    if told.declares_ai:
        lines.append("It says that parts of the picture were made by AI.")
    for title, kept in told.ingredients:
        history = "whose own signed record is kept inside" if kept else "which had no signed record of its own"
        lines.append(f"It says it was made from {title}, {history}.")
    return tuple(lines)


def _about_mark(mark: MarkDetection | None) -> tuple[str, ...]:
    if mark is None:
        return ("Invisible mark: the pictures could not be read.",)
    if not mark.found:
        return ("Invisible mark: none found.",)
    if mark.payload is None:
        return ("Invisible mark: traces found, too damaged to be read.",)
    lines = [
        f"Invisible mark: found, {mark.payload.text} (version-producer-session), confidence {mark.confidence:.4%}.",
        f"The producer number {mark.payload.producer:05x} tells one copy of Understudy from others; it names nobody.",
    ]
    if (mark.window.width, mark.window.height) != (1.0, 1.0):
        lines.append(f"The picture was cropped to about {mark.window.width:.0%} by {mark.window.height:.0%}.")
    return tuple(lines)
