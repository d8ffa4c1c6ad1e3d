"""`understudy bench file`: sizes, refusals, the JSON's exact shape, what the figures mean. Real files and networks."""

import json
import multiprocessing
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from rich.console import Console

from engines.errors import InputError, OutputError, UnderstudyError
from engines.store.store import default_store
from stream.telemetry.stats import StageTiming
from tools.bench.file.command import bench_file, material, parse_sizes, render
from tools.bench.file.measure import FileFigures, peak_mb

NETWORKS = ("face_detection_short_range", "face_landmark")
FIGURES = FileFigures(
    bare_fps=100.0,
    fps=62.5,
    cpu=0.0301,
    peak_mb=512.34,
    stages={"decode": StageTiming(10, 0.1, 0.01, 0.012, 0.0129), "encode": StageTiming(10, 0.2, 0.02, 0.021, 0.022)},
    busy={"decode": 0.25, "perceive": 0.3, "paint": 0.5, "encode": 0.91},
    bottleneck="encode",
    routes={"fast": 10},
)


def test_sizes_are_heights() -> None:
    assert parse_sizes("360p, 1080p,72") == {"360p": 360, "1080p": 1080, "72p": 72}


@pytest.mark.parametrize("text", ["", ",", "big", "5p", "361p", "9000p", "-360p", "720i"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(UnderstudyError, match="--sizes"):
        parse_sizes(text)


def test_missing_files_are_named(tmp_path: Path) -> None:
    face = tmp_path / "face.jpg"
    face.touch()
    with (
        pytest.raises(InputError, match=r"--source: there is no file .*none\.jpg"),
        material(tmp_path / "none.jpg", None),
    ):
        pass
    with (
        pytest.raises(InputError, match=r"--target: there is no file .*none\.mp4"),
        material(face, tmp_path / "none.mp4"),
    ):
        pass


def test_what_is_given_is_taken_and_what_is_not_is_the_demos(tmp_path: Path) -> None:
    pytest.importorskip("skimage")
    pytest.importorskip("matplotlib")
    clip = tmp_path / "clip.mp4"
    clip.touch()
    with material(None, clip) as (face, taken):
        assert taken == clip
        photo = cv2.imread(str(face))
        assert photo is not None
        assert photo.shape[0] > 400
    assert not face.exists(), "nothing is left behind"


def test_a_place_that_cannot_be_written_is_told_before_anything_is_measured(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"there is no folder .*sub"):
        bench_file(source=None, target=None, json_=tmp_path / "sub" / "figures.json")


def test_the_json_of_a_size_is_exactly_as_promised() -> None:
    assert FIGURES.as_json() == {
        "bare_fps": 100.0,
        "fps": 62.5,
        "ratio": 0.625,
        "cpu_s_per_frame": 0.0301,
        "peak_mb": 512.3,
        "stages": {
            "decode": {"p50_ms": 10.0, "p95_ms": 12.0, "p99_ms": 12.9},
            "encode": {"p50_ms": 20.0, "p95_ms": 21.0, "p99_ms": 22.0},
        },
        "bottleneck": "encode",
    }


def test_a_size_is_told_to_people() -> None:
    console = Console(width=120, color_system=None)
    with console.capture() as capture:
        console.print(render("720p", FIGURES))
    lines = [" ".join(line.split()) for line in capture.get().splitlines()]
    assert lines[0] == "720p 62.5 fps, 0.62 of the bare transcode's 100.0"
    assert lines[1] == "30.1 ms of processor time a frame, 512 MB of memory at most"
    assert lines[2] == "stage count mean p50 p95 p99 busy"
    assert lines[4] == "encode 10 20.0 ms 20.0 ms 21.0 ms 22.0 ms 91%"
    assert lines[5] == "bottleneck: encode, at work 91% of the time"


def _grow(megabytes: int) -> tuple[float, float]:
    before = peak_mb()
    block = np.ones(megabytes * 1_000_000, np.uint8)
    during = peak_mb() + block[0] * 0
    del block
    return during - before, peak_mb() - during


def test_peak_memory_is_the_most_a_process_has_had() -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        grown, after = pool.apply(_grow, (200,))
    assert 180 < grown < 240
    assert abs(after) < 5, "a peak does not fall"


@pytest.mark.models
@pytest.mark.skipif(not all(map(default_store().holds, NETWORKS)), reason="the embedded models are not pulled")
def test_a_measurement_of_one_small_size(tmp_path: Path) -> None:
    photo = np.asarray(pytest.importorskip("skimage.data").astronaut(), np.uint8)
    face, clip, figures = tmp_path / "face.png", tmp_path / "clip.mp4", tmp_path / "figures.json"
    cv2.imwrite(str(face), photo[..., ::-1])
    with av.open(str(clip), "w") as sink:
        video = sink.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 320, 240, "yuv420p"
        for n in range(12):
            view = np.ascontiguousarray(photo[0:240, 80 + n : 400 + n])
            sink.mux(video.encode(av.VideoFrame.from_ndarray(view, format="rgb24")))
        sink.mux(video.encode(None))
    out = StringIO()
    with redirect_stdout(out):
        bench_file(
            source=face, target=clip, sizes="240p", preset="ultrafast", frames=30, rounds=1, threads=1, json_=figures
        )
    found = json.loads(figures.read_text())["sizes"]["240p"]
    assert set(found) == {"bare_fps", "fps", "ratio", "cpu_s_per_frame", "peak_mb", "stages", "bottleneck"}
    assert list(found["stages"]) == ["decode", "perceive", "route", "paint", "paste", "mark", "encode"]
    assert found["ratio"] == pytest.approx(found["fps"] / found["bare_fps"], abs=0.001)
    assert 0 < found["ratio"] < 1, "a swap costs something"
    assert found["bottleneck"] in ("decode", "perceive", "paint", "encode")
    assert found["cpu_s_per_frame"] > sum(found["stages"][s]["p50_ms"] for s in ("perceive", "paint")) / 4000
    assert 50 < found["peak_mb"] < 4000
    assert "of the bare transcode's" in out.getvalue()
