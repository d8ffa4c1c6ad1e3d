"""Details: what was found of a file's record and mark, one plain sentence each. Pure.

Words that a file brought along stand in double quotes, which they cannot close; what stands outside is ours.
"""

import re
from collections.abc import Iterator
from datetime import datetime

from engines.watermark.detect import MarkDetection
from stream.marks.provenance import Ingredient, ManifestState, Provenance
from stream.marks.record import SwapRecord
from stream.untrusted.text import quoted

_MONTHS = (  # whatever the locale is
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_CODE = re.compile(r"[A-Za-z]+(\.[A-Za-z0-9_]+)+|[0-9a-f]+")
_SHOWN = 8
"""Models and ingredients that are listed one by one."""


def details(told: Provenance, mark: MarkDetection | None) -> tuple[str, ...]:
    """mark: None where there are no pictures to look at, or they do not decode."""
    return (*_about_manifest(told), *_about_mark(told, mark))


def worded(moment: datetime) -> str:
    """`30 November 2026, 14:05 UTC`. moment: in UTC."""
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}, {moment:%H:%M} UTC"


def _about_manifest(told: Provenance) -> Iterator[str]:
    yield _state(told)
    if told.state is ManifestState.MISSING:
        yield from _not_evidence(told)
        return
    if told.when is not None:
        yield f"A timestamp service dates the signature to {worded(told.when)}."
    if told.generator:
        made = told.record.made if told.record is not None else None
        yield f"It says it was made by {quoted(told.generator)}{f' on {worded(made)}' if made is not None else ''}."
    if told.record is not None:
        yield from _about_record(told.record, told.declares_ai, "It says")
    elif told.declares_ai:
        yield "It says that parts of the picture were made by AI."
    yield from map(_about_ingredient, told.ingredients[:_SHOWN])
    if (more := len(told.ingredients) - _SHOWN) > 0:
        yield f"It names at least {more} more files that it was made from."
    if told.inherited is not None:
        made = told.inherited.made
        yield (
            f"One of the files it was made from has a record of Understudy{f', of {worded(made)}' if made else ''},"
            " which is kept inside."
        )
        yield from _about_record(told.inherited, told.from_ai, "That record says")


def _state(told: Provenance) -> str:
    where = f"beside the file, in {quoted(told.sidecar)}" if told.sidecar else "in the file"
    # That the signer is unknown is said in words.
    codes = [_code(problem) for problem in told.problems if problem != "signingCredential.untrusted"]
    why = f" ({', '.join(codes)})" if codes else ""
    match told.state:
        case ManifestState.MISSING:
            return "Signed record (C2PA): none found."
        case ManifestState.TAMPERED:
            return f"Signed record (C2PA): found {where}, but it does not fit the file's content{why}."
        case ManifestState.VALID:
            return (
                f"Signed record (C2PA): found {where}, unbroken. The signer, {quoted(told.signer or 'unnamed')}, is not"
                f" known to this computer: anyone can make such a signature{why}."
            )
        case ManifestState.TRUSTED:
            return (
                f"Signed record (C2PA): found {where}, unbroken, signed by {quoted(told.signer or 'unnamed')}, whom"
                " this computer trusts."
            )


def _code(told: str) -> str:
    """A code or a digest as it is, anything else as a file's words."""
    return told if _CODE.fullmatch(told) else quoted(told)


def _not_evidence(told: Provenance) -> Iterator[str]:
    for stray in told.strays:
        if stray.namesake:
            yield (
                f"{quoted(stray.name)} beside it is the record of another file, or of an earlier state of this one; it"
                " proves nothing here."
            )
    if told.elsewhere:
        yield f"The file says that its record is kept at {quoted(told.elsewhere)}, which was not asked."


def _about_record(record: SwapRecord, declares_ai: bool, says: str) -> Iterator[str]:
    if record.painted is not None and record.frames is not None:
        of = f"{record.painted} of {record.frames} frame{'s' if record.frames != 1 else ''}"
        did = f"AI replaced faces in {of}" if record.painted else f"no face was replaced: {of}"
        yield f"{says} that {did}."
    elif declares_ai:
        yield f"{says} that parts of the picture were made by AI."
    if record.covered:
        yield f"{says} that faces were made unrecognisable in {record.covered} frames."
    if record.start is not None or record.end is not None:
        until = f"{record.end:g} s" if record.end is not None else "its end"
        yield f"{says} that only a part of the input was used: from {record.start or 0:g} s to {until}."
    if record.partial:
        yield f"{says} that the work was stopped before the end of the input."
    if record.resumed:
        yield f"{says} that the work was broken off and taken up again ({record.resumed} times)."
    if record.label:
        yield f"{says} that the pictures carry a visible label: {quoted(record.label)}."
    yield from _about_consent(record, says)
    if record.models:
        named = ", ".join(f"{quoted(one.name)} ({_code(one.sha256[:12])})" for one in record.models[:_SHOWN])
        more = f" and {len(record.models) - _SHOWN} more" if len(record.models) > _SHOWN else ""
        yield f"{says} that these models ran: {named}{more}."


def _about_consent(record: SwapRecord, says: str) -> Iterator[str]:
    on = f", on {worded(record.settled)}" if record.settled is not None else ""
    for number, one in enumerate(record.consents[:_SHOWN], 1):
        whose = "of the source person" if len(record.consents) == 1 else f"of source person {number}"
        own = "; it is the user's own face" if one.is_self else ""
        yield f"{says} that the consent {whose} was given so: {quoted(one.given)}{on}{own}."
    if not record.consents:
        yield f"{says} nothing of consent."


def _about_ingredient(one: Ingredient) -> str:
    if not one.has_manifest:
        return f"It says it was made from {quoted(one.title)}, which had no signed record of its own."
    told = "AI had a part in it" if one.declares_ai else "nothing of AI"
    by = f" by {quoted(one.generator)}" if one.generator else ""
    broken = "" if one.intact else "; the record did not fit that file any more"
    kept = f"whose own signed record{by} is kept inside and says: {told}{broken}"
    return f"It says it was made from {quoted(one.title)}, {kept}."


def _about_mark(told: Provenance, mark: MarkDetection | None) -> Iterator[str]:
    if mark is None:
        yield "Invisible mark: there are no pictures that could be looked at."
    elif not mark.found:
        named = " The record names one; that it was not read does not mean it was removed." if told.watermark else ""
        yield f"Invisible mark: none found.{named}"
    elif mark.payload is None:
        yield "Invisible mark: traces found, too damaged to be read."
    else:
        yield f"Invisible mark: found and read, {mark.payload.text} (version-producer-session)."
        producer = f"{mark.payload.producer:05x}"
        yield f"The producer number {producer} tells one copy of Understudy from others; it names nobody."
        if (mark.window.width, mark.window.height) != (1.0, 1.0):
            yield f"The picture was cropped to about {mark.window.width:.0%} by {mark.window.height:.0%}."
