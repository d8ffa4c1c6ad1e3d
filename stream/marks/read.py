"""Reads a file's C2PA manifest, in it or beside it, and whether it still fits the file. Passes no judgement.

Knows files and c2pa's library. Nothing is fetched from the network, whatever a file asks for.
"""

import json
import mmap
import re
from dataclasses import replace
from pathlib import Path

import c2pa  # type: ignore[import-untyped]

from stream.marks.c2pa_context import offline_context
from stream.marks.media_type import PLAIN, media_type
from stream.marks.provenance import ManifestState, Provenance, StraySidecar, provenance_of
from stream.marks.sidecar import ENDING, candidates, read_sidecar, sidecar
from stream.untrusted.text import printable

_ELSEWHERE = re.compile(r"must fetch remote manifests from url (\S+)")
_FITS = (ManifestState.TRUSTED, ManifestState.VALID)


def read_provenance(path: Path, anchors: bytes = b"") -> Provenance:
    """The state of the manifest in `path` or beside it. anchors: PEM of the roots to trust. Raises OSError.

    A sidecar counts only where its hash is the file's: another's, or one of an earlier state of the file, is a stray.
    """
    kind = media_type(path)
    with offline_context(anchors) as context:
        told = _embedded(path, kind, context) if kind != PLAIN else Provenance(ManifestState.MISSING)
        return told if told.state is not ManifestState.MISSING else _beside(path, kind, context, told)


def fitting_sidecar(path: Path) -> tuple[Path, bytes] | None:
    """The sidecar whose hash is that of the file at `path`, and its bytes; None where there is none."""
    try:
        kind = media_type(path)
        with offline_context() as context:
            for beside in candidates(path):
                data = read_sidecar(beside)
                if data is not None and _read(path, kind, data, context, beside.name).state in _FITS:
                    return beside, data
    except OSError:
        pass
    return None


def says_mark(beside: Path, mark: str) -> bool:
    """Whether a sidecar, of whatever file, names that invisible mark."""
    data = read_sidecar(beside)
    if data is None:
        return False
    with offline_context() as context:
        return _read(beside, PLAIN, data, context, beside.name).watermark == mark


def _embedded(path: Path, kind: str, context: c2pa.Context) -> Provenance:
    try:
        with path.open("rb") as file:
            reader = c2pa.Reader.try_create(kind, file, None, context)
            return _told(reader, None) if reader is not None else Provenance(ManifestState.MISSING)
    except (c2pa.C2paError.ManifestNotFound, c2pa.C2paError.NotSupported):
        return Provenance(ManifestState.MISSING)
    except c2pa.C2paError as error:
        if away := _ELSEWHERE.search(str(error)):
            return Provenance(ManifestState.MISSING, elsewhere=printable(away[1]))
        # A manifest that cannot be parsed was damaged; a file that cannot be was never signed.
        if _holds(path):
            return Provenance(ManifestState.TAMPERED, problems=(printable(error),))
        return Provenance(ManifestState.MISSING)


def _beside(path: Path, kind: str, context: c2pa.Context, told: Provenance) -> Provenance:
    strays: list[StraySidecar] = []
    for beside in candidates(path):
        data = read_sidecar(beside)
        if data is None:
            continue
        found = _read(path, kind, data, context, beside.name)
        if found.state in _FITS:
            return replace(found, elsewhere=told.elsewhere)
        namesake = beside in (sidecar(path), path.with_suffix(ENDING))
        strays.append(StraySidecar(printable(beside.name), namesake, found.watermark))
    return replace(told, strays=tuple(strays))


def _read(path: Path, kind: str, data: bytes, context: c2pa.Context, name: str) -> Provenance:
    """What a sidecar's bytes say of the file at `path`."""
    try:
        with path.open("rb") as file:
            return _told(c2pa.Reader(kind, file, data, context), printable(name))
    except c2pa.C2paError as error:
        return Provenance(ManifestState.TAMPERED, problems=(printable(error),))


def _holds(path: Path) -> bool:
    """Whether the head of a C2PA store lies anywhere in the file."""
    if not path.stat().st_size:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return data.find(b"jumdc2pa") >= 0


def _told(reader: c2pa.Reader, beside: str | None) -> Provenance:
    with reader:
        return provenance_of(json.loads(reader.json()), str(reader.get_validation_state()), beside)
