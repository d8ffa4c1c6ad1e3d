"""Sound for the outputs: what is copied keeps its bytes, what is encoded anew keeps its time."""

import io
import itertools
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from stream.io.audio_encoder import AudioEncoder
from stream.io.input import Sound
from stream.io.rebase import TimestampRebase
from stream.io.video_encoder import CLOCK, EncodedPacket
from tests.stream.io.feeding import write

CLICK = 1.0  # seconds


def clip(path: Path, codec: str, rate: int = 48_000, seconds: float = 2.0) -> Path:
    """Silence with one click in it."""
    wave = np.zeros(int(seconds * rate), np.float32)
    wave[int(CLICK * rate) : int(CLICK * rate) + rate // 200] = 0.8
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream(codec, rate, layout="mono")
        kind = stream.codec_context.format.name
        step = stream.codec_context.frame_size or 1024
        for at in range(0, len(wave), step):
            part = wave[at : at + step][None]
            data: Any = (part * 32767).astype(np.int16) if kind.startswith("s16") else part
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(data), format=kind, layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = rate, at, Fraction(1, rate)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def encoded(
    path: Path, codec: str = "aac", shift: float = 0.0, rate: float = 1.0
) -> tuple[AudioEncoder, list[EncodedPacket]]:
    """A clip's sound through a encoder; its times moved by `shift` and stretched by `rate`."""
    with av.open(str(path)) as file:
        stream = file.streams.audio[0]
        encoder, out = AudioEncoder(stream, codec), list[EncodedPacket]()
        for packet in file.demux(stream):
            if packet.pts is not None and packet.size:
                at, length = (float(v * packet.time_base) for v in (packet.pts, packet.duration or 0))
                out += encoder.encode(Sound(bytes(packet), shift + at * rate, length))
    return encoder, out


def click(encoder: AudioEncoder, packets: list[EncodedPacket]) -> float:
    """When the click is heard, by the times of the packets."""
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as out:
        stream = out.add_stream_from_template(encoder.template, opaque=True)
        out.start_encoding()
        for one in packets:
            packet: Any = av.Packet(one.data)
            packet.stream, packet.pts, packet.dts, packet.time_base = stream, one.pts, one.pts, CLOCK
            out.mux_one(packet)
    file.seek(0)
    with av.open(file, "r") as back:
        for frame in back.decode(audio=0):
            loud = np.abs(frame.to_ndarray().astype(np.float32)).max(0)
            if loud.max() > 0.2 * (32767 if frame.format.name.startswith("s16") else 1):
                at = int(np.argmax(loud > loud.max() / 2))
                assert frame.pts is not None and frame.time_base is not None
                return float(frame.pts * frame.time_base) + at / frame.sample_rate
    raise AssertionError("no click")


@pytest.mark.parametrize(
    ("codec", "into", "ending", "rate"),
    [
        ("pcm_s16le", "aac", "wav", 48_000),
        ("pcm_s16le", "aac", "wav", 16_000),
        ("aac", "libopus", "mkv", 44_100),
        ("libopus", "aac", "mkv", 48_000),
        ("pcm_s16le", "libopus", "wav", 8_000),
    ],
)
def test_what_is_encoded_anew_is_heard_when_it_was(
    tmp_path: Path, codec: str, into: str, ending: str, rate: int
) -> None:
    path = clip(tmp_path / f"a.{ending}", codec, rate)
    encoder, packets = encoded(path, into, shift=3.0)
    assert not encoder.copies
    assert click(encoder, packets) == pytest.approx(3.0 + CLICK, abs=0.015)
    assert all(b.pts > a.pts for a, b in itertools.pairwise(packets))


def test_what_fits_is_copied_byte_for_byte(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mkv", "aac", 44_100)
    encoder, packets = encoded(path)
    with av.open(str(path)) as file:
        assert encoder.copies and [p.data for p in packets] == [bytes(p) for p in file.demux(audio=0) if p.size]
    encoder, packets = encoded(clip(tmp_path / "b.mkv", "libopus"), "libopus")
    assert encoder.copies and packets


def test_a_clock_that_runs_away_is_followed(tmp_path: Path) -> None:
    """Two thousand parts in a million over 30 s: 60 ms, of which none may be left."""
    path = clip(tmp_path / "a.wav", "pcm_s16le", 16_000, seconds=30)
    _, packets = encoded(path, rate=1.002)
    end = (packets[-1].pts + packets[-1].duration) * float(CLOCK)
    assert end == pytest.approx(30 * 1.002, abs=0.1)
    steady = [b.pts - a.pts for a, b in itertools.pairwise(packets[5:])]
    assert max(steady) - min(steady) < 0.005 / CLOCK, "slowly, not in steps"


def test_a_hole_in_the_sound_stays_a_hole(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.wav", "pcm_s16le", 16_000)
    with av.open(str(path)) as file:
        stream = file.streams.audio[0]
        encoder, out = AudioEncoder(stream), list[EncodedPacket]()
        for packet in file.demux(stream):
            if packet.size:
                at = float(packet.pts * packet.time_base)  # type: ignore[operator]
                if not 0.5 < at < 1.5:
                    out += encoder.encode(Sound(bytes(packet), at, 0.0))
    gaps = [b.pts - a.pts for a, b in itertools.pairwise(out)]
    assert max(gaps) * CLOCK == pytest.approx(1.0, abs=0.15)


def test_presses_of_one_kind_follow_one_another(tmp_path: Path) -> None:
    """The same publisher again: no new file. Another codec: a new one, where it is copied."""
    for name, codec in (("a.mkv", "aac"), ("b.mkv", "aac"), ("c.mkv", "libopus"), ("d.mkv", "pcm_s16le")):
        write(str(tmp_path / name), 0.3, sound=codec)
    kinds = [encoded(tmp_path / f"{letter}.mkv")[0].kind for letter in "abcd"]
    assert kinds[0] == kinds[1] != kinds[2] == kinds[3]


@pytest.mark.parametrize("ppm", [100, -100])
def test_two_hours_of_a_microphone_that_is_fast_or_slow(ppm: int) -> None:
    """Sound and picture of one event, through the line that all inputs share."""
    line, worst, raw = TimestampRebase(), 0.0, 0.0
    rng = np.random.default_rng(1)
    for i in range(72_000):
        now = i / 10
        sound = now * (1 + ppm * 1e-6)
        late = rng.random(2) * 0.02
        v = line.map("video", 50 + now, 900 + now + late[0])
        a = line.map("audio", 50 + sound, 900 + now + late[1])
        raw = max(raw, abs(sound - now))
        worst = max(worst, abs(a - v))
    assert raw > 0.7 and worst <= 0.020
