"""Whose faces an API call puts in, and that they may be used: paths, kept identities, arrays, and consent in words."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engines.errors import SourceError
from engines.values import U8
from stream.consent.consent import Consent, ConsentedSource, ConsentError, Given
from stream.consent.denied import enforce_arrays
from stream.consent.package import default_identities
from stream.consent.people import find_people
from stream.media.still import read_image
from stream.pipeline.sources import Photos

Photo = str | Path | npt.NDArray[np.uint8]
Source = Photo | Sequence[Photo]
"""One person: a photo's path, a kept identity's name, uint8 (h, w, 3) RGB, or several of one person."""


@dataclass(frozen=True, slots=True)
class Settled:
    """people: each one's photos, in the order of the sources. consent: as it goes into the signed record."""

    people: tuple[Photos, ...]
    consent: Consent


def settle(sources: Sequence[Source], consent: str | None) -> Settled:
    """consent: `WHO, WHEN, WHAT FOR`, as "Ann Lee, 2026-11-30, our demo"; None where every source is a kept identity,
    whose record has it. Raises ConsentError, DeniedError, IdentityError, InputError, SourceError."""
    read = [_read(source) for source in sources]
    open_ones = [source for _, source in read if source.record is None]
    if open_ones and not _is_consent(consent):
        raise ConsentError(
            'consent is missing: write who agreed, when and to what, as consent="Ann Lee, 2026-11-30, our demo"'
        )
    given = tuple(Given.API if source.record is None else Given.RECORD for _, source in read)
    settled = tuple(_with_record(source, consent) for _, source in read)
    people = tuple(photos for photos, _ in read)
    enforce_arrays([[rgb for _, rgb in photos()] for photos in people])
    return Settled(people, Consent(given, settled, datetime.now(UTC)))


def _is_consent(text: str | None) -> bool:
    parts = [part.strip() for part in (text or "").split(",")]
    return len(parts) >= 3 and all(parts)


def _with_record(source: ConsentedSource, consent: str | None) -> ConsentedSource:
    if source.record is not None:
        return source
    is_self = (consent or "").partition(",")[0].strip().lower() == "self"
    return ConsentedSource(source.name, source.sha256, consent, source.expires, is_self)


def _read(source: Source) -> tuple[Photos, ConsentedSource]:
    photos = [source] if isinstance(source, str | Path | np.ndarray) else list(source)
    if not photos:
        raise SourceError("a source without a photo; give a path, a kept identity's name or an array")
    if len(photos) == 1 and not isinstance(photos[0], np.ndarray):
        (person,) = find_people([str(photos[0])], default_identities())
        pixels = [(str(path), read_image(str(path))) for path in person.photos]
        return (lambda: pixels), person.source
    pixels = [_pixels(i, photo) for i, photo in enumerate(photos)]
    digest = hashlib.sha256(b"".join(hashlib.sha256(rgb.tobytes()).digest() for _, rgb in pixels))
    return (lambda: pixels), ConsentedSource(", ".join(Path(name).name for name, _ in pixels), digest.hexdigest())


def _pixels(number: int, photo: Photo) -> tuple[str, U8]:
    if not isinstance(photo, np.ndarray):
        return str(photo), read_image(str(photo))
    return f"photo {number + 1}", checked(photo)


def checked(rgb: npt.NDArray[np.uint8]) -> U8:
    """The array, contiguous. Raises SourceError where it is no uint8 (h, w, 3)."""
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3 or 0 in rgb.shape:
        raise SourceError(f"a picture is uint8 (height, width, 3) RGB, not {rgb.dtype} {rgb.shape}")
    return np.ascontiguousarray(rgb)
