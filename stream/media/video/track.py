"""VideoTrack: an output's video stream: its encoder, set up as the source's pictures want it, and what is lost in it.

Knows encoders and colour tags through PyAV. Knows nothing of files or of other streams.
"""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.codec.context import Flags
from av.container import OutputContainer

from stream.media.codecs import Encoding, choose_codec, pixel_format, time_base, tune
from stream.media.probe import SourceInfo
from stream.media.video.animated import CONTAINERS, AnimatedTrack
from stream.media.video.boxes import add_boxes
from stream.media.video.carried import carried, unlike
from stream.media.video.converter import Converter
from stream.media.video.formats import evened, keeps_alpha
from stream.pixels.planes import Planes

_MIRROR_HOLDERS = {"mp4", "mov", "3gp", "3g2", "ipod", "ismv", "f4v", "psp"}
_MATRIX_HOLDERS = {*_MIRROR_HOLDERS, "matroska", "webm"}  # the latter two keep turns; their players pass over mirrors
_TOLERANCE = Fraction(1, 1000)  # seconds
_TOLD = ("language", "title", "handler_name")


class VideoTrack:
    """base: the encoder's time base. tolerance: seconds that rounding to it may move a picture. notes: what a user
    should know, one sentence each. told: the source stream's metadata."""

    pictures_only = False

    def __init__(
        self, container: OutputContainer, info: SourceInfo, encoding: Encoding, told: Mapping[str, str]
    ) -> None:
        """Adds the stream. Raises OutputError where encoder, options and container do not go together."""
        kind = container.format.name
        codec = choose_codec(container, encoding.codec, info.pix_fmt, info.transparent, info.hdr)
        tuned = tune(codec, encoding)
        holders = _MIRROR_HOLDERS if info.mirrored else _MATRIX_HOLDERS
        turned = (info.rotation != 0 or info.mirrored) and kind not in holders
        alpha = info.transparent and keeps_alpha(codec, kind)
        size = evened(codec, info.pix_fmt, info.width, info.height)
        chosen = pixel_format(codec, info.pix_fmt, *size, alpha)
        self.base: Fraction = time_base(container, codec, info.time_base, info.rate)
        self.tolerance = max(_TOLERANCE, info.time_base)
        self._carried = carried(info, kind, codec, chosen, tuned.options)
        options = self._carried.options
        if kind == "avi" and codec in ("libx264", "libx265"):
            options["bf"] = "0"  # AVI has no place for the times of reordered frames
        stream = container.add_stream(codec, info.rate or Fraction(25), options=options)
        self._stream: av.VideoStream = stream  # type: ignore[assignment]
        context = self._stream.codec_context
        self._converted = Converter(info, codec, chosen, turned, context)
        context.time_base, context.thread_count = self.base, encoding.threads
        if self._carried.codec_tag is not None:
            context.codec_tag = self._carried.codec_tag
        context.bit_rate = tuned.bit_rate
        context.flags |= Flags.frame_duration
        if tuned.quality is not None:
            context.qscale, context.global_quality = True, tuned.quality * 118  # FF_QP2LAMBDA
        if info.interlaced and not turned:
            context.flags |= Flags.interlaced_dct | Flags.interlaced_me
            context.field_order = info.field_order
        self._stream.metadata.update({k: told[k] for k in _TOLD if k in told})
        self._stream.metadata.update(self._carried.tags)
        if info.matrix is not None and not turned:
            self._stream.set_display_matrix(info.matrix)
        self.notes: tuple[str, ...] = (
            *_turned(info, kind, turned),
            *unlike(info, codec, chosen),
            *self._carried.notes,
        )

    def skips(self, pts: int) -> bool:
        """Whether a picture comes too soon after the last one to be shown: never."""
        return False

    def encode(self, picture: Planes, pts: int) -> "list[av.Packet[Any]]":
        """The packets that one picture gives. pts: in units of `base`."""
        image = self._converted(picture.to_av())
        image.pts, image.time_base = pts, self.base
        return self._stream.encode(image)

    def flush(self) -> "list[av.Packet[Any]]":
        """The packets that the encoder still holds. Nothing can be encoded afterwards."""
        return self._stream.encode(None)

    def finish(self, path: Path) -> None:
        """Adds to the finished file what its muxer could not be told. Raises OSError."""
        if self._carried.boxes:
            add_boxes(path, self._carried.boxes)


def open_track(
    container: OutputContainer, info: SourceInfo, encoding: Encoding, told: Mapping[str, str]
) -> VideoTrack | AnimatedTrack:
    """The track that suits the container. Raises OutputError."""
    if container.format.name in CONTAINERS:
        return AnimatedTrack(container, info, encoding)
    return VideoTrack(container, info, encoding, told)


def _turned(info: SourceInfo, kind: str, turned: bool) -> Iterator[str]:
    if turned and info.mirrored:
        yield f"{kind} cannot say that a picture is mirrored, so its samples were mirrored; .mp4 and .mov can"
    elif turned:
        yield (
            f"{kind} cannot say that a picture is turned, so it was turned by {info.rotation} degrees;"
            " .mp4 and .mkv can"
        )
