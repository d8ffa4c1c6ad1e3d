"""Addresses: what a user names as input or output, as FFmpeg is to open it. Pure.

Inputs: rtmp(s)://, rtsp(s)://, udp:// (MPEG-TS), http(s)://, srt:// (refused, with the reason), v4l2:/dev/video0,
avfoundation:0, files. Outputs: rtmp(s)://, udp://, whip+http(s)://, .m3u8 (HLS, fMP4), .ts, .mp4, .mkv, .flv.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

from engines.errors import InputError, OutputError

OPEN_WITHIN, READ_WITHIN = 10.0, 10.0  # seconds that a network input may take to open, or to send the next packet
SRT = (
    "SRT is not in this build of FFmpeg (PyAV's wheels leave it out); bring it in as MPEG-TS over UDP or RTMP,"
    " for example with: srt-live-transmit srt://... udp://127.0.0.1:5000"
)
HIDDEN = re.compile(r"(?<=://)[^/@]*@|(?<=/)[^/?]+(?=(\?|$))")


@dataclass(frozen=True, slots=True)
class Inlet:
    """url, format, options: for FFmpeg. live: it does not wait for us. again: opened anew when it ends. open_within:
    seconds, None for a listener that waits for its publisher."""

    url: str
    format: str | None = None
    options: dict[str, str] = field(default_factory=dict)
    live: bool = True
    again: bool = True
    open_within: float | None = OPEN_WITHIN


@dataclass(frozen=True, slots=True)
class Outlet:
    """url, format, options: for FFmpeg. again: a lost connection is made anew. whip: published by WebRTC."""

    url: str
    format: str | None = None
    options: dict[str, str] = field(default_factory=dict)
    again: bool = False
    whip: bool = False

    @property
    def shown(self) -> str:
        """For logs: without login and stream key."""
        return hidden(self.url)


def hidden(url: str) -> str:
    """The address without what must stay secret."""
    return HIDDEN.sub("***", url) if url.startswith("rtmp") else re.sub(r"(?<=://)[^/@]*@", "***@", url)


def inlet(text: str, *, listen: bool = False, realtime: bool = True) -> Inlet:
    """Reads an input's address. listen: wait for an RTMP publisher instead of pulling. realtime: files play at their
    own pace. Raises InputError."""
    kind = text.partition("://")[0].lower() if "://" in text else ""
    if kind == "srt":
        raise InputError(f"{text}: {SRT}")
    if listen and kind not in ("rtmp", "rtmps"):
        raise InputError(f"--listen waits for an RTMP publisher; {text} is none (write rtmp://0.0.0.0:1935/live/KEY)")
    if kind in ("rtmp", "rtmps"):
        if listen:
            return Inlet(text, "flv", {"listen": "1"}, open_within=None)
        return Inlet(text, "flv", {"rtmp_live": "live"})
    if kind in ("rtsp", "rtsps"):
        return Inlet(text, "rtsp", {"rtsp_transport": "tcp", "max_delay": "100000", "reorder_queue_size": "0"})
    if kind == "udp":
        joined = text + ("&" if "?" in text else "?") + "overrun_nonfatal=1&fifo_size=65536"
        return Inlet(joined, "mpegts", {"probesize": "500000", "analyzeduration": "500000"})
    if kind in ("http", "https"):
        return Inlet(text)
    if kind:
        raise InputError(f"{text}: {kind}:// is not read here; use rtmp, rtsp, udp, http, a camera or a file")
    camera, _, device = text.partition(":")
    if camera in ("v4l2", "avfoundation") and device:
        return Inlet(device, camera, {"framerate": "30", "video_size": "1280x720"})
    if re.fullmatch(r"/dev/video\d+", text):
        return Inlet(text, "v4l2", {"framerate": "30", "video_size": "1280x720"})
    if not Path(text).is_file():
        raise InputError(f"{text} is neither a file nor an address; write rtmp://..., rtsp://..., or a file's name")
    return Inlet(text, live=realtime, again=False)


def outlet(text: str) -> Outlet:
    """Reads an output's address. Raises OutputError."""
    kind = text.partition("://")[0].lower() if "://" in text else ""
    if kind == "srt":
        raise OutputError(f"{text}: {SRT}")
    if kind in ("rtmp", "rtmps"):
        return Outlet(text, "flv", {"flvflags": "no_duration_filesize"}, again=True)
    if kind == "udp":
        joined = text + ("&" if "?" in text else "?") + "pkt_size=1316"
        return Outlet(joined, "mpegts", {"muxdelay": "0", "muxpreload": "0"}, again=True)
    if kind in ("whip+http", "whip+https"):
        return Outlet(text.removeprefix("whip+"), again=True, whip=True)
    if kind:
        raise OutputError(f"{text}: {kind}:// is not written here; use rtmp, udp, whip+https or a file")
    path = Path(text)
    if not path.parent.is_dir():
        raise OutputError(f"there is no folder {path.parent} to write {path.name} into; make it first")
    if path.suffix == ".m3u8":
        names = {
            "hls_segment_type": "fmp4",
            "hls_time": "2",
            "hls_list_size": "8",
            "hls_flags": "delete_segments+independent_segments+program_date_time+temp_file",
            "hls_fmp4_init_filename": f"{path.stem}.init.mp4",
            "hls_segment_filename": str(path.with_name(f"{path.stem}.%06d.m4s")),
        }
        return Outlet(text, "hls", names)
    formats = {".ts": "mpegts", ".mp4": "mp4", ".mkv": "matroska", ".flv": "flv"}
    if path.suffix not in formats:
        raise OutputError(f"{text}: write a name that ends in .m3u8, {', '.join(formats)}")
    fragments = {"movflags": "frag_keyframe+empty_moov+default_base_moof"} if path.suffix == ".mp4" else {}
    return Outlet(text, formats[path.suffix], fragments)
