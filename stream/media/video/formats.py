"""Formats: which of an encoder's pixel formats keep what matters of a source: transparency, or that players show it.

Knows pixel formats and codecs by name. Pure.
"""

from collections.abc import Sequence

import av

ALPHA = ("libvpx-vp9", "libvpx", "prores_ks", "ffv1", "qtrle", "png", "apng", "libwebp_anim", "gif")
"""Encoders whose alpha decoders here read back."""
_ALPHA_IN = {"libvpx-vp9": ("matroska", "webm"), "libvpx": ("matroska", "webm")}
"""Where these encoders' alpha is a thing of the container."""
_PLAYED = ("libx264", "libx265", "libsvtav1", "libvpx-vp9", "libvpx", "mpeg4", "mpeg2video")
"""Encoders for watching: what comes as RGB becomes YUV 4:2:0 there, which is all that most players show."""
_ALPHA_BY_DEFAULT = {"mov": "prores_ks", "webm": "libvpx-vp9", "matroska": "libvpx-vp9", "nut": "ffv1"}
_HDR_BY_DEFAULT = ("mp4", "mov", "matroska", "mpegts", "ipod")


def has_alpha(pix_fmt: str) -> bool:
    """Whether a pixel format has a place for transparency."""
    return pix_fmt == "pal8" or any(c.is_alpha for c in av.VideoFormat(pix_fmt, 16, 16).components)


def is_rgb(pix_fmt: str) -> bool:
    """Whether a pixel format holds red, green and blue, as samples or in a palette."""
    return pix_fmt == "pal8" or av.VideoFormat(pix_fmt, 16, 16).is_rgb


def keeps_alpha(codec: str, container: str) -> bool:
    """Whether an encoder's transparency survives in a container, both by FFmpeg's names."""
    return codec in ALPHA and container in _ALPHA_IN.get(codec, (container,))


def usual(container: str, pix_fmt: str, alpha: bool, hdr: bool) -> str | None:
    """The encoder that a container takes for a source whose transparency or HDR would be lost in the common one; None
    where there is no such reason. HDR in H.264 is shown by hardly any player, in HEVC by nearly all."""
    if alpha and container in _ALPHA_BY_DEFAULT:
        deep = container == "matroska" and av.VideoFormat(pix_fmt, 16, 16).components[0].bits > 8
        return "prores_ks" if deep else _ALPHA_BY_DEFAULT[container]  # VP9 here holds 8 bits
    return "libx265" if hdr and container in _HDR_BY_DEFAULT else None


def suited(codec: str, known: Sequence[str], source: str, alpha: bool) -> list[str]:
    """Those of an encoder's formats to choose from. alpha: whether the source's transparency is to be kept."""
    clear = [name for name in known if has_alpha(name)]
    if alpha and codec in ALPHA and clear:
        known = [name for name in clear if name == "yuva420p" or not codec.startswith("libvpx")]  # others fail there
    elif codec not in ALPHA or source not in clear:
        known = [name for name in known if name not in clear] or known
    if codec in _PLAYED and is_rgb(source):
        deep = av.VideoFormat(source, 16, 16).components[0].bits > 8 and codec != "libx264"
        known = [name for name in known if _halved(name, 10 if deep else 8)] or known
    return list(known)


def evened(codec: str, source: str, width: int, height: int) -> tuple[int, int]:
    """The size to store: one more row and column where RGB of an odd size goes to an encoder that halves chroma."""
    if codec in _PLAYED[:3] and is_rgb(source):
        return width + width % 2, height + height % 2
    return width, height


def _halved(name: str, bits: int) -> bool:
    form = av.VideoFormat(name, 16, 16)
    yuv = len(form.components) >= 3 and not form.is_rgb
    return yuv and form.chroma_width(16) == form.chroma_height(16) == 8 and form.components[0].bits <= bits
