"""The trials of the mark do to videos what they say they do, count rightly, and can be repeated one by one."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from engines.errors import InputError
from engines.values import U8
from engines.watermark.detect import detect
from engines.watermark.embed import Embedder
from tests.engines.watermark.scenes import PAYLOAD, scene
from tests.stream.marks.clips import clip, pictures
from tools.bench import marks as trials
from tools.bench.marks import HARMS, Clip, Trial, psnr, read_clip, summary, transcode, trial


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one clip of 1.6 s, 640x360."""
    folder = tmp_path_factory.mktemp("clips")
    clip(folder / "a.mp4", pictures(mark=False))
    return folder


@pytest.fixture(scope="module")
def marked() -> Clip:
    embedder = Embedder(PAYLOAD, 1280, 720)
    return Clip("x", [embedder.mark8(one, n) for n, one in enumerate(scene(50, 1280, 720))], Fraction(25))


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows of two seconds in the place of ten, and two harms: the search for crops takes its time."""
    monkeypatch.setattr(trials, "SECONDS", 2)
    monkeypatch.setattr(trials, "HARMS", {name: HARMS[name] for name in ("H.264 crf 28", "10 % dropped")})


def harmed(name: str, whole: Clip) -> list[U8]:
    return HARMS[name](whole, whole.lumas, np.random.default_rng(3))


def test_a_short_clip_runs_to_and_fro(film: Path) -> None:
    whole = read_clip(film / "a.mp4", seconds=4)
    assert (len(whole.lumas), whole.lumas[0].shape, whole.rate) == (100, (720, 1280), Fraction(25))
    assert np.array_equal(whole.lumas[40], whole.lumas[38]) and np.array_equal(whole.lumas[78], whole.lumas[0])
    later = read_clip(film / "a.mp4", start=0.4, seconds=1)
    assert np.array_equal(later.lumas[0], whole.lumas[10])


def test_what_is_no_clip_is_told(tmp_path: Path, film: Path) -> None:
    (tmp_path / "notes.mp4").write_text("no video")
    with pytest.raises(InputError, match="cannot be read as a video"):
        read_clip(tmp_path / "notes.mp4")
    with pytest.raises(InputError, match="too few pictures from 9 s on"):
        read_clip(film / "a.mp4", start=9)


def test_an_encoder_lies_between() -> None:
    plain = scene(6)
    fine, coarse = transcode(plain, Fraction(25), 10), transcode(plain, Fraction(25), 40)
    assert len(fine) == len(coarse) == 6 and fine[0].shape == (360, 640)
    assert psnr(plain, fine) > psnr(plain, coarse) + 6


def test_noise_ratio_by_value() -> None:
    black = [np.zeros((10, 10), np.uint8)] * 2
    one = [np.ones((10, 10), np.uint8), np.zeros((10, 10), np.uint8)]
    assert psnr(black, one) == pytest.approx(10 * np.log10(255**2 * 2))


@pytest.mark.parametrize(
    ("name", "count", "shape"),
    [
        ("H.264 crf 28", 50, (720, 1280)),
        ("540p, crf 28", 50, (540, 960)),
        ("360p, crf 28", 50, (360, 640)),
        ("25 to 30 fps", 60, (720, 1280)),
        ("5 % cropped", 50, (684, 1216)),
    ],
)
def test_each_harm_is_what_it_is_called(marked: Clip, name: str, count: int, shape: tuple[int, int]) -> None:
    seen = harmed(name, marked)
    assert (len(seen), seen[0].shape) == (count, shape)


def test_drops_and_recordings(marked: Clip) -> None:
    dropped = harmed("10 % dropped", marked)
    assert 35 < len(dropped) < 50
    recorded = harmed("one second recorded", marked)
    assert len(recorded) == 25
    height, width = recorded[0].shape
    assert 700 <= width < 1920 and height == round(width * 9 / 16)


def test_retiming_repeats_every_fifth(marked: Clip) -> None:
    seen = harmed("25 to 30 fps", marked)
    again = [n for n in range(1, 30) if seen[n] is seen[n - 1]]
    assert again == [1, 7, 13, 19, 25]


def test_a_harmed_mark_is_still_read(marked: Clip) -> None:
    assert detect(harmed("25 to 30 fps", marked), thorough=False).payload == PAYLOAD
    assert detect(harmed("one second recorded", marked), thorough=False).payload == PAYLOAD


def test_a_trial_can_be_repeated_alone(film: Path, short: None) -> None:
    one, two, other = (trial(film / "a.mp4", np.random.default_rng([1, n])) for n in (7, 7, 8))
    assert one == two != other
    assert set(one.exact) == set(trials.HARMS) == set(one.strength)
    assert one.exact["H.264 crf 28"] and one.psnr > 48.13


def test_a_summary_counts() -> None:
    def made(exact: bool, strength: float, noise: float) -> Trial:
        return Trial("a", 0.0, noise, dict.fromkeys(HARMS, exact), dict.fromkeys(HARMS, strength))

    console = Console(width=100)
    with console.capture() as captured:
        console.print(summary([made(True, 40, 50.0), made(False, 12.5, 49.0), made(True, 30, 51.0)]))
    text = captured.get()
    (row,) = [" ".join(line.split()) for line in text.splitlines() if "540p" in line]
    assert row.strip("│ ") == "540p, crf 28 │ 2/3 │ 12.5 │ 30.0"
    assert "50.00 dB, lowest 49.00 dB" in text


def test_the_command_logs_every_trial_and_counts_false_alarms(film: Path, short: None, tmp_path: Path) -> None:
    app, bench = typer.Typer(), typer.Typer()
    trials.register(bench)
    app.add_typer(bench, name="bench")
    log = tmp_path / "log.jsonl"
    words = ["bench", "marks", str(film), "--trials", "1", "--first", "7", "--unmarked", "3", "--log", str(log)]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    told = json.loads(log.read_text())
    assert (told["seed"], told["n"], told["clip"]) == (1, 7, "a.mp4")
    assert told["psnr"] == trial(film / "a.mp4", np.random.default_rng([1, 7])).psnr
    assert "0 of 3 unmarked windows seen as marked" in " ".join(result.output.split())


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    for place in (tmp_path / "none", tmp_path / "a.mp4", tmp_path / "empty"):
        (tmp_path / "empty").mkdir(exist_ok=True)
        with pytest.raises(InputError, match="holds no clips; name a folder of videos"):
            trials.marks(place)
