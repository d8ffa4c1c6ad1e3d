"""Sink: frames are encoded and muxed, the source's other streams copied beside them, and the file appears when whole.

Knows: encoding, muxing, colour tags, rotation and time on the way out. Knows nothing of what was done to the pictures.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
from av.codec.context import Flags
from av.container import OutputContainer

from engines.errors import OutputError
from stream.frame import Frame
from stream.media.address import local_address
from stream.media.atomicfile import AtomicFile
from stream.media.codecs import Encoding, choose_codec, pixel_format, time_base, tune
from stream.media.copying import Copying, TimeWindow, copy_chapters
from stream.media.others.plan import Streams
from stream.media.probe import SourceInfo
from stream.media.source import Source
from stream.media.turning import Turner
from stream.picture import Picture
from stream.pixels.colour import BT601, FULL, matrix_of
from stream.pixels.planes import Planes

__all__ = ["Encoding", "Sink", "Streams", "open_sink"]

_MATRIX_HOLDERS = {"mp4", "mov", "matroska", "webm", "3gp", "3g2", "ipod", "ismv", "f4v", "psp"}
_TOLERANCE = Fraction(1, 1000)  # seconds that rounding to the container's clock may move a frame
_FAR = 10  # seconds; a start farther from 0 than this is a broadcast's clock, not an offset someone chose


class Sink:
    """One output. `write` each frame in order, then `close`; as a context manager: an error abandons the output, Ctrl-C
    finishes it early. notes: what a user should know about the output, one sentence each. finishing: may change the
    whole file before it takes its final name; where it raises, there is no file."""

    def __init__(
        self,
        path: str,
        source: Source,
        encoding: Encoding,
        alone: bool = False,
        finishing: Callable[[Path], object] = lambda _: None,
        streams: Streams = Streams.ALL,
    ) -> None:
        self.path, self._alone, self._finishing, self._streams = path, alone, finishing, streams
        self._source, info = source, source.info
        self._landing = None if path == "-" or "://" in path else AtomicFile(Path(path), _local(source.path))
        try:
            self._container = _open(path, self._landing, encoding)
        except BaseException:
            if self._landing is not None:
                self._landing.abandon()
            raise
        try:
            with self._errors():
                self._prepare(info, encoding)
        except BaseException:
            self.abandon()
            raise

    def _prepare(self, info: SourceInfo, encoding: Encoding) -> None:
        container = self._container
        codec = choose_codec(container, encoding.codec, info.pix_fmt)
        tuned = tune(codec, encoding)
        turned = info.rotation if info.rotation and container.format.name not in _MATRIX_HOLDERS else 0
        across = info.rotation % 180 != 0 and not turned  # the stored picture lies on its side
        width, height = (info.height, info.width) if across else (info.width, info.height)
        self._format = pixel_format(codec, info.pix_fmt, width, height)
        self._base = time_base(container, codec, info.time_base, info.rate)
        options = dict(tuned.options)
        if container.format.name == "avi" and codec in ("libx264", "libx265"):
            options["bf"] = "0"  # AVI has no place for the times of reordered frames
        stream = container.add_stream(codec, info.rate or Fraction(25), options=options)
        self.video: av.VideoStream = stream  # type: ignore[assignment]
        context = self.video.codec_context
        context.width, context.height, context.pix_fmt = width, height, self._format
        context.time_base, context.thread_count = self._base, encoding.threads
        context.bit_rate = tuned.bit_rate
        context.flags |= Flags.frame_duration
        if tuned.quality is not None:
            context.qscale, context.global_quality = True, tuned.quality * 118  # FF_QP2LAMBDA
        if info.aspect is not None:
            context.sample_aspect_ratio = 1 / info.aspect if turned % 180 else info.aspect
        if info.interlaced and not turned:
            context.flags |= Flags.interlaced_dct | Flags.interlaced_me
            context.field_order = info.field_order
        told = self._source.video.metadata
        self.video.metadata.update({k: told[k] for k in ("language", "title", "handler_name") if k in told})
        self._tag(info)
        if info.matrix is not None and not turned:
            self.video.set_display_matrix(info.matrix)
        self._turner = Turner(turned) if turned else None
        self._copying = Copying(self._source, container, self.path, self._alone, self._streams)
        self.notes = (*self._copying.notes, *_notes(info, container.format.name, codec, self._format, turned))
        self._window: TimeWindow | None = None
        self._last: int | None = None
        self.frames = 0

    def _tag(self, info: SourceInfo) -> None:
        """Colour tags on the encoder, the source's own wherever they still hold."""
        context, tags = self.video.codec_context, info.colour
        context.color_primaries, context.color_trc = tags.primaries, tags.transfer
        was_rgb, is_rgb = av.VideoFormat(info.pix_fmt).is_rgb, av.VideoFormat(self._format).is_rgb
        full = tags.range == FULL or info.pix_fmt.startswith("yuvj")
        context.colorspace, context.color_range = tags.space, FULL if full else tags.range
        if was_rgb and not is_rgb:
            context.colorspace, context.color_range = matrix_of(2, info.width, info.height), 1
        self._space, self._range = context.colorspace, context.color_range

    def write(self, frame: Frame, picture: Picture) -> None:
        """Encodes one frame. picture: a `Planes`, the frame's own or a pasted one. Raises OutputError."""
        if not isinstance(picture, Planes):
            raise TypeError(f"a sink encodes Planes, not {type(picture).__name__}")
        if self._window is None:
            self._begin(frame)
        assert self._window is not None
        image = self._fitted(picture.to_av())
        exact = (frame.pts * frame.time_base - self._window.origin) / self._base
        pts = round(exact)
        off = abs(pts - exact) * self._base > max(_TOLERANCE, frame.time_base)
        if off or (self._last is not None and pts <= self._last):
            raise OutputError(
                f"{self._container.format.name} holds only a constant frame rate and the input's varies;"
                " write a .mp4 or .mkv"
            )
        self._last = pts
        image.pts, image.time_base = pts, self._base
        with self._errors():
            for packet in self.video.encode(image):
                self._container.mux_one(packet)
            self._copying.pass_on(self._window)
        self.frames += 1

    def close(self) -> None:
        """Finishes the file and gives it its name. Raises OutputError, and leaves no file, where that fails."""
        self._finish(self._window)

    def finish_early(self) -> None:
        """Ends the file after the frames written so far, playable; removes it where there are none."""
        if self._window is None or self._last is None:
            self.abandon()
            return
        step = 1 / (self._source.info.rate or Fraction(25))
        upper = self._last * self._base + self._window.origin + step
        self._finish(TimeWindow(self._window.origin, self._window.lower, upper))

    def abandon(self) -> None:
        """Removes the partial file. Nothing appears under the final name."""
        with suppress(av.error.FFmpegError, OSError, ValueError):
            self._container.close()
        if self._landing is not None:
            self._landing.abandon()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is None:
            self.close()
        elif isinstance(error, KeyboardInterrupt):
            self.finish_early()
        else:
            self.abandon()

    def _begin(self, frame: Frame) -> None:
        """Settles where the output's time begins, once the first frame is known, and writes the header."""
        source, first = self._source, frame.pts * frame.time_base
        start = Fraction(source.container.start_time or 0, av.time_base)
        if source.trimmed:
            origin, lower = first, first
        else:
            far = start > _FAR and self._container.format.name != "mpegts"
            origin, lower = (start if far else min(Fraction(0), first)), None
        if (
            self._base.numerator > 1 or self._base > _TOLERANCE
        ):  # a clock of whole frames: the first must fall on a tick
            origin = first - round((first - origin) / self._base) * self._base
        self._window = TimeWindow(origin, lower, source.end)
        with self._errors():
            copy_chapters(source, self._container, self._window)
            self._container.start_encoding()

    def _finish(self, window: TimeWindow | None) -> None:
        if window is None:
            self.abandon()
            raise OutputError(f"not one frame came to be written, so there is no {self.path}; look at the input")
        try:
            with self._errors():
                self._copying.pass_on(window)
                for packet in self.video.encode(None):
                    self._container.mux_one(packet)
                self._container.close()
            if self._landing is not None:
                self._finishing(self._landing.partial)
        except BaseException:
            self.abandon()
            raise
        if self._landing is not None:
            self._landing.land()

    def _fitted(self, image: av.VideoFrame) -> av.VideoFrame:
        """The frame as the encoder takes it: itself, but for the formats that it cannot."""
        if image.format.name != self._format:
            rgb = image.format.is_rgb
            full = FULL if rgb or image.color_range == FULL or image.format.name.startswith("yuvj") else 1
            space = BT601 if rgb else matrix_of(image.colorspace, image.width, image.height)
            image = image.reformat(
                format=self._format,
                src_colorspace=space,
                dst_colorspace=matrix_of(self._space, image.width, image.height),
                src_color_range=full,
                dst_color_range=self._range or 1,
            )
            image.pict_type = 0
        return self._turner.turn(image) if self._turner is not None else image

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OutputError:
            raise
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise OutputError(f"cannot write {self.path}: {_why(error)}") from error


def open_sink(
    path: str,
    source: Source,
    encoding: Encoding | None = None,
    alone: bool = False,
    finishing: Callable[[Path], object] = lambda _: None,
    streams: Streams = Streams.ALL,
) -> Sink:
    """Opens an output for the source's frames; `-` is standard output (Matroska unless `encoding.format` says
    otherwise). alone: nothing is copied beside the pictures. finishing: as `Sink` has it. streams: whether it is an
    error that another stream cannot be kept. Raises OutputError."""
    return Sink(path, source, encoding or Encoding(), alone, finishing, streams)


def _open(path: str, landing: AtomicFile | None, encoding: Encoding) -> OutputContainer:
    name = "pipe:1" if path == "-" else local_address(landing.partial) if landing is not None else path
    kind = encoding.format or ("matroska" if path == "-" else "flv" if path.startswith("rtmp") else None)
    # Matroska can store the few milliseconds before 0 that AAC begins with, and AVI stores no times at all; a shift of
    # theirs would move the pictures too.
    options = (
        {"avoid_negative_ts": "disabled"} if kind == "matroska" or path.endswith((".mkv", ".webm", ".avi")) else {}
    )
    if path == "-" and kind in ("mp4", "mov"):
        options["movflags"] = "frag_keyframe+delay_moov"  # a pipe cannot go back to fill in the index
    try:
        return av.open(name, "w", format=kind, container_options=options)
    except ValueError as error:
        ending = Path(path).suffix or "without an ending"
        raise OutputError(
            f"cannot tell what kind of file {path} is to be ({ending}); use .mp4, .mkv, .mov, .webm or .ts"
        ) from error
    except (av.error.FFmpegError, OSError) as error:
        raise OutputError(f"cannot write {path}: {_why(error)}") from error


def _notes(info: SourceInfo, kind: str, codec: str, chosen: str, turned: int) -> Iterator[str]:
    if turned:
        yield f"{kind} cannot say that a picture is turned, so it was turned by {turned} degrees; .mp4 and .mkv can"
    if info.pix_fmt.replace("yuvj", "yuv") != chosen.replace("yuvj", "yuv"):
        odd = info.width % 2 or info.height % 2
        reason = f"the odd size {info.width}x{info.height} has no halved chroma there" if odd else "it has none nearer"
        yield f"{codec} stores {chosen} for the input's {info.pix_fmt}: {reason}"


def _local(path: str) -> Path | None:
    return None if path == "-" or "://" in path else Path(path)


def _why(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == 28:
        return "the disk is full; make room or write elsewhere"
    if isinstance(error, BrokenPipeError):
        return "the program that was to read it has ended"
    return str(getattr(error, "strerror", None) or error)
