"""Signs finished outputs with C2PA: inside the file where its format has room, in a `.c2pa` beside it where not.

Knows c2pa's library. What is said comes as a Manifest, who says it as an Identity.
"""

import io
import json
import logging
import os
import shutil
import urllib.error
import urllib.request
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import c2pa  # type: ignore[import-untyped]
import cv2
import numpy as np

from stream.marks.c2pa_context import offline_context
from stream.marks.happened import WhatHappened
from stream.marks.keys import Identity, SigningError, local_identity
from stream.marks.manifest import Manifest, definition
from stream.marks.read import fitting_sidecar, is_readable_record, says_mark
from stream.marks.sidecar import sidecar, write_sidecar
from stream.media.video.animation import is_animation
from stream.untrusted.media_type import PLAIN, media_type

log = logging.getLogger("understudy.marks")

_TOKEN = "UNDERSTUDY_SIGNER_TOKEN"
_SIGNATURE_LIMIT = 16_384
_PARENT = "parent.c2pa"
"""The name under which a parent's sidecar is put into the record; nothing shows it."""


def signing_partial(path: Path) -> Path:
    """Where a file is written while it is signed; what is left of it after a kill may be removed."""
    return path.with_name(f".{path.stem}.signed{path.suffix}")


def _is_apng(path: Path, kind: str) -> bool:
    """A manifest inside would come before the chunk that says that the picture moves, and FFmpeg and the players built
    on it then show its first picture only."""
    return kind == "image/png" and is_animation(path)


def sign_file(
    path: Path,
    manifest: Manifest,
    ingredient: Path | None,
    identity: Identity | None = None,
    final: Path | None = None,
) -> Path | None:
    """Signs the finished file at `path` in place. Call it between closing the file and giving it its final name.

    ingredient: the input file, whose own manifest, in it or beside it, is kept; None for pipes and cameras. identity:
    this machine's own if None. final: the name that the file will have (`path` may be `clip.part.mkv`), for the
    sidecar. Returns the sidecar where one was written. Raises SigningError; `path` is then unsigned and whole."""
    identity = identity or local_identity()
    signed = signing_partial(path)
    try:
        kind = media_type(path)
        kind = PLAIN if _is_apng(path, kind) else kind
        data = _sign(path, kind, signed if kind != PLAIN else None, manifest, ingredient, identity)
        if kind != PLAIN:
            shutil.copymode(path, signed)
            signed.replace(path)
            return None
        beside = sidecar(final or path)
        ours = may_replace_sidecar(final or path, manifest.mark.text if manifest.mark is not None else None)
        write_sidecar(beside, data, replace=ours)
        return beside
    except c2pa.C2paError as error:
        raise SigningError(
            f"{path.name} could not be signed as {identity.name}: {error}; check the certificate chain"
        ) from error
    except FileExistsError as error:
        raise SigningError(in_the_way(sidecar(final or path))) from error
    except OSError as error:
        raise SigningError(f"{path.name} could not be signed: {error.strerror}; make room beside it") from error
    finally:
        with suppress(OSError):
            signed.unlink(missing_ok=True)


def may_replace_sidecar(final: Path, mark: str | None) -> bool:
    """Whether the sidecar that lies at the place of a new output's may go: it is the record of the file that is there
    now, which the output replaces, or this job's own (it names the job's mark), left by a break. All others stay."""
    beside = sidecar(final)
    if not os.path.lexists(beside):
        return False
    fitting = fitting_sidecar(final)
    return (fitting is not None and fitting[0] == beside) or (mark is not None and says_mark(beside, mark))


def in_the_way(beside: Path) -> str:
    """Why an output is not signed where another file's record lies."""
    return (
        f"{beside} is the signed record of another file, or of an earlier state of this one, and is not overwritten;"
        " move it away, or give the output another name"
    )


def _sign(
    path: Path, kind: str, into: Path | None, manifest: Manifest, ingredient: Path | None, identity: Identity
) -> bytes:
    with ExitStack() as stack:
        context = stack.enter_context(offline_context())
        builder = stack.enter_context(c2pa.Builder(definition(manifest, ingredient is not None), context))
        if ingredient is not None:
            _add_parent(builder, ingredient, stack)
        source = stack.enter_context(path.open("rb"))
        # Without a destination c2pa would hold the whole output in memory.
        if into is None:
            builder.set_no_embed()
            target = stack.enter_context(open(os.devnull, "w+b"))  # noqa: PTH123
        else:
            target = stack.enter_context(_fresh(into))
        return bytes(builder.sign(_signer(identity), kind, source, target))


def _add_parent(builder: c2pa.Builder, ingredient: Path, stack: ExitStack) -> None:
    # The intent makes c2pa add the `opened` action that must come first and names the parent.
    builder.set_intent(c2pa.C2paBuilderIntent.EDIT)
    described: dict[str, Any] = {"title": ingredient.name, "relationship": "parentOf"}
    kind = media_type(ingredient)
    if not is_readable_record(ingredient, kind):
        log.warning("the signed record in %s is malformed, and is not kept", ingredient.name)
        kind = PLAIN
    beside = fitting_sidecar(ingredient) if kind == PLAIN or _is_apng(ingredient, kind) else None
    if beside is not None:
        described |= _record_of(ingredient, kind, beside[1])
        builder.add_resource(_PARENT, io.BytesIO(beside[1]))
    try:
        builder.add_ingredient(described, kind, stack.enter_context(ingredient.open("rb")))
    except c2pa.C2paError:
        # What plays may not be what c2pa can take apart, as a file with a camera's notes behind its last box.
        builder.add_ingredient(described, PLAIN, stack.enter_context(ingredient.open("rb")))


def _record_of(ingredient: Path, kind: str, record: bytes) -> dict[str, Any]:
    """An ingredient's own record that lies beside it, as c2pa takes it from an ingredient's description."""
    with (
        offline_context() as context,
        ingredient.open("rb") as file,
        c2pa.Reader(kind, file, record, context) as reader,
    ):
        said: dict[str, Any] = json.loads(reader.json())
    return {
        "manifest_data": {"format": "application/c2pa", "identifier": _PARENT},
        "validation_results": said["validation_results"],
        "active_manifest": said["active_manifest"],
    }


def _fresh(path: Path) -> io.BufferedRandom:
    """A new file at a name of our own. What lies there, a link too, is what an earlier run left."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    return os.fdopen(descriptor, "w+b")


def _signer(identity: Identity) -> c2pa.Signer:
    algorithm = c2pa.C2paSigningAlg[identity.algorithm]
    if identity.key is not None:
        # None, not b"": an empty timestamp address fails with an error that names nothing.
        stamp = identity.timestamp.encode() if identity.timestamp else None
        return c2pa.Signer.from_info(c2pa.C2paSignerInfo(algorithm, identity.chain, identity.key, stamp))
    remote = identity.remote
    assert remote is not None
    return c2pa.Signer.from_callback(
        lambda data: _ask_remote(remote, data), algorithm, identity.chain.decode(), identity.timestamp
    )


def _ask_remote(url: str, data: bytes) -> bytes:
    """The raw signature of `data` by a remote signer. Its token comes from the environment, never from an argument."""
    headers = {"Content-Type": "application/octet-stream"}
    if token := os.environ.get(_TOKEN):
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(url, data, headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return bytes(answer.read(_SIGNATURE_LIMIT))
    except urllib.error.URLError as error:
        raise SigningError(f"the remote signer {url} did not sign: {error.reason}") from error


def prove(identity: Identity) -> None:
    """Signs one pixel in memory, so that a key that does not fit or a signer that does not answer is told before the
    work. Raises SigningError."""
    pixel = cv2.imencode(".png", np.zeros((1, 1, 3), np.uint8))[1].tobytes()
    trial = Manifest("pixel.png", "0", WhatHappened(datetime.now(UTC), 1, 0))
    try:
        with offline_context() as context, c2pa.Builder(definition(trial, False), context) as builder:
            builder.sign(_signer(identity), "image/png", io.BytesIO(pixel), io.BytesIO())
    except c2pa.C2paError as error:
        raise SigningError(
            f"nothing can be signed as {identity.name}: {error}; check that the key and the chain belong together"
        ) from error
