"""What a picture file says of its colours beside its samples: its ICC profile, and samples of printing inks.

Knows: the formats in which the reader of samples passes that over, through Pillow. Decodes nothing but inks.
"""

import io
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from engines.values import U8

_JPEG, _TIFF = (b"\xff\xd8",), (b"II*\0", b"MM\0*")


@dataclass(frozen=True, slots=True)
class Meant:
    """profile: ICC, empty where there is none. inks: uint8 (h, w, 4) CMYK, 255 full, as stored; None for light."""

    profile: bytes = b""
    inks: U8 | None = None


def meant(data: bytes) -> Meant:
    """data: the whole file. What Pillow cannot read tells nothing."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of damaged tags, which tell nothing
            picture = _opened(data)
            if picture is None:
                return Meant()
            profile = bytes(picture.info.get("icc_profile") or b"")
            return Meant(profile, np.asarray(picture, np.uint8) if picture.mode == "CMYK" else None)
    except (OSError, ValueError, SyntaxError, KeyError, TypeError, IndexError, EOFError, ArithmeticError):
        return Meant()


def _opened(data: bytes) -> Any:
    """By its format's own class: `Image.open` has a limit of its own to a picture's size."""
    from PIL import AvifImagePlugin, JpegImagePlugin, TiffImagePlugin

    file = io.BytesIO(data)
    if data.startswith(_JPEG):
        return JpegImagePlugin.JpegImageFile(file)
    if data.startswith(_TIFF):
        return TiffImagePlugin.TiffImageFile(file)
    if data[4:12] in (b"ftypavif", b"ftypavis"):
        return AvifImagePlugin.AvifImageFile(file)
    return None
