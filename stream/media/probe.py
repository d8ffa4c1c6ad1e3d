"""Opening what a user names, and saying in one line why it cannot be read.

Knows: paths, PyAV's errors, what a video's first frame tells. Knows nothing of what is done with the frames.
"""

import os
import re
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer

from engines.errors import InputError
from stream.media.address import address_of, is_apple_double
from stream.media.demux import tells_length
from stream.media.mp4 import Boxes, all_there, read_boxes
from stream.media.video.alpha import transparent
from stream.media.video.animation import opened
from stream.media.video.display import Display, display_matrix
from stream.media.video.hdr import PLAIN, Light, light_of
from stream.media.video.immersive import FLAT, Immersive, immersive_of
from stream.pixels.geometry import SQUARE, Geometry, angle, orientation
from stream.pixels.layout import layout_of, nearest_native
from stream.pixels.transfer import HLG, PQ

SIDE_LIMIT = 12_000  # pixels; a decoded frame of this side fills 200 MB, and no encoder here goes far beyond
ANIMATIONS = {"gif", "apng", "webp"}  # their decoders give an alpha channel to what has no transparency too
_TEXT_CODECS = {"ansi", "bintext", "xbin", "idf"}


@dataclass(frozen=True, slots=True)
class ColourTags:
    """Colour tags by FFmpeg's numbers (AVColorPrimaries and so on); 2 is unspecified, for the range 0 is."""

    primaries: int = 2
    transfer: int = 2
    space: int = 2
    range: int = 0


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What is known of a source once its first frame is decoded.

    width, height: in samples, turned as displayed. rotation, mirrored, aspect: see `geometry`. rate: average frames
    a second. frames: an estimate. duration: seconds, of what will be read. audio, subtitles: number of streams. matrix:
    the display matrix, verbatim, None where there is none. aspect: sample aspect ratio, None where square or unknown.
    field_order: FFmpeg's number (2 to 5 where interlaced). colour: its tags. light: its HDR metadata. immersive:
    whether it is seen all around or with two eyes. transparent: whether it has transparency to be kept. notes: what a
    user should know, one sentence each.
    """

    path: str
    width: int
    height: int
    rotation: int
    pix_fmt: str
    time_base: Fraction
    rate: Fraction | None
    frames: int | None
    duration: Fraction | None
    codec: str
    audio: int
    subtitles: int
    container: str
    matrix: tuple[int, ...] | None = None
    mirrored: bool = False
    aspect: Fraction | None = None
    interlaced: bool = False
    field_order: int = 0
    colour: ColourTags = ColourTags()
    light: Light = PLAIN
    immersive: Immersive = FLAT
    transparent: bool = False
    notes: tuple[str, ...] = ()

    @property
    def geometry(self) -> Geometry:
        """How the first picture lies and is meant to be seen."""
        sides = (self.height, self.width) if self.rotation % 180 else (self.width, self.height)
        return Geometry(*sides, self.rotation, self.mirrored, self.aspect or SQUARE)

    @property
    def hdr(self) -> bool:
        """Whether its transfer is PQ or HLG."""
        return self.colour.transfer in (PQ, HLG)


def open_input(path: str, demuxer: str = "") -> InputContainer:
    """Opens a file, a URL or `-` (standard input). demuxer: FFmpeg's name of the one that has to read it, whatever the
    file is called; it opens no address. Empty: FFmpeg chooses. Raises InputError with the reason and what to do."""
    local = "://" not in path and path != "-"
    if local:
        _check_file(Path(path))
    name = address_of(path)
    try:
        if demuxer:
            confined = {"protocol_whitelist": "file"}
            container = av.open(name, "r", format=demuxer, options=confined, metadata_errors="replace")
        elif local and (animation := opened(Path(path))) is not None:
            return animation
        else:
            container = av.open(name, "r", metadata_errors="replace")
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise InputError(f"cannot read {path}: {_why(path, error)}") from error
    boxes = read_boxes(Path(path)) if "mov" in container.format.name else Boxes()
    if boxes.there < 1 and not all_there(container, boxes, Path(path).stat().st_size):
        container.close()
        raise InputError(f"{path} was cut short: {boxes.share} of it are there; copy it again, or repair it first")
    return container


def best_video(container: InputContainer, path: str) -> av.VideoStream:
    """The main video stream (never a cover picture), checked for size. Raises InputError."""
    stream = container.streams.best("video")
    covers = [s for s in container.streams.video if s.disposition & av.stream.Disposition.attached_pic]
    if not isinstance(stream, av.VideoStream) or stream in covers:
        kinds = sorted({str(s.type) for s in container.streams}) or ["nothing"]
        raise InputError(f"{path} has no video stream (it holds: {', '.join(kinds)}); give a video or a picture")
    if stream.codec_context is None:
        raise InputError(f"{path}: its video codec is unknown here; convert it first, to H.264 for one")
    if stream.codec_context.name in _TEXT_CODECS:
        raise InputError(f"{path} is a text file, not a video; give a video or a picture")
    check_size(path, stream.codec_context.width, stream.codec_context.height)
    return stream


def check_size(path: str, width: int, height: int) -> None:
    """Raises InputError where a side is over the limit."""
    if max(width, height) > SIDE_LIMIT:
        raise InputError(
            f"{path} is {width}x{height}: sides over {SIDE_LIMIT} pixels are not supported; scale it down first"
        )


def describe(
    path: str, container: InputContainer, stream: av.VideoStream, first: av.VideoFrame, span: Fraction | None
) -> SourceInfo:
    """The info of an opened source. span: seconds that will be read, None where all of it."""
    notes = []
    matrix, geometry = display_matrix(first), Display(stream)(first)
    if matrix is not None and orientation(matrix) is None:
        notes.append(f"the picture is turned by {angle(matrix)} degrees on display; faces are read unturned")
    if layout_of(first.format.name) is None:
        notes.append(f"pixel format {first.format.name} is converted to {nearest_native(first.format.name)}")
    if "mov" in container.format.name and (again := read_boxes(Path(path)).again) is not None:
        notes.append(f"another recording begins at byte {again} of {path}; it is not read: cut the file there for it")
    if stream.time_base is None:
        raise InputError(f"{path}: its video stream has no time base; remux it first")
    whole = _duration(container, stream)
    duration = whole if span is None else span if whole is None else min(span, whole)
    rate = stream.average_rate or stream.guessed_rate or None
    frames = stream.frames or None
    if rate and duration is not None and (frames is None or duration != whole):
        frames = max(1, round(rate * duration))
    sides = geometry.upright
    kind = "webp" if path.lower().endswith(".webp") else container.format.name  # opened as another: see `opened`
    order = stream.codec_context.field_order
    return SourceInfo(
        path=path,
        width=sides[0],
        height=sides[1],
        rotation=geometry.rotation,
        pix_fmt=first.format.name,
        time_base=stream.time_base,
        rate=rate,
        frames=frames,
        duration=duration,
        codec=stream.codec_context.codec.canonical_name,
        audio=len(container.streams.audio),
        subtitles=len(container.streams.subtitles),
        container=kind,
        matrix=matrix,
        mirrored=geometry.mirrored,
        aspect=geometry.aspect if geometry.aspect != 1 else None,
        interlaced=first.interlaced_frame or order in (2, 3, 4, 5),
        field_order=order,
        colour=ColourTags(first.color_primaries, first.color_trc, first.colorspace, first.color_range),
        light=light_of(first, path),
        immersive=immersive_of(first),
        transparent=transparent(first, always=kind not in ANIMATIONS),
        notes=tuple(notes),
    )


def alike(info: SourceInfo, like: SourceInfo | None) -> SourceInfo:
    """The info with the pictures of `like`, where it is given."""
    if like is None:
        return info
    return replace(
        info,
        width=like.width,
        height=like.height,
        rotation=like.rotation,
        mirrored=like.mirrored,
        matrix=like.matrix,
        aspect=like.aspect,
        pix_fmt=like.pix_fmt,
        colour=like.colour,
        light=like.light,
        immersive=like.immersive,
        transparent=like.transparent,
    )


def declared_end(container: InputContainer, stream: av.VideoStream) -> Fraction:
    """Seconds at which a Matroska file says that its video ends; 0 where it does not. (Others that say so fail by
    themselves when cut, or mean their index, which an edit list may trim.) A tag that names more than the whole file's
    length is one that was left from before the file was cut."""
    if "matroska" not in container.format.name:
        return Fraction(0)
    match = re.fullmatch(r"(\d+):(\d\d):(\d\d)\.(\d{3})\d*", stream.metadata.get("DURATION", ""))
    if match is None:
        return Fraction(0)
    hours, minutes, seconds, thousandths = map(int, match.groups())
    tagged = hours * 3600 + minutes * 60 + seconds + Fraction(thousandths, 1000)
    return min(tagged, Fraction(container.duration, av.time_base)) if container.duration else tagged


def _duration(container: InputContainer, stream: av.VideoStream) -> Fraction | None:
    if not tells_length(container):
        return None
    if stream.duration and stream.time_base:
        return stream.duration * stream.time_base
    return Fraction(container.duration, av.time_base) if container.duration else None


def _check_file(path: Path) -> None:
    if path.is_dir():
        raise InputError(f"{path} is a folder; give a video or a picture in it")
    if not path.exists():
        raise InputError(f"there is no file {path}; check the name, or the folder: it is looked up from {Path.cwd()}")
    if not os.access(path, os.R_OK):
        raise InputError(f"{path} may not be read by this user; change its permissions")
    if path.is_file() and path.stat().st_size == 0:
        raise InputError(f"{path} is empty (0 bytes); copy or download it again")


def _why(path: str, error: Exception) -> str:
    file = Path(path)
    if isinstance(error, av.error.EOFError):
        return "it ends before its first frame; copy or record it again"
    if isinstance(error, av.error.InvalidDataError):
        if file.is_file() and is_text(file):
            return "it is a text file whatever its name says; give a video or a picture"
        if file.is_file() and is_apple_double(file):
            return "it holds what macOS had to say of another file, and no picture; give that, whose name has no ._"
        if file.is_file() and (boxes := read_boxes(file)).there < 1:
            return f"it was cut short ({boxes.share} of it are there); copy it again"
        return "it is not a video that can be read here, or its beginning is damaged; try to play it, or copy it again"
    if isinstance(error, av.error.MemoryError):
        return "it is damaged: what it says of itself needs more memory than there is; copy it again"
    return f"{getattr(error, 'strerror', None) or error}"


def is_text(path: Path) -> bool:
    """Whether a file begins like text: not one control byte in it."""
    with path.open("rb") as file:
        head = file.read(512)
    return all(byte in b"\t\n\r\f" or byte >= 32 for byte in head) and b"\x7f" not in head
