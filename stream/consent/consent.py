"""Consent: may these source faces be used, and what is written down about it. Pure: asking is passed in.

A program cannot know whether someone agreed. It can ask once, plainly, refuse to go on without an answer, and put the
answer where it can be found later.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from engines.errors import UnderstudyError

QUESTION = (
    "Do you have the consent of the person in {what} to put their face into this, or is it yourself? "
    "The answer is written into the result."
)


class ConsentError(UnderstudyError):
    """A source face may not be used: nobody said that its person agreed, or the consent ran out."""


class Given(StrEnum):
    """How consent came to be known; the words go into the signed record. A record of an identity that was kept with its
    consent; an answer to the question on a terminal; the option; the field of a job's request; the argument of the
    Python API; a tick on the page that took the photo; portraits in the public domain, which `demo` brings along."""

    RECORD = "identity record"
    TERMINAL = "answered on a terminal"
    FLAG = "--i-have-consent"
    REQUEST = "consent in the job's request"
    API = "argument of the Python API"
    UPLOAD = "ticked on the page that took the photo"
    PUBLIC_DOMAIN = "the demo's public-domain portraits"


@dataclass(frozen=True, slots=True)
class ConsentedSource:
    """One source person. name: an identity's name or the photos' file names. sha256: of the photos or the package.
    record: what the person agreed to (`who, when, what for`), None for bare photos. expires: last day it holds."""

    name: str
    sha256: str
    record: str | None = None
    expires: date | None = None
    is_self: bool = False


@dataclass(frozen=True, slots=True)
class Consent:
    """What goes into the manifest and the report. at: when it was settled. words: what was said, where it was said in
    words, as in the API's argument."""

    given: tuple[Given, ...]
    sources: tuple[ConsentedSource, ...]
    at: datetime
    words: str | None = None

    def with_more(self, later: "Consent") -> "Consent":
        """With the people of another consent, as it came later; who is here already is not named twice."""
        known = {source.sha256 for source in self.sources}
        pairs = zip(later.given, later.sources, strict=True)
        fresh = [(given, source) for given, source in pairs if source.sha256 not in known]
        given, sources = (g for g, _ in fresh), (s for _, s in fresh)
        return Consent((*self.given, *given), (*self.sources, *sources), self.at, self.words)

    def as_json(self, records: bool = False) -> dict[str, Any]:
        """For the manifest. records: with the wording of the consent records, which may name people: for the user's own
        report, not for files that travel."""
        told = []
        for given, source in zip(self.given, self.sources, strict=True):
            one: dict[str, Any] = {"given": given.value, "sha256": source.sha256, "self": source.is_self}
            if records:
                one |= {"name": source.name, "record": source.record}
            told.append(one)
        said = {"words": self.words} if records and self.words is not None else {}
        return {"at": self.at.isoformat(timespec="seconds"), "sources": told, **said}


def bare(photos: Sequence[Path]) -> ConsentedSource:
    """A source that is photos only. Raises ConsentError where one cannot be read."""
    digest = hashlib.sha256()
    for photo in photos:
        try:
            digest.update(hashlib.sha256(photo.read_bytes()).digest())
        except OSError as error:
            raise ConsentError(f"{photo} cannot be read: {error.strerror}; check the path") from error
    return ConsentedSource(", ".join(photo.name for photo in photos), digest.hexdigest())


def sent(photos: Sequence[tuple[str, bytes]]) -> ConsentedSource:
    """A source that is photos which were sent: a name for messages, and the file's bytes, or those of its pixels where
    there is no file. Files have the same hash as on disk."""
    digest = hashlib.sha256()
    for _, data in photos:
        digest.update(hashlib.sha256(data).digest())
    return ConsentedSource(", ".join(name for name, _ in photos), digest.hexdigest())


def consent_said(sources: Sequence[ConsentedSource], by: Given, now: datetime, words: str | None = None) -> Consent:
    """Consent that was said for all sources in one way, where nobody can be asked: in a request, by a tick on a page,
    as an argument. Kept identities go by their own records. words: what was said, for the user's own report. Raises
    ConsentError where a kept consent has ended."""
    _check_ends(sources, now)
    given = tuple(Given.RECORD if source.record is not None else by for source in sources)
    return Consent(given, tuple(sources), now, words)


def require_consent(
    sources: Sequence[ConsentedSource],
    flag: bool,
    is_tty: bool,
    ask: Callable[[str], bool],
    now: datetime,
    by: Given = Given.FLAG,
) -> Consent:
    """Settles consent for all sources before anything is made. flag: consent was said, in the way `by`. ask: puts a
    question to the person at the terminal, called once at most and only where `is_tty`. Raises ConsentError."""
    _check_ends(sources, now)
    open_ones = [source.name for source in sources if source.record is None]
    if open_ones and not flag:
        if not is_tty:
            raise ConsentError(
                f"no consent is recorded for {', '.join(open_ones)}; add --i-have-consent if the person agreed, or make"
                " an identity with `understudy identity add`"
            )
        if not ask(QUESTION.format(what=", ".join(open_ones))):
            raise ConsentError("without consent nothing is made; use a face whose owner agreed, or your own")
    return consent_said(sources, by if flag else Given.TERMINAL, now)


def _check_ends(sources: Sequence[ConsentedSource], now: datetime) -> None:
    for source in sources:
        if source.expires is not None and now.date() > source.expires:
            raise ConsentError(
                f"the consent for {source.name} ended on {source.expires.isoformat()}; ask the person again and renew"
                f" it with `understudy identity add`, or remove it with `understudy identity remove {source.name}`"
            )
