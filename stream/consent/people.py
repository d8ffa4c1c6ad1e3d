"""People: whom a job's `--source` options mean, and that they may be used: consent settled, nobody denied.

Knows identities, photos and the asking. What is done with the faces is others' business.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from stream.consent.consent import Consent, ConsentedSource, Given, bare, require_consent
from stream.consent.denied import Embed, enforce
from stream.consent.package import IdentityStore
from stream.consent.photos import parse_sources


@dataclass(frozen=True, slots=True)
class Person:
    """photos: of one person. source: as consent is settled over it."""

    photos: tuple[Path, ...]
    source: ConsentedSource


def find_people(texts: Sequence[str], wardrobe: IdentityStore) -> tuple[Person, ...]:
    """One person a text: a kept identity's name, else photos as `parse_sources` reads them. A file of that name goes
    first. Raises IdentityError, InputError, ConsentError."""
    names = set(wardrobe.names())
    return tuple(_person(text, wardrobe, names) for text in texts)


def _person(text: str, wardrobe: IdentityStore, names: set[str]) -> Person:
    plain_word = not Path(text).suffix and "," not in text and Path(text).name == text
    if not Path(text).exists() and (text in names or plain_word):
        package = wardrobe.get(text)  # whose refusal names the identities there are
        return Person(package.paths, package.source)
    (photos,) = parse_sources([text])
    return Person(photos, bare(photos))


def settle(
    people: Sequence[Person],
    flag: bool,
    ask: Callable[[str], bool],
    now: datetime,
    by: Given = Given.FLAG,
    embed: Embed | None = None,
) -> Consent:
    """Consent for all of them, asked for once on a terminal; then the deny list, where this computer has one. flag: the
    consent was said, in the way `by`. embed: what compares faces; the embedder of this computer if None. Raises
    ConsentError, DeniedError, DenyListError."""
    on_terminal = sys.stdin.isatty() and sys.stderr.isatty()
    consent = require_consent([person.source for person in people], flag, on_terminal, ask, now, by)
    enforce([person.photos for person in people], embed)
    return consent
