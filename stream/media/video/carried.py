"""Carried: what an output keeps of a source's HDR metadata, 360 degrees, stereo and transparency, and what is said
where it cannot. Knows containers and encoders by name; writes nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from stream.media.probe import SourceInfo
from stream.media.video import hdr
from stream.media.video.formats import evened, has_alpha, is_rgb, keeps_alpha
from stream.pixels.transfer import HLG, PQ

_BOXED = {"mp4", "mov", "3gp", "3g2", "ipod", "f4v", "psp"}
_TAGGED = {"matroska", "webm"}


@dataclass(frozen=True, slots=True)
class Carried:
    """options: more for the encoder. tags: of the video stream. boxes: for the finished file's video track. codec_tag:
    four letters, None for the muxer's own. notes: what is lost, one sentence each."""

    options: dict[str, str]
    tags: dict[str, str]
    boxes: bytes
    codec_tag: str | None
    notes: tuple[str, ...]


def carried(info: SourceInfo, container: str, codec: str, pix_fmt: str, options: dict[str, str]) -> Carried:
    """container, codec, pix_fmt: of the output, by FFmpeg's names. options: the encoder's so far."""
    more = dict(options)
    told = hdr.encoder_options(info.light, codec)
    if told is not None:
        name, text = told
        more[name] = f"{more[name]}:{text}" if name in more else text
    if codec in ("libvpx", "libvpx-vp9") and has_alpha(pix_fmt):
        more["auto-alt-ref"] = "0"  # libvpx has no hidden frames with transparency
    boxed = container in _BOXED
    word = info.immersive.word if container in _TAGGED else None
    return Carried(
        options=more,
        tags={"stereo_mode": word} if word is not None else {},
        boxes=info.immersive.boxes + hdr.boxes(info.light) if boxed else b"",
        codec_tag="hvc1" if codec == "libx265" and container in ("mp4", "mov", "ipod") else None,
        notes=tuple(_notes(info, container, codec, pix_fmt)),
    )


def _notes(info: SourceInfo, container: str, codec: str, pix_fmt: str) -> Iterator[str]:
    for name in info.light.lost:
        plain = {PQ: "HDR10", HLG: "HLG"}.get(info.colour.transfer, "ordinary video")
        yield f"{name}'s changing metadata are left out; the picture is shown as {plain}"
    boxed, around = container in _BOXED, info.immersive
    if around and not (boxed and around.whole) and not (around.projection is None and container in _TAGGED):
        what = "that the picture is seen all around" if around.projection is not None else "how two eyes see it"
        yield f"{container} does not keep {what}; .mp4 does" if not boxed else f"it could not be kept {what}"
    if info.transparent and not (has_alpha(pix_fmt) and keeps_alpha(codec, container)):
        yield (
            f"the picture's transparency is left out: {codec} in {container} has no place for it; write .mov"
            " (ProRes 4444) or .webm (VP9)"
        )


def unlike(info: SourceInfo, codec: str, pix_fmt: str) -> Iterator[str]:
    """Where an output's pixel format or size is not the source's, and why."""
    size = f"{info.width}x{info.height}"
    plain = info.pix_fmt.replace("yuvj", "yuv")
    if pix_fmt.replace("yuvj", "yuv") not in (plain, plain.replace("yuva", "yuv")):
        odd = info.width % 2 or info.height % 2
        reason = f"the odd size {size} has no halved chroma there" if odd else "it has none nearer"
        if is_rgb(info.pix_fmt) and not is_rgb(pix_fmt):
            reason = "players show hardly any other; .mkv with --codec ffv1 keeps the samples"
        yield f"{codec} stores {pix_fmt} for the input's {info.pix_fmt}: {reason}"
    even = evened(codec, info.pix_fmt, info.width, info.height)
    if even != (info.width, info.height):
        yield f"the odd size {size} is stored as {even[0]}x{even[1]}, as players need it"
