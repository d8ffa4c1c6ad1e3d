"""Which encoder, with which options, pixel format and time base, for which container.

Knows: encoders' names and options as PyAV takes them. Knows nothing of files: all functions here are pure
but for asking PyAV what it was built with.
"""

import re
from dataclasses import dataclass, field
from fractions import Fraction

import av
from av.codec import Codec
from av.codec.codec import find_best_pix_fmt_of_list
from av.container import OutputContainer

from engines.errors import OutputError
from stream.media.video.formats import suited, usual

ALIASES = {
    "h264": "libx264",
    "x264": "libx264",
    "avc": "libx264",
    "hevc": "libx265",
    "h265": "libx265",
    "x265": "libx265",
    "vp8": "libvpx",
    "vp9": "libvpx-vp9",
    "av1": "libsvtav1",
    "mpeg2": "mpeg2video",
    "prores": "prores_ks",
}
COMMON = (
    "libx264",
    "libx265",
    "libvpx-vp9",
    "libsvtav1",
    "libvpx",
    "mpeg4",
    "mpeg2video",
    "prores_ks",
    "ffv1",
    "mjpeg",
)
_DEFAULTS = {"webm": "libvpx-vp9", "mpeg": "mpeg2video", "vob": "mpeg2video", "ogg": "libvpx-vp9"} | {
    "gif": "gif",
    "webp": "libwebp_anim",
    "apng": "apng",
}
_CRF = {"libx264": 18, "libx265": 20, "libvpx-vp9": 24, "libsvtav1": 26, "libvpx": 10}
X_PRESETS = (
    *("ultrafast", "superfast", "veryfast", "faster", "fast"),
    *("medium", "slow", "slower", "veryslow", "placebo"),
)
# Muxers that do not say what they hold.
_TOLD = {
    "mpegts": ("libx264", "libx265", "mpeg2video", "mpeg4"),
    "mpeg": ("mpeg2video", "mpeg1video"),
    "vob": ("mpeg2video", "mpeg1video"),
}
_MPEG_RATES = tuple(
    Fraction(*pair) for pair in ((24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (50, 1), (60, 1))
)
_VARIABLE_FPS = 0x400  # AVFMT_VARIABLE_FPS
_EVEN_ONLY = ("libx264", "libx265", "libsvtav1", "h264_nvenc", "hevc_nvenc", "av1_nvenc")


@dataclass(frozen=True, slots=True)
class Encoding:
    """How to encode. None: the default of the container and codec. bitrate: bits a second, or `3M`, `800k`. threads:
    0 for as many as there are cores. format: the container by FFmpeg's name, needed where the path does not tell."""

    codec: str | None = None
    crf: int | None = None
    preset: str | None = None
    bitrate: str | int | None = None
    threads: int = 0
    format: str | None = None


@dataclass(frozen=True, slots=True)
class Tuned:
    """Options for an encoder. bit_rate: bits a second, 0 where quality rules. quality: qscale, None where crf rules."""

    options: dict[str, str] = field(default_factory=dict)
    bit_rate: int = 0
    quality: int | None = None


def choose_codec(
    container: OutputContainer,
    wanted: str | None,
    pix_fmt: str = "yuv420p",
    alpha: bool = False,
    hdr: bool = False,
) -> str:
    """The encoder's name. pix_fmt: the source's. alpha, hdr: whether it is transparent, or PQ or HLG. Raises
    OutputError, naming what fits, where the wanted one is unknown or the container cannot hold it."""
    fitting = [name for name in COMMON if _fits(container, name)]
    if wanted is None:
        apt = usual(container.format.name, pix_fmt, alpha, hdr)
        name = apt or _DEFAULTS.get(container.format.name, "libx264")
        if (
            not apt
            and name == "libvpx-vp9"
            and av.VideoFormat(pix_fmt).components[0].bits > 8
            and _fits(container, "libsvtav1")
        ):
            name = "libsvtav1"  # PyAV's libvpx is built for 8 bits only
        return name if _fits(container, name) else next(iter(fitting), container.default_video_codec)
    name = ALIASES.get(wanted.lower(), wanted)
    listing = ", ".join(fitting)
    try:
        kind = Codec(name, "w").type
    except ValueError as error:
        raise OutputError(
            f"there is no encoder {wanted} here; for {container.format.name} take one of {listing}"
        ) from error
    if kind != "video":
        raise OutputError(f"{wanted} is not a video codec; for {container.format.name} take one of {listing}")
    if not _fits(container, name):
        raise OutputError(
            f"{container.format.name} cannot hold {wanted}; take one of {listing}, or another ending (.mkv holds any)"
        )
    return name


def tune(codec: str, encoding: Encoding) -> Tuned:
    """The options of an encoder. Raises OutputError for values it does not know."""
    bit_rate = bits(encoding.bitrate) if encoding.bitrate is not None else 0
    if bit_rate and encoding.crf is not None:
        raise OutputError("--crf and --bitrate exclude each other; give one")
    options: dict[str, str] = {}
    preset, crf = encoding.preset, encoding.crf
    if codec in ("libx264", "libx265"):
        if preset is not None and preset not in X_PRESETS:
            raise OutputError(f"{codec} has no preset {preset}; take one of {', '.join(X_PRESETS)}")
        options["preset"] = preset or "veryfast"
        if codec == "libx265":
            options["x265-params"] = "log-level=error"
    elif codec in ("libvpx", "libvpx-vp9", "libsvtav1"):
        if preset is not None and not re.fullmatch(r"\d+", preset):
            raise OutputError(
                f"{codec} takes a number as preset, 0 (slow) to {13 if codec == 'libsvtav1' else 8} (fast)"
            )
        if codec == "libsvtav1":
            options["preset"] = preset or "8"
        else:
            options |= {"deadline": "good", "cpu-used": preset or "5", "row-mt": "1"}
            if codec == "libvpx":
                del options["row-mt"]
                bit_rate = bit_rate or 50_000_000  # libvpx takes crf only as a limit under a bit rate
    elif preset is not None:
        options["preset"] = preset
    if codec in _CRF:
        if crf is not None and not 0 <= crf <= 63:
            raise OutputError(f"--crf {crf} is out of range; 0 is lossless, {_CRF[codec]} the default, 51 poor")
        if crf is not None or encoding.bitrate is None:
            options["crf"] = str(_CRF[codec] if crf is None else crf)
    elif crf is not None:
        raise OutputError(f"{codec} has no --crf; give --bitrate, or a codec of {', '.join(_CRF)}")
    quality = 3 if codec in ("mpeg4", "mpeg2video", "mpeg1video", "mjpeg") and not bit_rate else None
    return Tuned(options, bit_rate, quality)


def bits(bitrate: str | int) -> int:
    """`3M`, `800k`, `2500000` in bits a second. Raises OutputError."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([kKmM]?)", str(bitrate).strip())
    value = int(float(match[1]) * {"": 1, "k": 1e3, "m": 1e6}[match[2].lower()]) if match else 0
    if value <= 0:
        raise OutputError(f"--bitrate {bitrate} is not a rate; write 3M, 800k or a number of bits a second")
    return value


def pixel_format(codec: str, source: str, width: int, height: int, alpha: bool = False) -> str:
    """The encoder's pixel format that loses least of the source's. alpha: its transparency is to be kept. RGB becomes
    what players show, in encoders that are meant for watching. H.264 and its kin cannot store odd sizes with halved
    chroma, so those get full chroma. Raises OutputError where the encoder has none that fits."""
    known = suited(codec, [f.name for f in Codec(codec, "w").video_formats or ()] or [source], source, alpha)
    if codec in _EVEN_ONLY:
        known = [name for name in known if _holds(name, width, height)]
        if not known:
            raise OutputError(f"{codec} cannot store the odd size {width}x{height}; take --codec libvpx-vp9, which can")
    for same in (source, source.replace("yuvj", "yuv")):
        if same in known:
            return same
    best, _ = find_best_pix_fmt_of_list(known, source, True)
    return best.name if best is not None else known[0]


def time_base(container: OutputContainer, codec: str, base: Fraction, rate: Fraction | None) -> Fraction:
    """The encoder's time base: the source's own wherever container and codec can keep it. Raises
    OutputError where the rate has no place there."""
    if codec in ("mpeg2video", "mpeg1video"):
        near = min(_MPEG_RATES, key=lambda known: abs(known - (rate or 25)))
        if rate is not None and abs(near - rate) > rate / 1000:
            raise OutputError(f"{codec} cannot hold {float(rate):.3f} frames a second; write a .mp4 or .mkv")
        return 1 / near
    if not container.format.flags & _VARIABLE_FPS:
        return 1 / (rate or Fraction(25))
    if codec == "mpeg4" and base.denominator > 65535:
        return Fraction(1, 10_000)  # MPEG-4 part 2 holds no finer clock
    return base


def _holds(name: str, width: int, height: int) -> bool:
    probe = av.VideoFormat(name, 16, 16)
    return not (width % 2 and probe.chroma_width(16) != 16) and not (height % 2 and probe.chroma_height(16) != 16)


def _fits(container: OutputContainer, name: str) -> bool:
    try:
        Codec(name, "w")
    except ValueError:
        return False
    return name in _TOLD.get(container.format.name, ()) or name in container.supported_codecs
