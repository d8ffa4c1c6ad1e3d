"""StreamPlan: what becomes of each of a source's other streams in a container, and what is to be said of it.

Knows: streams, containers and ways between them. Writes nothing; `Copying` carries it out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import av
from av.stream import Stream

from engines.errors import OutputError
from stream.media.codecs import choose_codec
from stream.media.others.containers import Container, codec_of, takes
from stream.media.others.covers import attaches, is_cover, stores
from stream.media.others.sound import sound_for
from stream.media.others.text import keeps_all, text_for
from stream.media.others.wanted import Streams
from stream.media.video.animation import ENCODERS

_OFFERED = (".mkv", ".mov", ".mp4", ".ts")
_NAMES = {".mkv": "matroska", ".mov": "mov", ".mp4": "mp4", ".ts": "mpegts"}


class StreamFate(StrEnum):
    """What becomes of a stream."""

    COPIED = "copied"
    CONVERTED = "converted"
    ATTACHED = "attached"
    LEFT_OUT = "left out"


@dataclass(frozen=True, slots=True)
class Planned:
    """codec: what it is converted to. why: the reason where it is left out. whole: nothing of it is lost."""

    stream: Stream
    fate: StreamFate
    codec: str = ""
    why: str = ""
    whole: bool = True

    @property
    def what(self) -> str:
        """The stream in words."""
        if is_cover(self.stream):
            return f"cover picture {self.stream.index}"
        name = codec_of(self.stream) or (
            "a codec that FFmpeg does not know" if self.stream.type == "audio" else "unknown"
        )
        return f"{self.stream.type} stream {self.stream.index} ({name})"


class StreamPlan:
    """The fates of all other streams. first: the packets read so far of a stream, by its index."""

    def __init__(
        self, streams: Sequence[Stream], target: Container, origin: str, first: "dict[int, list[av.Packet[Any]]]"
    ) -> None:
        """origin: FFmpeg's name of the input's container."""
        self.target, self._streams, self._origin, self._first = target, streams, origin, first
        self.all = tuple(_planned(s, target, origin, first.get(s.index, [])) for s in streams)

    def check(self, name: str, source: str, video: str, streams: Streams) -> None:
        """name, source: the output and the input. video: the encoder. Raises OutputError where all are wanted and one
        is not kept, or where all sound would be lost and another container holds it."""
        lost = [one for one in self.all if not one.whole]
        sound = [one for one in self.all if one.stream.type == "audio"]
        mute = all(one.fate is StreamFate.LEFT_OUT for one in sound) and self.target.holds_sound
        wanted = lost if streams is Streams.STRICT else sound if mute else []
        found = ((one, self._instead(name, source, video, one)) for one in wanted)
        one, other = next((pair for pair in found if pair[1] is not None), (wanted[0] if wanted else None, None))
        if one is not None and (other is not None or streams is Streams.STRICT):
            fix = f"write to {other}, which holds it" if other else "give --streams all to go without it"
            refused = one.why == _refused(self.target)
            lost_how = f"{one.why[:-2]}the {one.what} of the input" if refused else f"the {one.what} is lost: {one.why}"
            raise OutputError(f"{lost_how}; {fix}")

    def notes(self, name: str, source: str, video: str) -> tuple[str, ...]:
        """One sentence for each stream that is not kept as it is."""
        said = []
        for one in self.all:
            if one.fate is StreamFate.LEFT_OUT:
                other = self._instead(name, source, video, one) if one.stream.type in ("audio", "subtitle") else None
                more = f"; {other} would hold it" if other is not None else ""
                said.append(f"the {one.what} is left out: {one.why}{more}")
            elif one.fate is StreamFate.CONVERTED:
                more = "" if one.whole else "; its styles and places are lost"
                said.append(f"the {one.what} is stored as {one.codec}: {one.why}{more}")
            elif is_cover(one.stream):
                said.append(f"the {one.what} is kept as it is; no face in it is replaced")
        return tuple(said)

    def _instead(self, name: str, source: str, video: str, lost: Planned) -> str | None:
        """The name of an output that would keep this stream and all that are kept here."""
        wanted = {one.stream.index for one in self.all if one.whole} | {lost.stream.index}
        for ending in _OFFERED:
            target = Container(_NAMES[ending], ending)
            if target.name == self.target.name or not _encodes(target, video):
                continue
            other = StreamPlan(self._streams, target, self._origin, self._first)
            if wanted <= {one.stream.index for one in other.all if one.whole}:
                return _named(name, source, ending)
        return None


def _planned(stream: Stream, target: Container, origin: str, first: "list[av.Packet[Any]]") -> Planned:
    kind = stream.type
    if is_cover(stream) and attaches(target.name, stream):
        if first:
            return Planned(stream, StreamFate.ATTACHED)
        return Planned(stream, StreamFate.LEFT_OUT, why="it was not found at the beginning of the file", whole=False)
    if is_cover(stream) and not stores(target.name):
        return Planned(stream, StreamFate.LEFT_OUT, why=_refused(target), whole=False)
    why = _hopeless(stream, target, origin)
    if why:
        return Planned(stream, StreamFate.LEFT_OUT, why=why, whole=False)
    if takes(target, stream, first):
        return Planned(stream, StreamFate.COPIED)
    codec = text_for(target, stream) if kind == "subtitle" else sound_for(target, stream) if kind == "audio" else None
    if codec is None:
        return Planned(stream, StreamFate.LEFT_OUT, why=_refused(target), whole=False)
    whole = kind == "audio" or keeps_all(stream, codec)
    return Planned(stream, StreamFate.CONVERTED, codec, f"{target.name} cannot hold it as it is", whole)


def _refused(target: Container) -> str:
    return f"{target.name} cannot hold it"


def _hopeless(stream: Stream, target: Container, origin: str) -> str:
    """Why a stream is not even tried; empty where it is."""
    if stream.type == "video" and not is_cover(stream):
        return "only the main video is kept, for faces in another would not be replaced"
    if stream.type == "data" and target.name not in origin.split(","):
        return "data mean something in their own container only"
    if stream.type not in ("audio", "subtitle"):
        return ""
    context: Any = stream.codec_context
    if context is None:
        return "no container can be told what it is"
    if stream.type == "audio" and not context.sample_rate:
        return "what it is cannot be told from the beginning of the file"
    return ""


def _encodes(target: Container, video: str) -> bool:
    with target.trial() as trial:
        try:
            choose_codec(trial, None if video in ENCODERS else video)  # an animation's encoder is its container's alone
        except OutputError:
            return False
    return True


def _named(name: str, source: str, ending: str) -> str:
    """The output's name with another ending; another name where that is the input's."""
    if name == "-" or "://" in name:
        return f"a {ending} file"
    path = Path(name).with_suffix(ending)
    if path.resolve() == Path(source).resolve():
        path = path.with_stem(f"{path.stem}-swapped")
    return str(path)
