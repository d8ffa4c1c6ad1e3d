"""Still: pictures as targets. Read as 8-bit RGB the right way up; written so that what was not painted stays as it was.

Knows: picture files, EXIF orientation, alpha, depth. Knows nothing of video.
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
from stream.media.video.animation import is_animation
from stream.stills.depth import from_8_bits, to_8_bits, white
from stream.stills.endings import HEIF, is_picture, written_as
from stream.stills.heif import read_heif
from stream.untrusted.sniff import HEAD, sniff

Pixels = npt.NDArray[np.integer[Any] | np.floating[Any]]

_OPTIONS = {
    # JPEG cannot keep pixels; full chroma and a high quality keep them close.
    ".jpg": [cv2.IMWRITE_JPEG_QUALITY, 96, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444],
    ".webp": [cv2.IMWRITE_WEBP_QUALITY, 101],  # over 100 is lossless
    ".avif": [cv2.IMWRITE_AVIF_QUALITY, 90],
}
_DEEP = {".png": ("uint16",), ".tif": ("uint16", "float32", "float64")}  # kinds of samples that are kept
_ORIENTATION = 0x0112


@dataclass(frozen=True, slots=True)
class _Raw:
    """pixels: (h, w) or (h, w, c), of any depth, BGR or BGRA, the right way up. white: the value that is white.
    metadata: EXIF, ICC and such, raw."""

    pixels: Pixels
    white: float
    kinds: tuple[int, ...]
    metadata: tuple[U8, ...]


def is_image(path: str) -> bool:
    """Whether a path names a picture that does not move, by its ending and by what is in the file, if it is there."""
    return is_picture(Path(path)) and not is_animation(Path(path))


def read_image(path: str) -> U8:
    """uint8 (h, w, 3) RGB, EXIF orientation applied, any depth rounded to 8 bits, alpha left off. Raises InputError."""
    raw = _read(path)
    return _rgb8(raw.pixels, raw.white)


def write_image(
    path: str, rgb: U8, like: str | None = None, finishing: Callable[[Path], object] = lambda _: None
) -> None:
    """Writes uint8 (h, w, 3) RGB; png and webp without loss. like: the picture it was made from; its alpha, metadata
    and, where `rgb` was not changed, its own deeper values are kept. finishing: may change the whole file before it
    takes its final name; where it raises, there is no file. Raises OutputError."""
    ending = written_as(Path(path))
    if ending is None:
        raise OutputError(f"{path}: a picture is written as .png, .jpg or .webp; give one of these endings")
    pixels: Pixels = np.ascontiguousarray(rgb[..., ::-1])
    raw = _read(like) if like is not None else None
    if raw is not None and raw.pixels.shape[:2] == rgb.shape[:2]:
        pixels = _merged(raw, rgb, ending)
    kinds, metadata = (raw.kinds, raw.metadata) if raw is not None else ((), ())
    options = _OPTIONS.get(ending, [])
    try:
        done, data = cv2.imencodeWithMetadata(ending, pixels, list(kinds), list(metadata), options)
    except cv2.error as error:
        raise OutputError(f"cannot write {path} as {ending}: {error.err}; take .png") from error
    if not done:
        raise OutputError(f"cannot write {path} as {ending}; take .png")
    landing = AtomicFile(Path(path), Path(like) if like is not None else None)
    try:
        landing.partial.write_bytes(data.tobytes())
        finishing(landing.partial)
    except OSError as error:
        landing.abandon()
        raise OutputError(f"cannot write {path}: {error.strerror}; make room or write elsewhere") from error
    except BaseException:
        landing.abandon()
        raise
    landing.land()


def _read(path: str) -> _Raw:
    if Path(path).suffix.lower() in HEIF:
        return _read_heif(path)
    with open_input(path) as container:
        context = best_video(container, path).codec_context  # its size is known before a byte is decoded
        bits = context.format.components[0].bits if context.format is not None else None
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
    upright = _turned(np.asarray(pixels), turned)
    return _Raw(upright, white(upright, bits), tuple(kinds), tuple(kept))


def _read_heif(path: str) -> _Raw:
    pixels, exif, profile = read_heif(path)
    bgr = np.ascontiguousarray(pixels[..., [2, 1, 0, *range(3, pixels.shape[2])]])
    told = {cv2.IMAGE_METADATA_EXIF: exif, cv2.IMAGE_METADATA_ICCP: profile}
    blobs = {kind: np.frombuffer(data, np.uint8) for kind, data in told.items() if data}
    if cv2.IMAGE_METADATA_EXIF in blobs:
        blobs[cv2.IMAGE_METADATA_EXIF] = _upright(blobs[cv2.IMAGE_METADATA_EXIF])[1]  # HEIC is turned by its boxes
    return _Raw(bgr, 255.0, tuple(blobs), tuple(blobs.values()))


def _rgb8(pixels: Pixels, full: float) -> U8:
    pixels = to_8_bits(pixels, full)
    if pixels.ndim == 2:
        return np.ascontiguousarray(np.repeat(pixels[..., None], 3, 2), np.uint8)
    return np.ascontiguousarray(pixels[..., 2::-1], np.uint8)


def _merged(raw: _Raw, rgb: U8, ending: str) -> Pixels:
    """The original's own samples wherever `rgb` equals what was read of them; alpha as it was."""
    if ending == ".jpg":
        return np.ascontiguousarray(rgb[..., ::-1])
    original = raw.pixels
    deep = original.dtype.name in _DEEP.get(ending.replace(".tiff", ".tif"), ())
    same = (_rgb8(original, raw.white) == rgb).all(2, keepdims=True)
    if original.ndim == 2 and same.all() and (deep or original.dtype == np.uint8):
        return original
    colours = original if original.ndim == 3 else np.repeat(original[..., None], 3, 2)
    bgr = rgb[..., ::-1]
    if deep:
        painted: Pixels = np.where(same, colours[..., :3], from_8_bits(bgr, original.dtype, raw.white))
    else:
        painted = bgr
    if colours.shape[2] < 4:
        return np.ascontiguousarray(painted)
    alpha = colours[..., 3:]
    if alpha.dtype != painted.dtype:
        alpha = to_8_bits(alpha, white(alpha))
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
