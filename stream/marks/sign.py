"""Signs finished outputs with C2PA: inside the file where its format has room, in a `.c2pa` beside it where not.

Knows c2pa's library and file endings. What is said comes as a Manifest, who says it as an Identity.
"""

import io
import os
import urllib.error
import urllib.request
from contextlib import ExitStack, suppress
from pathlib import Path

import c2pa  # type: ignore[import-untyped]
import cv2
import numpy as np

from stream.marks.keys import Identity, SigningError, local_identity
from stream.marks.manifest import Manifest, definition
from stream.media.video.animation import is_animation

_VIDEO = {".mp4": "video/mp4", ".m4v": "video/x-m4v", ".mov": "video/quicktime", ".avi": "video/avi"}
_AUDIO = {".m4a": "audio/mp4", ".mp3": "audio/mpeg", ".wav": "audio/wav", ".flac": "audio/flac"}
_IMAGE = {
    f".{ending}": f"image/{kind}"
    for kind, endings in {"jpeg": "jpg jpeg", "tiff": "tif tiff", "png": "png", "webp": "webp", "gif": "gif"}.items()
    for ending in endings.split()
}
EMBEDS = _VIDEO | _AUDIO | _IMAGE | {".avif": "image/avif", ".heic": "image/heic"}
"""File endings whose format holds a manifest, with C2PA's name of it. All others get a sidecar."""

_PLAIN = "application/octet-stream"
_TOKEN = "UNDERSTUDY_SIGNER_TOKEN"
_SIGNATURE_LIMIT = 16_384


def sidecar(path: Path) -> Path:
    """`clip.mkv` to `clip.c2pa`, as other C2PA tools name it."""
    return path.with_suffix(".c2pa")


def media_type(path: Path) -> str:
    """C2PA's name of a file's format. Formats it does not know are hashed as plain bytes under any name."""
    return EMBEDS.get(path.suffix.lower(), _PLAIN)


def _is_apng(path: Path) -> bool:
    """A manifest inside would come before the chunk that says that the picture moves, and FFmpeg and the players built
    on it then show its first picture only."""
    return path.suffix.lower() == ".png" and is_animation(path)


def sign_file(
    path: Path,
    manifest: Manifest,
    ingredient: Path | None,
    identity: Identity | None = None,
    final: Path | None = None,
) -> Path | None:
    """Signs the finished file at `path` in place. Call it between closing the file and giving it its final name.

    ingredient: the input file, whose own manifest, if it has one, is kept; None for pipes and cameras. identity: this
    machine's own if None. final: the name that the file will have (`path` may be `clip.part.mkv`), for the sidecar.
    Returns the sidecar where one was written. Raises SigningError; `path` is then unsigned and whole."""
    identity = identity or local_identity()
    embeds = path.suffix.lower() in EMBEDS and not _is_apng(path)
    signed = path.with_name(f".{path.stem}.signed{path.suffix}")
    try:
        data = _sign(path, signed if embeds else None, manifest, ingredient, identity)
        if embeds:
            signed.replace(path)
            return None
        beside = sidecar(final or path)
        beside.write_bytes(data)
        return beside
    except c2pa.C2paError as error:
        raise SigningError(
            f"{path.name} could not be signed as {identity.name}: {error}; check the certificate chain"
        ) from error
    except OSError as error:
        raise SigningError(f"{path.name} could not be signed: {error.strerror}; make room beside it") from error
    finally:
        with suppress(OSError):
            signed.unlink(missing_ok=True)


def _sign(path: Path, into: Path | None, manifest: Manifest, ingredient: Path | None, identity: Identity) -> bytes:
    with ExitStack() as stack:
        builder = stack.enter_context(c2pa.Builder(definition(manifest, ingredient is not None)))
        if ingredient is not None:
            # The intent makes c2pa add the `opened` action that must come first and names the parent.
            builder.set_intent(c2pa.C2paBuilderIntent.EDIT)
            described = {"title": ingredient.name, "relationship": "parentOf"}
            builder.add_ingredient(described, media_type(ingredient), stack.enter_context(ingredient.open("rb")))
        source = stack.enter_context(path.open("rb"))
        # Without a destination c2pa would hold the whole output in memory.
        if into is None:
            builder.set_no_embed()
            target = stack.enter_context(open(os.devnull, "w+b"))  # noqa: PTH123
        else:
            target = stack.enter_context(into.open("w+b"))
        kind = media_type(path) if into is not None else _PLAIN
        return bytes(builder.sign(_signer(identity), kind, source, target))


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
    try:
        with c2pa.Builder(definition(Manifest("pixel.png", "0"), False)) as builder:
            builder.sign(_signer(identity), "image/png", io.BytesIO(pixel), io.BytesIO())
    except c2pa.C2paError as error:
        raise SigningError(
            f"nothing can be signed as {identity.name}: {error}; check that the key and the chain belong together"
        ) from error
