"""AnimatedTrack: an output's pictures as GIF, animated WebP or APNG: upright, in square pixels, in sRGB, for these
formats can say none of that. Knows their encoders and clocks.
"""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.codec.context import Flags
from av.container import OutputContainer

from engines.values import U8, Rect
from stream.media.codecs import Encoding, choose_codec, tune
from stream.media.probe import SourceInfo
from stream.media.video.delays import set_last_delay
from stream.media.video.palette import Palette
from stream.pixels.planes import Planes

CONTAINERS = ("gif", "webp", "apng")
_CLOCKS = {"gif": Fraction(1, 100), "webp": Fraction(1, 1000), "apng": Fraction(1, 1000)}
_SOONEST = 2  # hundredths of a second; browsers show a GIF's picture that comes sooner far too late
_OPTIONS = {"libwebp_anim": {"quality": "90", "compression_level": "4"}}


class AnimatedTrack:
    """As `VideoTrack`. pictures_only: whether the container holds nothing else."""

    pictures_only = True

    def __init__(self, container: OutputContainer, info: SourceInfo, encoding: Encoding) -> None:
        """Adds the stream. Raises OutputError where encoder, options and container do not go together."""
        kind = container.format.name
        codec = choose_codec(container, encoding.codec)
        tuned = tune(codec, encoding)
        self.base: Fraction = _CLOCKS[kind]
        self.tolerance = self.base
        self._clear, self._gif = info.transparent, kind == "gif"
        options = _OPTIONS.get(codec, {}) | tuned.options
        if codec == "libwebp_anim" and self._clear:
            options["lossless"] = "1"  # otherwise it leaves transparency off
        stream = container.add_stream(codec, info.rate or Fraction(25), options=options)
        self._stream: av.VideoStream = stream  # type: ignore[assignment]
        context = self._stream.codec_context
        context.width, context.height = info.geometry.shown
        self._format = "rgba" if self._clear or self._gif else "rgb24"
        context.pix_fmt = {"gif": "pal8", "libwebp_anim": "bgra"}.get(codec, self._format)
        context.time_base, context.thread_count = self.base, encoding.threads
        context.flags |= Flags.frame_duration
        self._palette = Palette() if self._gif else None
        self._last: int | None = None
        self._length = 0
        self.notes: tuple[str, ...] = ()
        if self._gif and info.rate is not None and info.rate > 50:
            self.notes += ("gif shows at most 50 pictures a second; those that come sooner are left out",)
        if info.hdr:
            self.notes += (f"{kind} holds no HDR; what is brighter than white is cut off",)

    def skips(self, pts: int) -> bool:
        """Whether a picture comes too soon after the last one to be shown."""
        return self._gif and self._last is not None and pts - self._last < _SOONEST

    def encode(self, picture: Planes, pts: int) -> "list[av.Packet[Any]]":
        """The packets that one picture gives, most of them late. pts: in units of `base`."""
        self._last = pts
        image = av.VideoFrame.from_ndarray(self._whole(picture), format=self._format)
        was = picture.to_av()
        image.pts, image.time_base = pts, self.base
        if was.duration and was.time_base is not None:
            image.duration = max(1, round(was.duration * was.time_base / self.base))
        self._length = image.duration
        if self._palette is None:
            return self._stream.encode(image)
        return self._encoded(self._palette.add(image))

    def flush(self) -> "list[av.Packet[Any]]":
        """The packets of all that still waits. Nothing can be encoded afterwards."""
        packets = self._encoded(self._palette.rest()) if self._palette is not None else []
        return [*packets, *self._stream.encode(None)]

    def finish(self, path: Path) -> None:
        """Adds to the finished file what its muxer could not be told. Raises OSError."""
        if not self._gif and self._length:
            set_last_delay(path, round(self._length * self.base * 1000))

    def _encoded(self, frames: list[av.VideoFrame]) -> "list[av.Packet[Any]]":
        return [packet for frame in frames for packet in self._stream.encode(frame)]

    def _whole(self, picture: Planes) -> U8:
        """uint8 (h, w, 3 or 4) of the whole picture as displayed."""
        rgb = picture.rgb(Rect(0, 0, picture.width, picture.height))
        if self._format == "rgb24":
            return rgb
        if not self._clear:
            return np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])
        return np.dstack([rgb, picture.alpha()])
