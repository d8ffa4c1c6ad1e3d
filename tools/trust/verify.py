"""`understudy verify`: was this made by Understudy, and is it still as it was made."""

from __future__ import annotations

import json
import shutil
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from engines.errors import InputError

if TYPE_CHECKING:
    from engines.watermark.detect import MarkDetection

_STREAMS = (".m3u8", ".mpd", ".sdp")
_LIMIT = 4 << 30
"""Bytes of a download."""


def register(app: typer.Typer) -> None:
    app.command("verify")(verify)


def verify(
    target: Annotated[
        str, typer.Argument(metavar="FILE|URL", help="Video or picture to look at; http or a live stream.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="The answer for programs.")] = False,
    trust: Annotated[
        list[Path] | None,
        typer.Option(metavar="ROOT.pem", help="Also trust signers under these certificates."),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Do not search for cropped pictures: seconds faster.")] = False,
) -> None:
    """Tell whether a video or picture was made by Understudy and is still as it was made.

    Exit code: 0 marked and intact, 1 marked but altered, 2 no mark found.
    """
    from stream.marks import verdict as words  # heavy: codecs, c2pa; the help does without
    from stream.marks.read import ManifestState, Provenance, read_provenance

    with _local(target) as (file, label):
        told = read_provenance(file, anchors(trust or [])) if file is not None else Provenance(ManifestState.MISSING)
        mark = _look(str(file or target), label, thorough=not quick, needed=told.state is ManifestState.MISSING)
    judged = words.judge(told, mark)
    if as_json:
        typer.echo(json.dumps(words.as_json(told, mark, judged), indent=2))
    else:
        typer.echo(judged.headline)
        for line in judged.details:
            typer.echo(f"  {line}")
    raise typer.Exit(int(judged.outcome))


def anchors(extra: list[Path]) -> bytes:
    """PEM of the roots to trust: this machine's own signing root, if there is one, and `extra`. Raises InputError."""
    from stream.marks.keys import signing_folder

    own = signing_folder() / "root.pem"
    try:
        roots = {path: path.read_bytes() for path in [*([own] if own.is_file() else []), *extra]}
    except OSError as error:
        raise InputError(f"{error.filename} cannot be read: {error.strerror}; give a PEM certificate") from error
    if empty := next((path for path, data in roots.items() if b"-----BEGIN CERTIFICATE-----" not in data), None):
        raise InputError(f"{empty} holds no certificate; give one as PEM (-----BEGIN CERTIFICATE-----)")
    return b"\n".join(roots.values())


def _look(path: str, label: str, thorough: bool, needed: bool) -> MarkDetection | None:
    """The best reading of up to three windows; the first that holds a payload ends the search. None: no pictures, which
    is an error only where nothing else was found (`needed`)."""
    from engines.watermark.detect import detect
    from stream.marks.windows import windows

    best: MarkDetection | None = None
    try:
        for pictures in windows(path):
            # The crop search takes seconds and a crop is the same all through: once is enough.
            found = detect(pictures, thorough=thorough and best is None)
            if best is None or found.strength > best.strength:
                best = found
            if found.payload is not None:
                return found
    except InputError as error:
        if needed and best is None:
            raise InputError(str(error).replace(path, label)) from error
    return best


@contextmanager
def _local(target: str) -> Iterator[tuple[Path | None, str]]:
    """The target as a file, downloaded if need be; None for streams, which have no signed record to read."""
    address = urlsplit(target)
    if "://" not in target:
        path = Path(target)
        if path.is_dir():
            raise InputError(f"{path} is a folder; name a video or a picture in it")
        if not path.is_file():
            raise InputError(f"there is no file {target}; check the path")
        yield path, target
    elif address.scheme in ("http", "https") and not address.path.lower().endswith(_STREAMS):
        with tempfile.TemporaryDirectory(prefix="understudy-") as folder:
            into = Path(folder) / f"download{Path(address.path).suffix}"
            _download(target, into)
            yield into, target
    else:
        yield None, target


def _download(url: str, into: Path) -> None:
    request = urllib.request.Request(url, headers={"User-Agent": "understudy-verify"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer, into.open("wb") as file:
            if int(answer.headers.get("Content-Length") or 0) > min(_LIMIT, shutil.disk_usage(into.parent).free):
                raise InputError(f"{url} is too large to look at; download it and name the file")
            while part := answer.read(1 << 20):
                file.write(part)
                if file.tell() > _LIMIT:
                    raise InputError(f"{url} is larger than {_LIMIT >> 30} GiB; download it and name the file")
    except OSError as error:  # HTTPError and URLError too
        if isinstance(error, urllib.error.HTTPError):
            error.close()
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        raise InputError(f"{url} could not be fetched: {reason}; check the address") from error
