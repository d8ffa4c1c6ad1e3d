"""Windows of luma out of any video or picture, for the mark's detector: the beginning, the middle and the end.

Knows decoding; keeps no picture larger than the detector needs and no more of them than ten seconds.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.container import InputContainer

from engines.errors import InputError
from engines.values import U8
from engines.watermark.gather import shrunk
from stream.media.still import read_image
from stream.media.video.animation import is_animation, opened
from stream.media.video.display import Display
from stream.pixels.geometry import Geometry
from stream.pixels.transfer import HLG, PQ, as_srgb
from stream.untrusted.media_type import HEAD, media_type_of
from stream.untrusted.opener import DEMUXERS, open_address, open_file
from stream.untrusted.regular import open_regular
from stream.untrusted.rtsp_forwarder import forwarded

SECONDS = 10
_LIMIT = 600
"""Most pictures of a window: ten seconds at 60 a second."""
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_TIMEOUT = 20.0
_LIVE = {
    "rtmp": "rtmp,tcp",
    "rtmps": "rtmps,tls,tcp",
    "rtsp": "rtsp,rtp,tcp",
    "rtsps": "rtsp,rtp,tcp",
    "udp": "udp",
}
"""Live addresses that FFmpeg opens itself, with the protocols that each may use."""


class NoPicturesError(InputError):
    """There is sound and no picture."""


LONGEST = 1280
"""Pixels of the longer side at which HDR luma becomes sRGB; twice what reading takes."""


def windows(target: str) -> Iterator[list[U8]]:
    """Up to three windows of uint8 (h, w), as displayed. target: a path or an address. Raises NoPicturesError where it
    holds sound only, InputError where it cannot be read."""
    if "://" not in target and _is_still(Path(target)):
        yield [shrunk(np.asarray(read_image(target) @ _LUMA + 0.5, np.uint8))]
        return
    found = False
    try:
        with _opened(target) as container:
            if not container.streams.video:
                raise NoPicturesError(f"{target} holds sound only; an invisible mark is in pictures")
            container.streams.video[0].thread_type = "AUTO"
            for start in _starts(container):
                pictures = _read(container, start)
                found = found or bool(pictures)
                if pictures:
                    yield pictures
    except av.error.FFmpegError as error:
        raise InputError(
            f"{target} cannot be read as video: {error.strerror}; check the file or the address"
        ) from error
    if not found:
        raise InputError(f"{target} holds no picture; give a video or an image")


def head(path: Path) -> bytes:
    """The first bytes of a regular file. Raises InputError."""
    with open_regular(path) as file:
        return file.read(HEAD)


def _is_still(path: Path) -> bool:
    return media_type_of(head(path)).startswith("image/") and not is_animation(path)


def _opened(target: str) -> AbstractContextManager[InputContainer]:
    if "://" not in target:
        animation = opened(Path(target))
        return closing(animation) if animation is not None else open_file(Path(target), timeout=_TIMEOUT)
    scheme = target.partition("://")[0].lower()
    if scheme in ("http", "https"):
        return open_address(target, _TIMEOUT)
    if scheme not in _LIVE:
        raise InputError(f"{target}: {scheme}:// is not looked at; give a file, http, {', '.join(_LIVE)}")
    return _live(target, scheme)


@contextmanager
def _live(target: str, scheme: str) -> Iterator[InputContainer]:
    """Raises InputError, FFmpegError."""
    options = {"protocol_whitelist": _LIVE[scheme], "format_whitelist": f"rtsp,flv,mpegts,rtp,{','.join(DEMUXERS)}"}
    with ExitStack() as stack:
        if scheme.startswith("rtsp"):
            options["rtsp_transport"] = "tcp"  # pictures come from the host that was asked
            try:
                target = stack.enter_context(forwarded(target, _TIMEOUT))
            except OSError as error:
                raise InputError(f"{target} cannot be reached: {error.strerror or error}; check the address") from error
        yield stack.enter_context(av.open(target, timeout=_TIMEOUT, metadata_errors="replace", options=options))


def _starts(container: InputContainer) -> Iterator[Fraction | None]:
    """Where windows begin, in seconds; None: where the stream stands."""
    yield None
    length = Fraction(container.duration or 0, av.time_base)
    first = Fraction(container.start_time or 0, av.time_base)
    if length > 3 * SECONDS:
        yield first + length / 2
    if length > SECONDS + 1:
        yield first + length - SECONDS


def _read(container: InputContainer, start: Fraction | None) -> list[U8]:
    stream = container.streams.video[0]
    if start is not None:
        try:
            container.seek(int(start * av.time_base))
        except av.error.FFmpegError:
            return []  # a pipe or a live stream
    pictures: list[U8] = []
    display = Display(stream)
    since: Fraction | None = None
    for frame in container.decode(stream):
        at = frame.pts * frame.time_base if frame.pts is not None and frame.time_base is not None else None
        since = at if since is None else since
        if len(pictures) >= _LIMIT or (at is not None and since is not None and at - since > SECONDS):
            break
        pictures.append(_luma(frame, display(frame)))
    return pictures


def _luma(frame: av.VideoFrame, geometry: Geometry) -> U8:
    """uint8 (h, w), as displayed, no larger than is needed. HDR as sRGB would show it: there a step of the mark is as
    large as in ordinary video, though a smaller one was made."""
    if frame.color_trc in (PQ, HLG):
        deep = np.asarray(frame.to_ndarray(format="gray16le"), np.uint16)
        size = tuple(min(n, max(1, round(n * LONGEST / max(deep.shape)))) for n in reversed(deep.shape))
        fine = np.asarray(cv2.resize(deep, size, interpolation=cv2.INTER_AREA), np.float32)
        plain: U8 = np.rint(as_srgb(fine * np.float32(255 / 65_535), frame.color_trc)).astype(np.uint8)
    else:
        plain = np.asarray(frame.reformat(format="gray").to_ndarray(), np.uint8)
    upright = np.ascontiguousarray(geometry.turned(plain))
    (wide, high), (across, down) = geometry.shown, geometry.upright
    if (wide, high) != (across, down):
        k = max(wide / upright.shape[1], high / upright.shape[0])
        upright = np.asarray(
            cv2.resize(upright, (round(wide / k), round(high / k)), interpolation=cv2.INTER_AREA), np.uint8
        )
    return shrunk(upright)
