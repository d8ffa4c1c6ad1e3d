"""FaceAdmission: kept identities on their way into a running session: consent, the deny list, then what paints them."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from engines.errors import UnderstudyError
from engines.values import U8
from stream.consent.consent import Consent, Given, consent_said
from stream.consent.package import IdentityStore, Package, default_identities
from stream.consent.photos import NamedPhoto, read_photos
from stream.live.steering import SteerError
from stream.live.wanted import Newcomers
from stream.pipeline.control import SourceSet


def said_of(consent: Consent) -> list[dict[str, object]]:
    """For the log: of each person a hash and how consent was given, and no name."""
    return [{"sha256": s.sha256, "consent": g.value} for s, g in zip(consent.sources, consent.given, strict=True)]


class FaceAdmission:
    """deny: raises DeniedError for somebody who must not be used. prepare: one person's photos to what paints them.
    identities: this machine's own if None."""

    def __init__(
        self,
        deny: Callable[[Sequence[NamedPhoto]], object],
        prepare: Callable[[Sequence[tuple[str, U8]]], SourceSet],
        identities: IdentityStore | None = None,
    ) -> None:
        self._deny, self._prepare = deny, prepare
        self._identities = identities or default_identities()

    def kept(self, names: Sequence[str], by: Given) -> tuple[Newcomers, Consent]:
        """The people of kept identities, and their consent. by: how it was said; each identity's own record goes before
        that. Slow. Raises SteerError, DeniedError, ModelError, SourceError."""
        try:
            packages = [self._identities.get(name) for name in names]
            consent = consent_said([package.source for package in packages], by, datetime.now(UTC))
        except UnderstudyError as error:
            raise SteerError("source", str(error)) from error
        if not packages:
            raise SteerError("source", "name one kept identity or more (`understudy identity list`)")
        people = self._person(packages[0])
        for number, package in enumerate(packages[1:], 1):
            people = people.with_person(number, self._person(package))
        return Newcomers(people, tuple(names)), consent

    def _person(self, package: Package) -> SourceSet:
        photos = read_photos(package.paths)
        self._deny(photos)
        return self._prepare(photos)
