"""Colours: the ICC profile that a picture's samples are meant in, as conversions to sRGB and back.

Knows: profiles, through Pillow's littleCMS. Knows nothing of files.
"""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageCms

from engines.values import U8

_GRID = 17  # samples a channel by which a profile is held against sRGB
_NEAR = 2  # levels of 255 by which a profile may differ from sRGB and still be taken for it
_HARDLY, _PAINTED = 2, 14  # levels of change up to which colours beyond sRGB stay, and in which they fade
_FLAGS = ImageCms.Flags.BLACKPOINTCOMPENSATION
_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}  # Pillow's, by the profile's colour space
_Errors = (ImageCms.PyCMSError, OSError, ValueError, TypeError)


@dataclass(frozen=True, slots=True)
class Colours:
    """A profile other than sRGB. space: `RGB`, `GRAY` or `CMYK`."""

    space: str
    _there: ImageCms.ImageCmsTransform
    _back: ImageCms.ImageCmsTransform | None

    @property
    def returns(self) -> bool:
        """Whether colours can be brought back into the profile: not all profiles say how."""
        return self._back is not None

    def to_srgb(self, samples: U8) -> U8:
        """samples: uint8 (h, w, 3) RGB, (h, w) grey or (h, w, 4) CMYK, where 255 is full ink. Returns uint8 (h, w, 3)
        RGB; what sRGB has no place for is as near as it goes."""
        return _through(self._there, samples, _MODES[self.space])

    def moved(self, own: U8, seen: U8, wanted: U8) -> U8:
        """own: uint8 (h, w, 3) in the profile. seen: the same by `to_srgb`. wanted: what it is to be, in sRGB. Returns
        own, changed as seen was: where nothing was, not a bit. What a colour has beyond sRGB stays where seen was
        hardly changed, as by a mark, and goes where it was painted over."""
        assert self._back is not None, "asked of `returns` before"
        beyond = own.astype(np.int16) - _through(self._back, seen, "RGB")
        change = np.abs(wanted.astype(np.int16) - seen).max(2, keepdims=True)
        kept = np.clip(1 - (change - _HARDLY) / _PAINTED, 0, 1).astype(np.float32)
        moved = _through(self._back, wanted, "RGB") + kept * beyond
        return np.asarray(np.rint(np.clip(moved, 0, 255)), np.uint8)


def read_colours(profile: bytes) -> Colours | None:
    """None where the profile is as good as sRGB, damaged, or of a kind that pictures do not have."""
    try:
        read = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        space = read.profile.xcolor_space.strip()
        mode = _MODES.get(space)
        if mode is None:
            return None
        there = _transform(read, _srgb(), mode, "RGB")
    except _Errors:
        return None
    if space == "RGB":
        grid = _grid()
        if np.abs(_through(there, grid, "RGB").astype(int) - grid).max() <= _NEAR:
            return None
    try:
        back = _transform(_srgb(), read, "RGB", "RGB") if space == "RGB" else None
    except _Errors:
        back = None
    return Colours(space, there, back)


def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def _transform(
    one: ImageCms.ImageCmsProfile, other: ImageCms.ImageCmsProfile, mode: str, other_mode: str
) -> ImageCms.ImageCmsTransform:
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    return ImageCms.ImageCmsTransform(one, other, mode, other_mode, intent, flags=_FLAGS)


def _through(transform: ImageCms.ImageCmsTransform, samples: U8, mode: str) -> U8:
    height, width = samples.shape[:2]
    image = Image.frombuffer(mode, (width, height), np.ascontiguousarray(samples).tobytes(), "raw", mode, 0, 1)
    return np.array(transform.apply(image), np.uint8)


def _grid() -> U8:
    """uint8 (n, n * n, 3): colours all over the cube."""
    levels = np.linspace(0, 255, _GRID).round().astype(np.uint8)
    return np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), -1).reshape(_GRID, -1, 3)
