"""Still: pictures as targets. Read as 8-bit sRGB the right way up; written so that what was not painted stays as it is.

Knows: picture files, EXIF orientation, alpha, depth, colour profiles. Knows nothing of video.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from engines.errors import InputError, OutputError
from engines.values import U8
from stream.media.atomicfile import write_whole
from stream.media.probe import best_video, is_text, open_input
from stream.media.video.animation import is_animation
from stream.stills.colours import Colours, read_colours
from stream.stills.depth import from_8_bits, to_8_bits, white
from stream.stills.endings import HEIF, is_picture, written_as
from stream.stills.heif import read_heif
from stream.stills.meant import Meant, meant
from stream.stills.tiff import with_profile
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
_ICC = cv2.IMAGE_METADATA_ICCP
_TIFF = (".tif", ".tiff")
_PROFILED = (".jpg", ".png", ".webp", ".avif", *_TIFF)  # endings of formats that hold a profile


@dataclass(frozen=True, slots=True)
class _Raw:
    """pixels: (h, w) or (h, w, c), of any depth, BGR or BGRA, the right way up. white: the value that is white.
    metadata: EXIF, ICC and such, raw, by OpenCV's numbers of their kinds. colours: what the samples mean where that is
    not sRGB. inks: the file holds printing inks, which are converted here."""

    pixels: Pixels
    white: float
    metadata: dict[int, U8]
    colours: Colours | None = None
    inks: bool = False

    @property
    def own(self) -> U8:
        """uint8 (h, w, 3) RGB in the picture's own colours."""
        return _rgb8(self.pixels, self.white)

    @property
    def seen(self) -> U8:
        """uint8 (h, w, 3) RGB in sRGB."""
        if self.colours is None:
            return self.own
        return self.colours.to_srgb(self.own if self.colours.space == "RGB" else self.own[..., 0])

    def as_srgb(self) -> "_Raw":
        """The same in 8-bit sRGB, without a profile."""
        pixels: Pixels = self.seen[..., ::-1]
        if self.pixels.ndim == 3 and self.pixels.shape[2] == 4:
            alpha = self.pixels[..., 3:]
            pixels = np.dstack([pixels, to_8_bits(alpha, white(alpha))])
        metadata = {kind: blob for kind, blob in self.metadata.items() if kind != _ICC}
        return replace(self, pixels=np.ascontiguousarray(pixels), white=255.0, metadata=metadata, colours=None)


def is_image(path: str) -> bool:
    """Whether a path names a picture that does not move, by its ending and by what is in the file, if it is there."""
    return is_picture(Path(path)) and not is_animation(Path(path))


def read_image(path: str) -> U8:
    """uint8 (h, w, 3) RGB, its ICC profile's colours as sRGB, EXIF orientation applied, any depth rounded to 8 bits,
    alpha left off. Raises InputError."""
    return _read(path).seen


def write_image(
    path: str, rgb: U8, like: str | None = None, finishing: Callable[[Path], object] = lambda _: None
) -> tuple[str, ...]:
    """Writes uint8 (h, w, 3) sRGB; png and webp without loss. like: the picture it was made from; its alpha, metadata,
    colour profile and, where `rgb` was not changed, its own deeper values are kept. finishing: may change the whole
    file before it takes its final name; where it raises, there is no file. Returns what could not be kept, one sentence
    each. Raises OutputError."""
    ending = written_as(Path(path))
    if ending is None:
        raise OutputError(f"{path}: a picture is written as .png, .jpg or .webp; give one of these endings")
    pixels: Pixels = np.ascontiguousarray(rgb[..., ::-1])
    metadata: dict[int, U8] = {}
    notes: tuple[str, ...] = ()
    if like is not None:
        raw = _read(like)
        same = raw.pixels.shape[:2] == rgb.shape[:2]
        fitted, own = _fitted(raw, rgb, ending) if same else (raw.as_srgb() if raw.colours else raw, rgb)
        pixels = _merged(fitted, own, ending) if same else pixels
        metadata, notes = fitted.metadata, tuple(_lost(raw, fitted, ending))
    data = _encoded(path, ending, pixels, metadata)
    write_whole(Path(path), data, Path(like) if like is not None else None, finishing)
    return notes


def _encoded(path: str, ending: str, pixels: Pixels, metadata: dict[int, U8]) -> bytes:
    """The whole file. Raises OutputError."""
    taken = {kind: blob for kind, blob in metadata.items() if kind != _ICC or ending not in (*_TIFF, ".bmp")}
    try:
        done, data = cv2.imencodeWithMetadata(
            ending, pixels, list(taken), list(taken.values()), _OPTIONS.get(ending, [])
        )
    except cv2.error as error:
        raise OutputError(f"cannot write {path} as {ending}: {error.err}; take .png") from error
    if not done:
        raise OutputError(f"cannot write {path} as {ending}; take .png")
    whole = data.tobytes()
    return with_profile(whole, metadata[_ICC].tobytes()) if ending in _TIFF and _ICC in metadata else whole


def _fitted(raw: _Raw, rgb: U8, ending: str) -> tuple[_Raw, U8]:
    """The original, and sRGB `rgb` in its colours: its own profile's where the output can say so, else sRGB."""
    colours = raw.colours
    if colours is None:
        return raw, rgb
    if ending in _PROFILED and colours.returns:
        return raw, colours.moved(raw.own, raw.seen, rgb)
    if ending in _PROFILED and ending != ".jpg" and raw.pixels.ndim == 2 and np.array_equal(raw.seen, rgb):
        return raw, raw.own  # grey, and unchanged
    return raw.as_srgb(), rgb


def _lost(raw: _Raw, fitted: _Raw, ending: str) -> Iterator[str]:
    if raw.inks:
        yield "the picture's printing inks (CMYK) were converted to sRGB"
    elif raw.colours is not None and fitted.colours is None:
        why = "it says no way back" if ending in _PROFILED else f"{ending} holds none"
        yield f"the picture's colour profile is left out, its colours were converted to sRGB: {why}"


def _read(path: str) -> _Raw:
    if Path(path).suffix.lower() in HEIF:
        return _read_heif(path)
    with open_input(path) as container:
        context = best_video(container, path).codec_context  # its size is known before a byte is decoded
        bits = context.format.components[0].bits if context.format is not None else None
    whole = Path(path).read_bytes()
    data = np.frombuffer(whole, np.uint8)
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
    turned, told = 1, meant(whole)
    kept = {int(kind): np.array(item, np.uint8).ravel() for kind, item in zip(kinds, metadata, strict=True)}
    if cv2.IMAGE_METADATA_EXIF in kept:
        turned, kept[cv2.IMAGE_METADATA_EXIF] = _upright(kept[cv2.IMAGE_METADATA_EXIF])
    if told.profile:
        kept.setdefault(_ICC, np.frombuffer(told.profile, np.uint8))
    if told.inks is not None:
        return _of_inks(np.asarray(pixels), told, turned, kept)
    upright = _turned(np.asarray(pixels), turned)
    return _profiled(_Raw(upright, white(upright, bits), kept))


def _profiled(raw: _Raw) -> _Raw:
    """With its profile read, where it fits the samples."""
    profile = raw.metadata.get(_ICC)
    colours = read_colours(profile.tobytes()) if profile is not None else None
    grey = raw.pixels.ndim == 2 or bool((raw.pixels[..., :1] == raw.pixels[..., 1:3]).all())
    fits = colours is not None and (colours.space == "RGB" or (colours.space == "GRAY" and grey))
    return replace(raw, colours=colours) if fits else raw


def _of_inks(pixels: Pixels, told: Meant, turned: int, metadata: dict[int, U8]) -> _Raw:
    """pixels: what OpenCV makes of inks, which serves where no profile says better."""
    assert told.inks is not None
    colours = read_colours(told.profile)
    if colours is not None and colours.space == "CMYK" and told.inks.shape[:2] == pixels.shape[:2]:
        pixels = colours.to_srgb(told.inks)[..., ::-1]
    metadata.pop(_ICC, None)
    return _Raw(_turned(np.ascontiguousarray(pixels[..., :3]), turned), 255.0, metadata, inks=True)


def _read_heif(path: str) -> _Raw:
    pixels, exif, profile = read_heif(path)
    bgr = np.ascontiguousarray(pixels[..., [2, 1, 0, *range(3, pixels.shape[2])]])
    told = {cv2.IMAGE_METADATA_EXIF: exif, _ICC: profile}
    blobs = {kind: np.frombuffer(data, np.uint8) for kind, data in told.items() if data}
    if cv2.IMAGE_METADATA_EXIF in blobs:
        blobs[cv2.IMAGE_METADATA_EXIF] = _upright(blobs[cv2.IMAGE_METADATA_EXIF])[1]  # HEIC is turned by its boxes
    return _profiled(_Raw(bgr, 255.0, blobs))


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
