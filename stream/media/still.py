"""Still: pictures as targets. Read as 8-bit RGB the right way up; written so that what was not painted stays as it was.

Knows: picture files, EXIF orientation, alpha, 16 bits. Knows nothing of video.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from engines.errors import InputError, OutputError
from engines.values import U8
from stream.media.atomicfile import AtomicFile
from stream.media.probe import best_video, is_text, open_input
from stream.untrusted.sniff import HEAD, sniff

Pixels = npt.NDArray[np.integer[Any]]

ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
_OPTIONS = {
    # JPEG cannot keep pixels; full chroma and a high quality keep them close.
    ".jpg": [cv2.IMWRITE_JPEG_QUALITY, 96, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444],
    ".webp": [cv2.IMWRITE_WEBP_QUALITY, 101],  # over 100 is lossless
}
_ORIENTATION = 0x0112


@dataclass(frozen=True, slots=True)
class _Raw:
    """pixels: (h, w) or (h, w, c), 8 or 16 bits, BGR or BGRA, the right way up. metadata: EXIF, ICC and such, raw."""

    pixels: Pixels
    kinds: tuple[int, ...]
    metadata: tuple[U8, ...]


def is_image(path: str) -> bool:
    """Whether a path names a picture, by its ending."""
    return Path(path).suffix.lower() in ENDINGS


def read_image(path: str) -> U8:
    """uint8 (h, w, 3) RGB, EXIF orientation applied, 16 bits rounded to 8, alpha left off. Raises InputError."""
    return _rgb8(_read(path).pixels)


def write_image(
    path: str, rgb: U8, like: str | None = None, finishing: Callable[[Path], object] = lambda _: None
) -> None:
    """Writes uint8 (h, w, 3) RGB; png and webp without loss. like: the picture it was made from; its alpha, metadata
    and, where `rgb` was not changed, 16-bit values are kept. finishing: may change the whole file before it takes its
    final name; where it raises, there is no file. Raises OutputError."""
    ending = Path(path).suffix.lower()
    if ending not in ENDINGS:
        raise OutputError(f"{path}: a picture is written as .png, .jpg or .webp; give one of these endings")
    landing = AtomicFile(Path(path), Path(like) if like is not None else None)
    pixels: Pixels = np.ascontiguousarray(rgb[..., ::-1])
    raw = _read(like) if like is not None else None
    if raw is not None and raw.pixels.shape[:2] == rgb.shape[:2]:
        pixels = _merged(raw.pixels, rgb, ending)
    kinds, metadata = (raw.kinds, raw.metadata) if raw is not None else ((), ())
    options = _OPTIONS.get(".jpg" if ending == ".jpeg" else ending, [])
    try:
        done, data = cv2.imencodeWithMetadata(ending, pixels, list(kinds), list(metadata), options)
        if not done:
            raise OutputError(f"cannot write {path} as {ending}; take .png")
        landing.partial.write_bytes(data.tobytes())
    except cv2.error as error:
        raise OutputError(f"cannot write {path} as {ending}: {error.err}; take .png") from error
    except OSError as error:
        landing.abandon()
        raise OutputError(f"cannot write {path}: {error.strerror}; make room or write elsewhere") from error
    try:
        finishing(landing.partial)
    except BaseException:
        landing.abandon()
        raise
    landing.land()


def _read(path: str) -> _Raw:
    with open_input(path) as container:
        best_video(container, path)  # its size is known before a byte is decoded
    data = np.frombuffer(Path(path).read_bytes(), np.uint8)
    try:
        pixels, kinds, metadata = cv2.imdecodeWithMetadata(data, flags=cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise InputError(f"{path} is damaged: {error.err}; copy it again") from error
    if pixels is None or pixels.size == 0:
        if is_text(Path(path)):
            raise InputError(f"{path} is a text file whatever its name says; give a picture")
        if (file := sniff(data[:HEAD].tobytes())) is not None and file.media == "video":
            raise InputError(
                f"{path} is a video ({file.name}), and a picture is wanted here; save one frame of it as .png"
            )
        raise InputError(f"{path} is damaged or no picture that can be read here; save it again as .png or .jpg")
    turned = 1
    kept = []
    for kind, item in zip(kinds, metadata, strict=True):
        blob = np.array(item, np.uint8).ravel()
        if kind == cv2.IMAGE_METADATA_EXIF:
            turned, blob = _upright(blob)
        kept.append(blob)
    return _Raw(_turned(np.asarray(pixels), turned), tuple(kinds), tuple(kept))


def _rgb8(pixels: Pixels) -> U8:
    if pixels.dtype != np.uint8:
        pixels = np.rint(pixels / 257).astype(np.uint8)
    if pixels.ndim == 2:
        return np.ascontiguousarray(np.repeat(pixels[..., None], 3, 2), np.uint8)
    return np.ascontiguousarray(pixels[..., 2::-1], np.uint8)


def _merged(original: Pixels, rgb: U8, ending: str) -> Pixels:
    """The original's own samples wherever `rgb` equals what was read of them; alpha as it was."""
    if ending in (".jpg", ".jpeg"):
        return np.ascontiguousarray(rgb[..., ::-1])
    deep = original.dtype == np.uint16 and ending in (".png", ".tif", ".tiff")
    same = (_rgb8(original) == rgb).all(2, keepdims=True)
    if original.ndim == 2 and same.all():
        return original
    colours = original if original.ndim == 3 else np.repeat(original[..., None], 3, 2)
    bgr = rgb[..., ::-1]
    if deep:
        painted: Pixels = np.where(same, colours[..., :3], bgr.astype(np.uint16) * 257)
    else:
        painted = bgr
    if colours.shape[2] < 4:
        return np.ascontiguousarray(painted)
    alpha = colours[..., 3:]
    if alpha.dtype != painted.dtype:
        alpha = np.rint(alpha / 257).astype(np.uint8)
    return np.ascontiguousarray(np.dstack([painted, alpha]))


def _upright(exif: U8) -> tuple[int, U8]:
    """The orientation (1 to 8) that an EXIF block tells, and the block telling 1 instead, as pixels are turned here."""
    data = bytearray(exif.tobytes())
    order = {b"II": "<", b"MM": ">"}.get(bytes(data[:2]))
    try:
        if order is None:
            return 1, exif
        (first,) = struct.unpack_from(order + "I", data, 4)
        (count,) = struct.unpack_from(order + "H", data, first)
        for at in range(first + 2, first + 2 + 12 * count, 12):
            tag, _, _, value = struct.unpack_from(order + "HHIH", data, at)
            if tag == _ORIENTATION and 1 <= value <= 8:
                struct.pack_into(order + "H", data, at + 8, 1)
                return value, np.frombuffer(bytes(data), np.uint8)
    except struct.error:
        pass  # a block cut short tells nothing
    return 1, exif


def _turned(pixels: Pixels, orientation: int) -> Pixels:
    if orientation in (2, 4, 5, 7):
        pixels = pixels[:, ::-1]
    turns = {1: 0, 2: 0, 3: 2, 4: 2, 5: 1, 6: 3, 7: 3, 8: 1}[orientation]
    return np.ascontiguousarray(np.rot90(pixels, turns))
