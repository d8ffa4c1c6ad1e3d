"""HDR: what a video says of the screen it was mastered on and of its light, read from frames and told to encoders.

Knows FFmpeg's side data (SMPTE ST 2086, CTA 861.3), the options of x265, x264 and SVT-AV1, the boxes of MP4. Knows
nothing of colours themselves.
"""

import struct
from dataclasses import dataclass
from fractions import Fraction

import av
from av.sidedata.sidedata import Type

from engines.errors import InputError
from stream.media.video.display import side_data
from stream.pixels.transfer import HLG, PQ

_ICTCP = (14, 15)  # ICtCp, and the IPT of Dolby Vision profile 5


@dataclass(frozen=True, slots=True)
class Mastering:
    """chromaticities: x and y of red, green, blue and white, in order. lowest, highest: cd/m2."""

    chromaticities: tuple[Fraction, ...]
    lowest: Fraction
    highest: Fraction


@dataclass(frozen=True, slots=True)
class Light:
    """mastering: the mastering display, None where it is not said. brightest, average: MaxCLL and MaxFALL in cd/m2, 0
    where not said. lost: metadata that cannot be kept, by the names that people know."""

    mastering: Mastering | None = None
    brightest: int = 0
    average: int = 0
    lost: tuple[str, ...] = ()


PLAIN = Light()


def light_of(frame: av.VideoFrame, path: str) -> Light:
    """What the first frame says. Raises InputError where its colours are coded as nobody but Dolby's players reads."""
    dolby = any(side_data(frame, kind) for kind in (Type.DOVI_METADATA, Type.DOVI_RPU_BUFFER))
    if frame.colorspace in _ICTCP or (dolby and frame.color_trc not in (PQ, HLG, 1)):
        raise InputError(
            f"{path}: its colours are Dolby Vision's own (profile 5), which cannot be read here; export it as HDR10,"
            " HLG or SDR first"
        )
    brightest = average = 0
    if (said := side_data(frame, Type.CONTENT_LIGHT_LEVEL)) is not None:
        brightest, average = struct.unpack("=2I", said[:8])
    lost = ["Dolby Vision"] if dolby else []
    lost += ["HDR10+"] if side_data(frame, Type.DYNAMIC_HDR_PLUS) else []
    return Light(_mastering(frame), brightest, average, tuple(lost))


def encoder_options(light: Light, codec: str) -> tuple[str, str] | None:
    """The encoder's option and what to add to it, so that its bitstream says the same; None where there is nothing to
    say, or no way to."""
    said = []
    m, levels = light.mastering, f"{light.brightest},{light.average}"
    if codec == "libx265":
        said += [f"master-display={_display(m, 50_000, 10_000)}"] if m else []
        said += [f"max-cll={levels}"] if light.brightest else []
        return ("x265-params", ":".join(["hdr10=1", "repeat-headers=1", *said])) if said else None
    if codec == "libx264":
        said += [f"mastering-display={_display(m, 50_000, 10_000)}"] if m else []
        said += [f"cll={levels}"] if light.brightest else []
        return ("x264-params", ":".join(said)) if said else None
    if codec == "libsvtav1":
        said += [f"mastering-display={_display(m, 1, 1)}"] if m else []
        said += [f"content-light={levels}"] if light.brightest else []
        return ("svtav1-params", ":".join(said)) if said else None
    return None


def boxes(light: Light) -> bytes:
    """The `mdcv` and `clli` boxes of an MP4's video track; empty where nothing is said."""
    out = b""
    if light.mastering is not None:
        m = light.mastering
        red, green, blue, white = (m.chromaticities[i : i + 2] for i in range(0, 8, 2))
        places = [round(v * 50_000) for v in (*green, *blue, *red, *white)]
        out += _box(b"mdcv", struct.pack(">8H2I", *places, round(m.highest * 10_000), round(m.lowest * 10_000)))
    if light.brightest:
        out += _box(b"clli", struct.pack(">2H", min(light.brightest, 65_535), min(light.average, 65_535)))
    return out


def _mastering(frame: av.VideoFrame) -> Mastering | None:
    data = side_data(frame, Type.MASTERING_DISPLAY_METADATA)
    if data is None:
        return None
    numbers = struct.unpack("=22i", data[:88])  # ten fractions, and whether each half of them is said
    if not (numbers[20] and numbers[21]) or 0 in numbers[1:20:2]:
        return None
    values = [Fraction(numbers[i], numbers[i + 1]) for i in range(0, 20, 2)]
    return Mastering(tuple(values[:8]), values[8], values[9])


def _display(mastering: Mastering, places: int, levels: int) -> str:
    """As encoders write it: green, blue, red, white, light; in shares of 1 and cd/m2 times what is given."""
    red, green, blue, white = (mastering.chromaticities[i : i + 2] for i in range(0, 8, 2))
    out = ""
    for name, (x, y) in (("G", green), ("B", blue), ("R", red), ("WP", white)):
        out += f"{name}({_number(x * places, places)},{_number(y * places, places)})"
    return out + f"L({_number(mastering.highest * levels, levels)},{_number(mastering.lowest * levels, levels)})"


def _number(value: Fraction, unit: int) -> str:
    return str(round(value)) if unit > 1 else f"{float(value):.5f}"


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body
