"""Verify: the signed record and the invisible mark of a file or an address, looked for and judged.

Ties reading, looking and judging together; knows neither options nor printing. It never raises for what cannot be read:
that is an outcome too.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509

from engines.errors import InputError, UnderstudyError
from engines.store.store import default_store
from engines.watermark.detect import MarkDetection
from engines.watermark.gather import SeenWindow
from engines.watermark.payload import Payload
from stream.marks.answer import answer
from stream.marks.keys import signing_folder
from stream.marks.provenance import ManifestState, Provenance
from stream.marks.read import read_provenance
from stream.marks.verdict import Outcome, Verdict, judge
from stream.media.probe import is_text
from stream.untrusted.child import ask_child
from stream.untrusted.download import downloaded
from stream.untrusted.json_values import Json, count, mapping, number
from stream.untrusted.media_type import HEAD, PLAIN, media_type_of
from stream.untrusted.playlist import PLAYLIST
from stream.untrusted.regular import open_regular
from stream.untrusted.text import printable

_LINE = 500
"""Letters of a message; file names may be long."""
_MEMORY = 6 << 30
"""Bytes that decoding and looking may take; pictures of 8K take half of it."""
_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Verified:
    """provenance: what the signed record says, None where the file could not be read. mark: the best reading of the
    invisible mark, None where there are no pictures."""

    verdict: Verdict
    provenance: Provenance | None = None
    mark: MarkDetection | None = None

    def to_json(self) -> dict[str, Json]:
        """As `understudy verify --json` prints it."""
        return answer(self.provenance, self.mark, self.verdict)


def verify(target: str, anchors: bytes = b"", thorough: bool = True) -> Verified:
    """target: a path, an http address, or a live address. anchors: PEM of the roots to trust. thorough: search for
    cropped and mirrored pictures too, which takes seconds."""
    try:
        with _local(target) as file:
            told = Provenance(ManifestState.MISSING) if file is None else read_provenance(file, anchors)
            mark = _look(target if file is None else str(file), thorough, needed=told.state is ManifestState.MISSING)
    except UnderstudyError as error:
        return Verified(Verdict(Outcome.UNREADABLE, printable(error, _LINE)))
    except OSError as error:
        why = f"{target} cannot be read: {error.strerror or error}; check the path"
        return Verified(Verdict(Outcome.UNREADABLE, printable(why, _LINE)))
    return Verified(judge(told, mark), told, mark)


def trusted_roots(extra: list[Path]) -> bytes:
    """PEM of the roots to trust: this machine's own signing root, if there is one, and `extra`. Raises InputError."""
    own = signing_folder() / "root.pem"
    roots = []
    for path in [*([own] if own.is_file() else []), *extra]:
        try:
            data = path.read_bytes()
            x509.load_pem_x509_certificates(data)
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror}; give a PEM certificate") from error
        except ValueError as error:
            raise InputError(f"{path} holds no certificate; give one as PEM (-----BEGIN CERTIFICATE-----)") from error
        roots.append(data)
    return b"\n".join(roots)


def _look(target: str, thorough: bool, needed: bool) -> MarkDetection | None:
    """The best reading of the pictures, in a process of its own. None: no pictures, which is an error only where
    nothing else was found (`needed`)."""
    request: dict[str, Json] = {
        "target": target if "://" in target else str(Path(target).absolute()),
        "thorough": thorough,
        "memory": _MEMORY,
        "seconds": _SECONDS,
    }
    told = ask_child("stream.marks.children.mark", request, _SECONDS)
    found = _detection(mapping(told.get("mark"))) if told is not None else None
    if found is None and needed:
        if told is None:
            raise InputError(f"{target} cannot be read: decoding it broke off, or took too much memory or time")
        if told.get("error"):
            raise InputError(str(told["error"]))
    return found


def _detection(told: Mapping[str, Json]) -> MarkDetection | None:
    if not told:
        return None
    payload, window = mapping(told.get("payload")), mapping(told.get("window"))
    names = ("producer", "session", "version")
    edges = (number(window.get(name)) or 0.0 for name in ("left", "top", "width", "height"))
    return MarkDetection(
        found=told.get("found") is True,
        confidence=number(told.get("confidence")) or 0.0,
        payload=Payload(*(count(payload.get(name)) or 0 for name in names)) if payload else None,
        strength=number(told.get("strength")) or 0.0,
        window=SeenWindow(*edges),
    )


def _head(path: Path) -> bytes:
    with open_regular(path) as file:
        return file.read(HEAD)


@contextmanager
def _local(target: str) -> Iterator[Path | None]:
    """The target as a file, downloaded if need be; None for streams, which have no signed record to read."""
    if "://" not in target:
        _check(Path(target), target)
        yield Path(target)
        return
    if default_store().offline:
        raise InputError(f"UNDERSTUDY_OFFLINE is set, so {target} is not fetched; unset it, or name a file")
    if urlsplit(target).scheme not in ("http", "https"):
        yield None
        return
    with downloaded(target) as file:
        if _head(file).startswith(PLAYLIST):
            yield None
            return
        try:
            _check(file, target)
            yield file
        except InputError as error:
            raise InputError(str(error).replace(str(file), target)) from error


def _check(path: Path, label: str) -> None:
    """Raises InputError for what is no video and no picture."""
    if path.is_dir():
        raise InputError(f"{label or 'the empty name'} is a folder; name a video or a picture in it")
    start = _head(path)
    if not start:
        raise InputError(f"{label} is empty (0 bytes); copy or download it again")
    if media_type_of(start) == PLAIN and not start.startswith(PLAYLIST) and is_text(path):
        raise InputError(f"{label} is a text file, whatever its name says; name a video or a picture")
