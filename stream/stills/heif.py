"""HEIC and HEIF pictures, as iPhones take them, through pillow-heif, which an extra brings.

Knows: that library. Knows nothing of what is done with the pictures.
"""

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from engines.errors import InputError
from engines.extras import install
from engines.values import U8
from stream.media.probe import check_size


def read_heif(path: str) -> tuple[U8, bytes, bytes]:
    """uint8 (h, w, 3) RGB or (h, w, 4) RGBA, the right way up; the EXIF block and the ICC profile, empty where there is
    none. Raises InputError, also where the extra is not installed."""
    if find_spec("pillow_heif") is None:
        raise InputError(
            f"{path} is a HEIC picture, which this installation does not read; save it as .jpg, or install pillow-heif:"
            f" {install('heic')}"
        )
    import pillow_heif

    if not Path(path).is_file():
        raise InputError(f"there is no file {path}; check the name")
    try:
        picture = pillow_heif.open_heif(path)
        width, height = picture.size
        check_size(path, width, height)
        pixels = np.asarray(picture)
    except (ValueError, OSError, RuntimeError, SyntaxError) as error:
        raise InputError(f"{path} is damaged or no HEIC picture; save it again as .png or .jpg") from error
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, 2)
    exif = bytes(picture.info.get("exif") or b"").removeprefix(b"Exif\0\0")
    return np.ascontiguousarray(pixels, np.uint8), exif, bytes(picture.info.get("icc_profile") or b"")
