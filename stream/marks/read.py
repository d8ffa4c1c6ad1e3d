"""Reads a file's C2PA manifest, in it or beside it, and whether it still fits the file. Passes no judgement.

Knows files and how the reading process is asked; c2pa's library runs there (`children.record`). Nothing is fetched from
the network, whatever a file asks for.
"""

import json
import mmap
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path

from stream.marks.provenance import ManifestState, Provenance, StraySidecar, provenance_of
from stream.marks.sidecar import ENDING, candidates, is_readable, sidecar
from stream.untrusted.child import ask_child
from stream.untrusted.json_values import Json
from stream.untrusted.media_type import PLAIN, media_type
from stream.untrusted.text import printable

_ELSEWHERE = re.compile(r"must fetch remote manifests from url (\S+)")
_OWN = "/proc/self/"
_FITS = (ManifestState.TRUSTED, ManifestState.VALID)
_SOUND = re.compile(
    r"signingCredential\.\w+|claimSignature\.outsideValidity|timeStamp\.\w+|assertion\.\w+Hash\.mismatch"
)
"""Problems of records that are well formed: of their signer, and that the file was altered."""
_TOO_MUCH = "the record took too much memory or time to be read"


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """memory: bytes that reading a record may take beyond the file itself. seconds: beyond those that hashing takes.
    speed: bytes a second that are hashed at least."""

    memory: int = 512 << 20
    seconds: int = 30
    speed: int = 20 << 20


@dataclass(frozen=True, slots=True)
class _Found:
    """provenance: what a record says, None where there is none. error: why it cannot be read."""

    provenance: Provenance | None = None
    error: str = ""


def read_provenance(path: Path, anchors: bytes = b"", limits: ReadLimits = ReadLimits()) -> Provenance:  # frozen
    """The state of the manifest in `path` or beside it. anchors: PEM of the roots to trust. Raises OSError.

    A sidecar counts only where its hash is the file's: another's, or one of an earlier state of the file, is a stray.
    """
    kind = media_type(path)
    told = _embedded(path, kind, anchors, limits) if kind != PLAIN else Provenance(ManifestState.MISSING)
    return told if told.state is not ManifestState.MISSING else _beside(path, kind, anchors, limits, told)


def is_readable_record(path: Path, kind: str, limits: ReadLimits = ReadLimits()) -> bool:  # frozen
    """Whether what a file of that kind holds can be given to c2pa's library in this process: there is no record in it,
    or it was read in another process before, within the limits, and is well formed. Raises OSError."""
    if not _holds(path):
        return True
    found = _ask(path, kind, None, b"", limits)
    if found.provenance is None:
        return not found.error or _ELSEWHERE.search(found.error) is not None
    return all(_SOUND.fullmatch(problem) for problem in found.provenance.problems)


def fitting_sidecar(path: Path, limits: ReadLimits = ReadLimits()) -> tuple[Path, bytes] | None:  # frozen
    """The sidecar whose hash is that of the file at `path`, and its bytes; None where there is none."""
    try:
        kind = media_type(path)
        for beside in candidates(path):
            found = _ask(path, kind, beside, b"", limits).provenance
            if found is not None and found.state in _FITS:
                return beside, beside.read_bytes()
    except OSError:
        pass
    return None


def says_mark(beside: Path, mark: str) -> bool:
    """Whether a sidecar, of whatever file, names that invisible mark."""
    if not is_readable(beside):
        return False
    found = _ask(beside, PLAIN, beside, b"", ReadLimits()).provenance
    return found is not None and found.watermark == mark


def _embedded(path: Path, kind: str, anchors: bytes, limits: ReadLimits) -> Provenance:
    found = _ask(path, kind, None, anchors, limits)
    if found.provenance is not None:
        return found.provenance
    if away := _ELSEWHERE.search(found.error):
        return Provenance(ManifestState.MISSING, elsewhere=printable(away[1]))
    # A manifest that cannot be parsed was damaged; a file that cannot be was never signed.
    if found.error and _holds(path):
        return Provenance(ManifestState.TAMPERED, problems=(printable(found.error),))
    return Provenance(ManifestState.MISSING)


def _beside(path: Path, kind: str, anchors: bytes, limits: ReadLimits, told: Provenance) -> Provenance:
    strays: list[StraySidecar] = []
    for beside in candidates(path):
        found = _ask(path, kind, beside, anchors, limits).provenance
        if found is not None and found.state in _FITS:
            return replace(found, elsewhere=told.elsewhere)
        namesake = beside in (sidecar(path), path.with_suffix(ENDING))
        strays.append(StraySidecar(printable(beside.name), namesake, found.watermark if found is not None else None))
    return replace(told, strays=tuple(strays))


def _ask(path: Path, kind: str, beside: Path | None, anchors: bytes, limits: ReadLimits) -> _Found:
    """Has a record read in a process of its own. Raises OSError where the file cannot be read."""
    size = path.stat().st_size
    seconds = limits.seconds + size // limits.speed
    asked: dict[str, Json] = {
        "path": _for_others(path.absolute()),
        "kind": kind,
        "sidecar": _for_others(beside.absolute()) if beside is not None else None,
        "anchors": anchors.decode(),
        # The library holds some formats in memory, in more than one copy.
        "memory": limits.memory + 3 * min(size, 1 << 30),
        "seconds": seconds,
    }
    answer = ask_child("stream.marks.children.record", asked, seconds)
    if answer is None:
        return _Found(error=_TOO_MUCH)
    report, state = answer.get("report"), answer.get("state")
    if not isinstance(report, str):
        return _Found(error=str(answer.get("error", "")))
    name = printable(beside.name) if beside is not None else None
    return _Found(provenance_of(json.loads(report), str(state), name))


def _for_others(path: Path) -> str:
    """A path as another process can follow it: what leads to a descriptor of this process is told by its number."""
    for part in (path, *path.parents):
        if part.is_symlink() and (link := str(part.readlink())).startswith(_OWN):
            return str(Path(f"/proc/{os.getpid()}", link.removeprefix(_OWN), path.relative_to(part)))
    return str(path)


def _holds(path: Path) -> bool:
    """Whether the head of a C2PA store lies anywhere in the file."""
    if not path.stat().st_size:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return data.find(b"jumdc2pa") >= 0
