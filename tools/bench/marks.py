"""`understudy bench marks`: how the invisible mark stands what is done to videos, in trials anyone can repeat.

Knows: clips, encoders, what is counted. The mark itself is engines' business.
"""

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import av
import cv2
import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from engines.errors import InputError
from engines.values import U8
from engines.watermark.detect import MarkDetection, detect
from engines.watermark.embed import Embedder
from engines.watermark.payload import Payload

WIDTH, HEIGHT, SECONDS = 1280, 720, 10
CRF = 28


@dataclass(frozen=True, slots=True)
class Clip:
    """Luma planes (720, 1280) at `rate` frames a second."""

    name: str
    lumas: list[U8]
    rate: Fraction


Harm = Callable[[Clip, list[U8], np.random.Generator], list[U8]]
"""From the clip as marked and as delivered (decoded after crf 28) to what the reader gets."""


def read_clip(path: Path, start: float = 0.0, seconds: float | None = None) -> Clip:
    """A part of a clip, ten seconds if not said otherwise, brought to 720p by covering it; a shorter clip runs to and
    fro. Raises InputError."""
    wanted: list[U8] = []
    seconds = SECONDS if seconds is None else seconds
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            rate = stream.average_rate or Fraction(25)
            count = round(seconds * rate)
            for index, frame in enumerate(container.decode(stream)):
                if index < start * rate:
                    continue
                wanted.append(_covering(np.asarray(frame.reformat(format="gray").to_ndarray(), np.uint8)))
                if len(wanted) == count:
                    break
    except (av.error.FFmpegError, IndexError) as error:
        raise InputError(f"{path} cannot be read as a video: {error}") from error
    if len(wanted) < 2:
        raise InputError(f"{path} holds too few pictures from {start} s on; give a longer clip")
    round_trip = wanted + wanted[-2:0:-1]
    return Clip(path.name, [round_trip[n % len(round_trip)] for n in range(count)], rate)


def transcode(lumas: list[U8], rate: Fraction, crf: int = CRF) -> list[U8]:
    """Through x264 (veryfast) and back, chroma grey."""
    memory = io.BytesIO()
    height, width = lumas[0].shape
    width, height = width & ~1, height & ~1
    with av.open(memory, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=rate, options={"crf": str(crf), "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.thread_count = 1
        grey = np.full((height // 2, width), 128, np.uint8)
        for luma in lumas:
            whole = np.vstack([luma[:height, :width], grey])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(whole, format="yuv420p")))
        container.mux(stream.encode())
    memory.seek(0)
    with av.open(memory, "r") as coded:
        return [np.ascontiguousarray(frame.to_ndarray()[:height], np.uint8) for frame in coded.decode(video=0)]


def resized(lumas: list[U8], width: int, height: int) -> list[U8]:
    return [np.asarray(cv2.resize(one, (width, height), interpolation=cv2.INTER_AREA), np.uint8) for one in lumas]


def _crop(clip: Clip, delivered: list[U8], rng: np.random.Generator) -> list[U8]:
    """5 % of width and of height gone, at a place drawn at random."""
    x, y = int(rng.integers(0, WIDTH // 20 + 1)), int(rng.integers(0, HEIGHT // 20 + 1))
    return [np.ascontiguousarray(one[y : y + HEIGHT * 19 // 20, x : x + WIDTH * 19 // 20]) for one in delivered]


def _recorded(clip: Clip, delivered: list[U8], rng: np.random.Generator) -> list[U8]:
    """One second as a screen recorder takes it: the player's own size, RGB, JPEG pictures."""
    second = round(clip.rate)
    start = int(rng.integers(0, max(1, len(delivered) - second)))
    width = int(rng.integers(700, 1920))
    shown = resized(delivered[start : start + second], width, round(width * 9 / 16))
    coded = [cv2.imencode(".jpg", cv2.cvtColor(one, cv2.COLOR_GRAY2BGR))[1] for one in shown]
    return [np.asarray(cv2.imdecode(one, cv2.IMREAD_GRAYSCALE), np.uint8) for one in coded]


HARMS: dict[str, Harm] = {
    "H.264 crf 28": lambda clip, delivered, rng: delivered,
    "540p, crf 28": lambda clip, delivered, rng: transcode(resized(clip.lumas, 960, 540), clip.rate),
    "360p, crf 28": lambda clip, delivered, rng: transcode(resized(clip.lumas, 640, 360), clip.rate),
    "25 to 30 fps": lambda clip, delivered, rng: [delivered[n * 25 // 30] for n in range(len(delivered) * 30 // 25)],
    "10 % dropped": lambda clip, delivered, rng: [one for one in delivered if rng.random() > 0.1],
    "5 % cropped": _crop,
    "one second recorded": _recorded,
}
"""All but the two rescalings start from the delivered crf 28 file, so that two harms add up."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One window's outcome. psnr: dB of the marked luma, as an encoder gets it. exact, strength: by harm."""

    clip: str
    start: float
    psnr: float
    exact: Mapping[str, bool]
    strength: Mapping[str, float]


def trial(path: Path, rng: np.random.Generator) -> Trial:
    """One random payload in one window of ten seconds anywhere in a clip, through every harm."""
    payload = Payload(int(rng.integers(1 << 20)), int(rng.integers(1 << 32)))
    start = float(rng.uniform(0, max(0.4, _seconds(path) - SECONDS - 1)))
    plain = read_clip(path, start)
    embedder = Embedder(payload, WIDTH, HEIGHT)
    clip = Clip(plain.name, [embedder.mark8(luma, n) for n, luma in enumerate(plain.lumas)], plain.rate)
    delivered = transcode(clip.lumas, clip.rate)
    found = {name: detect(harm(clip, delivered, rng)) for name, harm in HARMS.items()}
    exact = {name: one.payload == payload for name, one in found.items()}
    return Trial(
        plain.name, start, psnr(plain.lumas, clip.lumas), exact, {name: one.strength for name, one in found.items()}
    )


def psnr(before: Sequence[U8], after: Sequence[U8]) -> float:
    """Peak signal-to-noise ratio, dB, over all pictures together."""
    moved = sum(float(np.square(cv2.absdiff(a, b), dtype=np.uint16).sum()) for a, b in zip(before, after, strict=True))
    return float(10 * np.log10(255**2 * sum(one.size for one in before) / max(moved, 1e-9)))


def false_alarms(paths: list[Path], segments: int, seed: int) -> Iterator[tuple[str, MarkDetection]]:
    """Readings of unmarked ten-second windows: random starts, cuts and mirrorings over the clips, evenly. Every tenth
    is searched for crops as well."""
    for index, path in enumerate(paths):
        rng = np.random.default_rng([seed, index])
        whole = read_clip(path, 0, 3 * SECONDS)
        lumas, count = resized(whole.lumas, 640, 360), round(SECONDS * whole.rate)
        for n in range(index, segments, len(paths)):
            start, step = int(rng.integers(0, len(lumas) - count)), int(rng.integers(1, 3))
            x, y = int(rng.integers(0, 48)), int(rng.integers(0, 27))
            window = [one[y : y + 333, x : x + 592] for one in lumas[start : start + count : step]]
            if rng.random() < 0.5:
                window = [one[:, ::-1] for one in window]
            yield path.name, detect([np.ascontiguousarray(one) for one in window], thorough=n % 10 == 0)


def marks(
    clips: Annotated[Path, typer.Argument(help="A folder of video clips.")],
    trials: Annotated[int, typer.Option(min=0, help="Windows to mark and harm in every way.")] = 200,
    first: Annotated[int, typer.Option(min=0, help="Number of the first: a run can be done in parts.")] = 0,
    unmarked: Annotated[int, typer.Option(min=0, help="Unmarked windows to search for a mark that is not there.")] = 0,
    seed: Annotated[int, typer.Option(help="Another seed, other windows and payloads.")] = 1,
    log: Annotated[Path | None, typer.Option(help="One JSON object a trial, added to this file.")] = None,
) -> None:
    """How the invisible mark stands encoding, rescaling, retiming and cropping; and how often it is seen in error."""
    cv2.setNumThreads(1)
    paths = sorted(path for path in clips.iterdir() if path.is_file()) if clips.is_dir() else []
    if not paths:
        raise InputError(f"{clips} holds no clips; name a folder of videos")
    console, done = Console(), list[Trial]()
    for n in range(first, first + trials):
        one = trial(paths[n % len(paths)], np.random.default_rng([seed, n]))
        done.append(one)
        told = ", ".join(f"{value:.0f}{'' if one.exact[name] else ' MISSED'}" for name, value in one.strength.items())
        console.print(f"{n:4d} {one.clip} {one.start:.1f} s, {one.psnr:.1f} dB: {told}", highlight=False)
        if log is not None:
            with log.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"seed": seed, "n": n, **asdict(one)}) + "\n")
    if done:
        console.print(summary(done))
    if unmarked:
        wrong, highest = 0, 0.0
        for n, (name, reading) in enumerate(false_alarms(paths, unmarked, seed), 1):
            wrong, highest = wrong + reading.found, max(highest, reading.strength)
            if n % 50 == 0 or n == unmarked:
                console.print(
                    f"{wrong} of {n} unmarked windows seen as marked; highest strength {highest:.1f} (to {name})",
                    highlight=False,
                )


def summary(trials: Sequence[Trial]) -> Table:
    """For each harm: how many payloads came back bit for bit, the weakest and the middle strength."""
    low, mean = min(one.psnr for one in trials), sum(one.psnr for one in trials) / len(trials)
    table = Table("harm", "bit-exact", "weakest", "middle", caption=f"{mean:.2f} dB, lowest {low:.2f} dB")
    for name in HARMS:
        strengths = sorted(one.strength[name] for one in trials)
        exact = sum(one.exact[name] for one in trials)
        table.add_row(name, f"{exact}/{len(trials)}", f"{strengths[0]:.1f}", f"{strengths[len(strengths) // 2]:.1f}")
    return table


def register(bench: typer.Typer) -> None:
    bench.command("marks")(marks)


def _seconds(path: Path) -> float:
    """A clip's length; 0 where its container does not tell."""
    with av.open(str(path)) as container:
        return (container.duration or 0) / av.time_base


def _covering(luma: U8) -> U8:
    """(h, w) to (720, 1280), enlarged and cut in the middle where it does not fit."""
    height, width = luma.shape
    scale = max(WIDTH / width, HEIGHT / height)
    size = (max(WIDTH, round(width * scale)), max(HEIGHT, round(height * scale)))
    large = cv2.resize(luma, size, interpolation=cv2.INTER_CUBIC)
    x, y = (size[0] - WIDTH) // 2, (size[1] - HEIGHT) // 3
    return np.ascontiguousarray(large[y : y + HEIGHT, x : x + WIDTH], np.uint8)


if __name__ == "__main__":
    typer.run(marks)
