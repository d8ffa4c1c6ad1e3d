"""What a container really holds: not by its muxer's word alone, but by writing a little of it into memory.

Knows: muxers, and those among them that take what no reader finds again. Knows nothing of what is done instead.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
from av.container import OutputContainer
from av.stream import Stream

_PS_SOUND = {"mp1", "mp2", "mp3", "ac3", "dts", "pcm_s16be", "pcm_dvd"}
# Muxers that take any stream and write it as private data, and what of it readers know again.
_KNOWN_AGAIN = {
    "mpegts": {
        *("mp1", "mp2", "mp3", "aac", "aac_latm", "ac3", "eac3", "dts", "truehd", "opus", "s302m"),
        *("dvb_subtitle", "dvb_teletext", "hdmv_pgs_subtitle"),
        *("klv", "scte_35", "timed_id3", "smpte_2038", "bin_data", "epg"),
    },
    "mpeg": {*_PS_SOUND, "dvd_subtitle"},
    "vob": {*_PS_SOUND, "dvd_subtitle"},
    "dvd": {*_PS_SOUND, "dvd_subtitle"},
    "svcd": {*_PS_SOUND, "dvd_subtitle"},
}
PRIVATE = frozenset(_KNOWN_AGAIN)
"""Those muxers, by name."""
Errors = (ValueError, OSError, av.error.FFmpegError)  # what PyAV raises where a muxer refuses


@dataclass(frozen=True, slots=True)
class Container:
    """A container to be written. name: FFmpeg's. ending: the file's, where there is one: `.m2ts` is a kind of its
    own."""

    name: str
    ending: str = ""

    @classmethod
    def of(cls, container: OutputContainer, path: str) -> "Container":
        """The target that an opened output is."""
        return cls(container.format.name, "" if path == "-" or "://" in path else Path(path).suffix.lower())

    def trial(self) -> OutputContainer:
        """An output in memory."""
        options = {"mpegts_m2ts_mode": "1"} if self.name == "mpegts" and self.ending == ".m2ts" else {}
        return av.open(io.BytesIO(), "w", format=self.name, container_options=options)

    @property
    def holds_sound(self) -> bool:
        """False for GIF and its like, of which nobody expects any."""
        with self.trial() as trial:
            return trial.default_audio_codec != "none"


def codec_of(stream: Stream) -> str | None:
    """FFmpeg's name of a stream's codec; None where it has no decoder here."""
    return stream.codec_context.codec.canonical_name if stream.codec_context is not None else None


def takes(target: Container, stream: Stream, packets: Sequence["av.Packet[Any]"]) -> bool:
    """Whether a container holds a stream as it is. packets: the first of it, where there are any: some muxers refuse
    only them, and some not before the end."""
    known = _KNOWN_AGAIN.get(target.name)
    name = codec_of(stream)
    blu_ray = target.ending == ".m2ts" and name == "pcm_bluray"
    if known is not None and not blu_ray and (name or ("bin_data" if stream.type == "data" else "")) not in known:
        return False
    try:
        with target.trial() as trial:
            added = add_copy(trial, stream)
            trial.start_encoding()
            for packet in packets[:1]:
                twin = av.Packet(bytes(packet))
                twin.stream, twin.time_base, twin.is_keyframe = added, packet.time_base, True
                twin.pts = twin.dts = 0
                twin.duration = packet.duration
                trial.mux_one(twin)
    except Errors:
        return False
    return True


def add_copy(container: OutputContainer, stream: Stream) -> Stream:
    """Adds a stream for packets that are copied, with its language, title and role. Raises what PyAV raises."""
    added = container.add_stream_from_template(stream, opaque=True)
    described(added, stream)
    return added


def described(added: Stream, stream: Stream) -> None:
    """Gives a stream the language, title and role of another."""
    added.metadata.update(stream.metadata)
    added.disposition = stream.disposition
