"""SwapRecord: what the signed record of an Understudy output says, read back. Pure.

The record may have been written by anybody: every value in it is checked for its kind, every text is made fit to be
shown, every list is cut. What does not fit is left out; nothing raises.
"""

from dataclasses import dataclass
from datetime import datetime

from stream.marks.happened import UsedModel
from stream.untrusted.json_values import MOST, Json, count, mapping, mappings, moment, number, text
from stream.untrusted.text import printable


@dataclass(frozen=True, slots=True)
class SaidConsent:
    """given: how the consent for one source person came to be known, in the record's words. is_self: the user's own
    face."""

    given: str
    is_self: bool


@dataclass(frozen=True, slots=True)
class SwapRecord:
    """As in `WhatHappened`; None where the record does not say, as those of early versions. consents: one a source
    person. settled: when consent was settled. watermark: the text of the invisible mark."""

    version: str | None = None
    made: datetime | None = None
    frames: int | None = None
    painted: int | None = None
    covered: int | None = None
    routes: tuple[tuple[str, int], ...] = ()
    models: tuple[UsedModel, ...] = ()
    start: float | None = None
    end: float | None = None
    partial: bool = False
    resumed: int = 0
    label: str | None = None
    consents: tuple[SaidConsent, ...] = ()
    settled: datetime | None = None
    watermark: str | None = None


def read_record(data: Json) -> SwapRecord:
    """Of the assertion `org.understudy.swap`, whatever is in it."""
    said = mapping(data)
    consent = mapping(said.get("consent"))
    return SwapRecord(
        version=text(said.get("version")),
        made=moment(said.get("made")),
        frames=count(said.get("frames")),
        painted=count(said.get("painted")),
        covered=count(said.get("covered")),
        routes=tuple(
            (printable(name), frames)
            for name, value in list(mapping(said.get("routes")).items())[:MOST]
            if (frames := count(value)) is not None
        ),
        models=tuple(
            UsedModel(printable(one.get("name", "")), printable(one.get("sha256", "")))
            for one in mappings(said.get("models"))
        ),
        start=number(said.get("start_s")),
        end=number(said.get("end_s")),
        partial=said.get("partial") is True,
        resumed=count(said.get("resumed")) or 0,
        label=text(said.get("label")),
        consents=tuple(
            SaidConsent(printable(one.get("given", "")), one.get("self") is True)
            for one in mappings(consent.get("sources"))
        ),
        settled=moment(consent.get("at")),
        watermark=text(said.get("watermark")),
    )
