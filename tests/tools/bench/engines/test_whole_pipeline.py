"""`bench engines --pipeline` on a narrow stand-in: what is run, in which order, and what the ratios are of."""

import json
from pathlib import Path

import cv2
import pytest
import typer
from typer.testing import CliRunner

from engines.errors import InputError
from stream.jobs.job import SwapJob
from stream.pipeline.stages import Stages
from stream.telemetry.stats import Table
from tests.tools.commands import film, needs_models, portrait
from tools.bench.engines import command as bench_engines
from tools.bench.engines import whole_pipeline as enginepipe
from tools.bench.engines.contenders import Subject
from tools.bench.engines.whole_pipeline import Journey, Ran, as_json, measure
from tools.bench.file.measure import transcode

pytestmark = needs_models


def few(monkeypatch: pytest.MonkeyPatch, narrow: Subject) -> None:
    """The narrow stand-in, and one precision of each runtime."""
    monkeypatch.setattr(enginepipe, "subject", lambda *_: narrow)
    monkeypatch.setattr(enginepipe, "PRECISIONS", {"openvino": ("int8",), "ort-cpu": ("f32",)})


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    face = tmp_path / "face.png"
    cv2.imwrite(str(face), portrait()[..., ::-1])
    return face, film(tmp_path / "clip.mp4", 8, with_face=True)


def test_every_way_goes_through_the_whole_clip_in_turns(
    narrow: Subject, files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    few(monkeypatch, narrow)
    order: list[tuple[int, int]] = []

    def noted(job: SwapJob, stages: Stages) -> tuple[float, float, Table]:
        made = transcode(job, stages)
        order.append((made[2].frames, made[2].stages["paint"].count))
        return made

    monkeypatch.setattr(enginepipe, "transcode", noted)
    said: list[str] = []
    found = measure(Journey(*files, height=128, frames=6, rounds=2, threads=1), ["openvino", "ort-cpu"], said.append)
    assert said == [] and order == [(6, 6)] * 4
    kinds = [(ran.backend, ran.precision) for ran in found]
    assert kinds == [("openvino", "int8"), ("ort-cpu", "f32")]
    assert all((ran.frames, ran.faces) == (6, 6) for ran in found), "one face in every frame"
    base = found[-1]
    assert base.times == 1
    assert all(ran.times == pytest.approx(ran.fps / base.fps) for ran in found)


def test_without_the_yardstick_there_is_no_ratio(
    narrow: Subject, files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As a user types it."""
    few(monkeypatch, narrow)
    app = typer.Typer()
    bench_engines.register(app)
    to, (face, clip) = tmp_path / "figures.json", files
    line = ["--pipeline", "--frames", "3", "--height", "128", "--rounds", "1", "--threads", "1", "--json", str(to)]
    line += ["--backend", "openvino", "--source", str(face), "--target", str(clip)]
    result = CliRunner().invoke(app, line, catch_exceptions=False)
    assert result.exit_code == 0 and "frames/s" in result.output
    rows = json.loads(to.read_text())["pipeline"]
    assert [(r["precision"], r["times"], r["frames"]) for r in rows] == [("int8", 0, 3)]


def test_a_clip_without_a_face_is_refused(
    narrow: Subject, files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    few(monkeypatch, narrow)
    empty = film(tmp_path / "empty.mp4", 4, with_face=False)
    with pytest.raises(InputError, match="no face was seen"):
        measure(Journey(files[0], empty, 128, 3, 1, 1), ["openvino"], print)


def test_figures_are_rounded_for_json() -> None:
    ran = Ran("standin-138m", "openvino", "bf16", 1.23456789, 2.00004, 12, 12)
    assert as_json([ran]) == [
        {
            "model": "standin-138m",
            "backend": "openvino",
            "precision": "bf16",
            "fps": 1.2346,
            "times": 2.0,
            "frames": 12,
            "faces": 12,
        }
    ]
