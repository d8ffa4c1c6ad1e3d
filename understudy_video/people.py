"""Whose faces an API call puts in, and that they may be used: paths, kept identities, arrays, and consent in words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt

from engines.errors import SourceError
from engines.values import U8
from stream.consent.consent import Consent, ConsentedSource, ConsentError, Given, consent_said, sent
from stream.consent.denied import DenyCheck
from stream.consent.package import default_identities
from stream.consent.people import find_people
from stream.consent.photos import NamedPhoto, read_photos
from stream.pipeline.sources import Photos

Photo = str | Path | npt.NDArray[np.uint8]
Source = Photo | Sequence[Photo]
"""One person: a photo's path, a kept identity's name, uint8 (h, w, 3) RGB, or several photos of one person."""


@dataclass(frozen=True, slots=True)
class Settled:
    """people: each one's photos, in the order of the sources. consent: as it goes into the signed record."""

    people: tuple[Photos, ...]
    consent: Consent


def settle(sources: Sequence[Source], consent: str | None) -> Settled:
    """consent: `WHO, WHEN, WHAT FOR`, as "Ann Lee, 2026-11-30, our demo"; None where every source is a kept identity,
    whose record has it. Raises ConsentError, DeniedError, DenyListError, IdentityError, InputError, SourceError."""
    read = [_read(source) for source in sources]
    if any(source.record is None for _, source in read) and not _is_consent(consent):
        raise ConsentError(
            'consent is missing: write who agreed, when and to what, as consent="Ann Lee, 2026-11-30, our demo"'
        )
    check = DenyCheck()
    for photos, _ in read:
        check.photos(photos)
    is_self = (consent or "").partition(",")[0].strip().lower() == "self"
    told = [source if source.record is not None else replace(source, is_self=is_self) for _, source in read]
    said = consent_said(told, Given.API, datetime.now(UTC), consent)
    return Settled(tuple(partial(list, photos) for photos, _ in read), said)


def several(source: Source | Sequence[Source]) -> list[Source]:
    """One person for each entry of a list of lists; one person for anything else."""
    if not isinstance(source, str | Path | np.ndarray) and any(_is_list(one) for one in source):
        return list(source)
    return [cast(Source, source)]


def checked(rgb: npt.NDArray[np.uint8]) -> U8:
    """The array, contiguous. Raises SourceError where it is no uint8 (h, w, 3)."""
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3 or 0 in rgb.shape:
        raise SourceError(f"a picture is uint8 (height, width, 3) RGB, not {rgb.dtype} {rgb.shape}")
    return np.ascontiguousarray(rgb)


def _is_list(one: object) -> bool:
    return isinstance(one, Sequence) and not isinstance(one, str)


def _is_consent(text: str | None) -> bool:
    parts = [part.strip() for part in (text or "").split(",")]
    return len(parts) >= 3 and all(parts)


def _read(source: Source) -> tuple[list[NamedPhoto], ConsentedSource]:
    photos: list[Photo] = [source] if isinstance(source, str | Path | np.ndarray) else list(source)
    if not photos:
        raise SourceError("a source without a photo; give a path, a kept identity's name or an array")
    if len(photos) == 1 and not isinstance(photos[0], np.ndarray):
        (person,) = find_people([str(photos[0])], default_identities())
        return read_photos(person.photos), person.source
    read = [_pixels(i, photo) for i, photo in enumerate(photos)]
    return read, sent([(Path(name).name, rgb.tobytes()) for name, rgb in read])


def _pixels(number: int, photo: Photo) -> NamedPhoto:
    if isinstance(photo, np.ndarray):
        return f"photo {number + 1}", checked(photo)
    ((name, rgb),) = read_photos([Path(photo)])
    return name, rgb
