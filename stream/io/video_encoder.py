"""VideoEncoder: pictures encoded once for all outputs. Knows x264 and nothing of where its packets go."""

import io
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
from av.video.frame import PictureType

CLOCK = Fraction(1, 90_000)
NOMINAL = 30  # pictures a second that the encoder is told
GOP = 2.0  # seconds between key frames: what HLS's segments need


@dataclass(frozen=True, slots=True)
class EncodedPacket:
    """A packet for the outputs. pts: on the 90 kHz clock (no frame is reordered, so it is the dts too). era: rises when
    the parameters of picture or sound change. connection: how often the input had been opened."""

    video: bool
    key: bool
    data: bytes
    pts: int
    duration: int = 0
    era: int = 0
    connection: int = 0


class VideoEncoder:
    """One encoder, opened for the first picture's size and anew when the size changes. template: a stream that outputs
    copy their parameters from. made: how often it was opened."""

    def __init__(self, bitrate: int = 4_000_000, preset: str = "superfast", threads: int = 1) -> None:
        self._bitrate, self._preset, self._threads = bitrate, preset, threads
        self._container: Any = None
        self.template: Any = None
        self.made = 0
        self._key_at: int | None = None
        self._want = False
        self._before: int | None = None
        self._step = 1 / NOMINAL

    def want_key(self) -> None:
        """The next picture is a key frame. May be called from any thread."""
        self._want = True

    def encode(self, frame: av.VideoFrame) -> list[EncodedPacket]:
        """frame: its pts on the 90 kHz clock."""
        assert frame.pts is not None
        size = (frame.width // 2 * 2, frame.height // 2 * 2)  # H.264 with halved chroma has no odd sizes
        if self.template is None or (self.template.width, self.template.height) != size:
            self._open(size, frame)
        if frame.format.name != "yuv420p" or (frame.width, frame.height) != size:
            pts = frame.pts
            frame = frame.reformat(*size, format="yuv420p")
            frame.pts, frame.time_base = pts, CLOCK
        self._pace(frame.pts or 0)
        due = self._key_at is None or frame.pts - self._key_at >= GOP / CLOCK  # type: ignore[operator]
        wanted, self._want = self._want, False
        frame.pict_type = PictureType.I if due or wanted else PictureType.NONE
        if due or wanted:
            self._key_at = frame.pts
        return [
            EncodedPacket(True, packet.is_keyframe, bytes(packet), packet.pts or 0)
            for packet in self.template.encode(frame)
            if packet.pts is not None
        ]

    def _pace(self, pts: int) -> None:
        """x264 counts bits by the frame: told a varying rate it would hold every frame back until the next one's time
        is known. So it is told 30 a second, and the bit rate that makes of what really comes."""
        step = (pts - self._before) * CLOCK if self._before is not None else Fraction(0)
        self._before = pts
        if not 0 < step < 0.5:
            return
        self._step += 0.1 * (float(step) - self._step)
        wanted = round(self._bitrate * self._share())
        context = self.template.codec_context
        if abs(wanted - context.bit_rate) > self._bitrate // 10:
            context.bit_rate = wanted

    def _share(self) -> float:
        return min(max(self._step * NOMINAL, 0.25), 1.5)

    def close(self) -> None:
        if self._container is not None:
            self._container.close()
        self._container = self.template = None

    def _open(self, size: tuple[int, int], frame: av.VideoFrame) -> None:
        """The encoder lives in a container that nobody reads: PyAV hands out parameters by stream only."""
        self.close()
        self._container = av.open(io.BytesIO(), "w", format="matroska")
        most = self._bitrate * 3 // 2  # x264 follows a new rate only if it began with one equal to maxrate
        options = {
            "preset": self._preset,
            "tune": "zerolatency",
            "maxrate": str(most),
            "bufsize": str(self._bitrate),
            "x264-params": "scenecut=0:repeat-headers=1",
        }
        stream = self._container.add_stream("libx264", Fraction(NOMINAL), options=options)
        stream.width, stream.height = size
        stream.pix_fmt, stream.bit_rate = "yuv420p", most
        context = stream.codec_context
        context.colorspace, context.color_primaries = frame.colorspace, frame.color_primaries
        context.color_trc = frame.color_trc
        context.time_base, context.thread_count, context.gop_size = CLOCK, self._threads, 600
        self._container.start_encoding()
        context.bit_rate = round(self._bitrate * self._share())
        self.template, self._key_at = stream, None
        self.made += 1
