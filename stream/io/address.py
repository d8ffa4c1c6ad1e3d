"""Addresses: what a user names as input or output, as FFmpeg is to open it. Pure.

Inputs: rtmp(s)://, rtsp(s)://, udp:// (MPEG-TS), http(s)://, srt:// (refused, with the reason), v4l2:/dev/video0,
avfoundation:0, files. Outputs: rtmp(s)://, udp://, whip+http(s)://, .m3u8 (HLS, fMP4), .ts, .mp4, .mkv, .flv,
virtualcam:.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from engines.errors import InputError, OutputError

OPEN_WITHIN, READ_WITHIN = 10.0, 10.0  # seconds that a network input may take to open, or to send the next packet
SRT = (
    "SRT is not in this build of FFmpeg (PyAV's wheels leave it out); bring it in as MPEG-TS over UDP or RTMP,"
    " for example with: srt-live-transmit srt://... udp://127.0.0.1:5000"
)
RTSP = (  # FFmpeg's holds the interpreter's lock while it connects: one dead server would stop every stream
    "RTSP is read here and not written; push RTMP to a server that gives it out as RTSP, such as mediamtx"
)
LISTENED = "write rtmp://0.0.0.0:1935/live/KEY, with a key that is hard to guess (for rtmps put a TLS proxy before it)"
CAMERAS = {
    "v4l2": ("framerate", "video_size", "input_format"),
    "avfoundation": ("framerate", "video_size", "pixel_format"),
}
HOSTED = ("rtmp", "rtmps", "rtsp", "rtsps", "http", "https")
SOON = {"fpsprobesize": "0", "probesize": "2000000", "analyzeduration": "300000"}  # begin at once
HIDDEN = re.compile(r"(?<=://)[^/@]*@|(?<=/)[^/?]+(?=(\?|$))")


@dataclass(frozen=True, slots=True)
class InputAddress:
    """url, format, options: for FFmpeg. again: opened anew when it ends; else it is a file, played at its own pace.
    listen: publishers come to us. datagrams: over UDP, which has no end."""

    url: str
    format: str | None = None
    options: dict[str, str] = field(default_factory=dict)
    again: bool = True
    listen: bool = False
    datagrams: bool = False

    @property
    def place(self) -> tuple[str, int, str]:
        """Where to listen: host, port, and `application/key`."""
        parts = urlsplit(self.url)
        return parts.hostname or "127.0.0.1", parts.port or 1935, parts.path.strip("/")


@dataclass(frozen=True, slots=True)
class OutputAddress:
    """url, format, options: for FFmpeg. again: a lost connection is made anew. whip: published by WebRTC. rtmp: by our
    own RTMP client. camera: a virtual camera; url is its device, empty for the first one that is free. first: how
    many files of a recording there are already."""

    url: str
    format: str | None = None
    options: dict[str, str] = field(default_factory=dict)
    again: bool = False
    whip: bool = False
    rtmp: bool = False
    camera: bool = False
    first: int = 0

    @property
    def shown(self) -> str:
        """For logs: without login and stream key."""
        if self.camera:
            return f"virtualcam:{self.url}" if self.url else "virtualcam"
        return HIDDEN.sub("***", self.url) if self.whip or self.rtmp else hidden(self.url)

    def part(self, number: int) -> str:
        """Where the number-th opening goes: a file that is whole is not written over by what comes after it."""
        number += self.first
        if not number or self.again or self.format == "hls":
            return self.url
        path = Path(self.url)
        return str(path.with_name(f"{path.stem}-{number + 1}{path.suffix}"))


def hidden(url: str) -> str:
    """The address without what must stay secret."""
    return HIDDEN.sub("***", url) if url.startswith("rtmp") else re.sub(r"(?<=://)[^/@]*@", "***@", url)


def inlet(text: str, *, listen: bool = False, realtime: bool = False) -> InputAddress:
    """Reads an input's address. listen: wait for an RTMP publisher instead of pulling. realtime: a file may be named,
    and plays at its own pace. Raises InputError."""
    kind = text.partition("://")[0].lower() if "://" in text else ""
    if kind == "srt":
        raise InputError(f"{text}: {SRT}")
    if kind in HOSTED and not _host(text):
        raise InputError(f"{hidden(text)} names no host; write {kind}://host/...")
    if listen:
        made = InputAddress(text, "flv", dict(SOON), listen=True)
        if kind != "rtmp" or "/" not in _place(made)[2]:
            raise InputError(f"--listen waits for an RTMP publisher; {hidden(text)} is none: {LISTENED}")
        return made
    if kind in ("rtmp", "rtmps"):
        return InputAddress(text, "flv", {"rtmp_live": "live", **SOON})
    if kind in ("rtsp", "rtsps"):
        return InputAddress(
            text, "rtsp", {"rtsp_transport": "tcp", "max_delay": "100000", "reorder_queue_size": "0", **SOON}
        )
    if kind == "udp":
        joined = text + ("&" if "?" in text else "?") + "overrun_nonfatal=1&fifo_size=65536"
        return InputAddress(joined, "mpegts", dict(SOON), datagrams=True)
    if kind in ("http", "https"):
        return InputAddress(text)
    if kind:
        raise InputError(f"{text}: {kind}:// is not read here; use rtmp, rtsp, udp, http, a camera or a file")
    kind, _, device = text.partition(":")
    if kind in CAMERAS and device:
        return _camera(kind, device)
    if re.match(r"/dev/video\d+($|\?)", text):
        return _camera("v4l2", text)
    if not Path(text).is_file():
        raise InputError(f"{text} is neither a file nor an address; write rtmp://..., rtsp://..., or a file's name")
    if not realtime:
        raise InputError(
            f"{text} is a file: add --realtime to play it as if it were live, or change it whole with `understudy swap`"
        )
    return InputAddress(text, again=False)


def _camera(kind: str, text: str) -> InputAddress:
    """`/dev/video0?video_size=640x480&framerate=60&input_format=mjpeg`: what is not said is 1280x720 at 30."""
    device, _, query = text.partition("?")
    wanted = [pair.partition("=") for pair in query.split("&")] if query else []
    if unknown := [name for name, _, value in wanted if name not in CAMERAS[kind] or not value]:
        raise InputError(f"{text}: a camera takes {', '.join(CAMERAS[kind])}, each as name=value, not {unknown[0]!r}")
    return InputAddress(
        device, kind, {"framerate": "30", "video_size": "1280x720"} | {n: value for n, _, value in wanted}
    )


def outlet(text: str) -> OutputAddress:
    """Reads an output's address. Raises OutputError."""
    kind = text.partition("://")[0].lower() if "://" in text else ""
    if kind == "srt":
        raise OutputError(f"{text}: {SRT}")
    if kind.removeprefix("whip+") in HOSTED and not _host(text):
        raise OutputError(f"{hidden(text)} names no host; write {kind}://host/...")
    if kind in ("rtmp", "rtmps"):
        if not re.match(r"rtmps?://[^/]+/[^/]+/[^/]", text):
            raise OutputError(f"{text} names no stream; write {kind}://host/application/key")
        return OutputAddress(text, "flv", {"flvflags": "no_duration_filesize"}, again=True, rtmp=True)
    if kind == "udp":
        joined = text + ("&" if "?" in text else "?") + "pkt_size=1316"
        return OutputAddress(joined, "mpegts", again=True)
    if kind in ("whip+http", "whip+https"):
        return OutputAddress(text.removeprefix("whip+"), again=True, whip=True)
    if kind in ("rtsp", "rtsps"):
        raise OutputError(f"{text}: {RTSP}")
    if kind:
        raise OutputError(f"{text}: {kind}:// is not written here; use rtmp, udp, whip+https or a file")
    if text.partition(":")[0] == "virtualcam":
        return _virtual_camera(text)
    path = Path(text)
    if not path.parent.is_dir():
        raise OutputError(f"there is no folder {path.parent} to write {path.name} into; make it first")
    if path.suffix == ".m3u8":
        return OutputAddress(text, "hls")
    formats = {".ts": "mpegts", ".mp4": "mp4", ".mkv": "matroska", ".flv": "flv"}
    if path.suffix not in formats:
        raise OutputError(f"{text}: write a name that ends in .m3u8, {', '.join(formats)}")
    fragments = {"movflags": "frag_keyframe+empty_moov+default_base_moof"} if path.suffix == ".mp4" else {}
    return OutputAddress(text, formats[path.suffix], fragments)


def _virtual_camera(text: str) -> OutputAddress:
    """`virtualcam:`, `virtualcam:/dev/video10?fps=60`. Raises OutputError."""
    device, _, query = text.partition(":")[2].partition("?")
    name, _, rate = query.partition("=")
    if query and not (name == "fps" and rate.isascii() and rate.isdigit() and 1 <= int(rate) <= 240):
        raise OutputError(f"{text}: a virtual camera takes ?fps=N, from 1 to 240, and nothing else")
    return OutputAddress(device, None, {"fps": rate or "30"}, again=True, camera=True)


def _host(text: str) -> str | None:
    try:
        return urlsplit(text).hostname
    except ValueError:  # a bracket without its fellow
        return None


def _place(made: InputAddress) -> tuple[str, int, str]:
    try:
        return made.place
    except ValueError as error:  # urllib's: the port
        raise InputError(f"{hidden(made.url)}: {error}; {LISTENED}") from error
