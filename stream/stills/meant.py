"""What a picture file says of its colours beside its samples: its ICC profile, and samples of printing inks.

Knows: formats, through Pillow. Decodes nothing but inks.
"""

import io
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from engines.values import U8

# what Pillow raises of damaged files
_Errors = (OSError, ValueError, SyntaxError, KeyError, TypeError, IndexError, EOFError, ArithmeticError, MemoryError)
_JPEG, _TIFF = (b"\xff\xd8",), (b"II*\0", b"MM\0*")


@dataclass(frozen=True, slots=True)
class Meant:
    """profile: ICC, empty where there is none. inks: uint8 (h, w, 4) CMYK, 255 full, as stored; None for light."""

    profile: bytes = b""
    inks: U8 | None = None


def meant(data: bytes) -> Meant:
    """data: the whole file. What Pillow cannot read tells nothing."""
    profile = profile_in(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of damaged tags, which tell nothing
            picture = _opened(data)
            inked = picture is not None and picture.mode == "CMYK"
            return Meant(profile, np.asarray(picture, np.uint8) if inked else None)
    except _Errors:
        return Meant(profile)


def profile_in(data: bytes) -> bytes:
    """The profile alone; nothing is decoded."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = _opened(data)
            return bytes(picture.info.get("icc_profile") or b"") if picture is not None else b""
    except _Errors:
        return b""


def _opened(data: bytes) -> Any:
    """By its format's own class: `Image.open` has a limit of its own to a picture's size."""
    from PIL import AvifImagePlugin, JpegImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin

    file = io.BytesIO(data)
    if data.startswith(_JPEG):
        return JpegImagePlugin.JpegImageFile(file)
    if data.startswith(_TIFF):
        return TiffImagePlugin.TiffImageFile(file)
    if data.startswith(b"\x89PNG"):
        return PngImagePlugin.PngImageFile(file)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return WebPImagePlugin.WebPImageFile(file)
    if data[4:12] in (b"ftypavif", b"ftypavis"):
        return AvifImagePlugin.AvifImageFile(file)
    return None
