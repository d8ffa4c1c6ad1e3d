"""`understudy swap` as a user calls it: a process of its own, real files, real networks. Its marks: test_swap_marks."""

import json
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from stream.perception.face_finding import NAMES as NETWORKS
from tests.stream.bundles import bundle
from tests.stream.marks.clips import remuxed
from tests.tools.commands import (
    AGREED,
    failed,
    film,
    needs_models,
    on_terminal,
    portrait,
    sound,
    times,
    understudy,
)


@pytest.fixture
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that is there, for what is told before it is opened."""
    path = tmp_path_factory.mktemp("photo") / "a.jpg"
    path.write_bytes(b"a face")
    return path


LONG = 900  # frames: more than a second's work


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film(tmp_path_factory.mktemp("target") / "long.mp4", LONG, with_face=False)


# ---- without networks: what is told before they are loaded


def test_a_missing_source_option_names_the_fix(tmp_path: Path) -> None:
    assert failed("in.mp4", tmp_path / "out.mp4") == "error: no source face was given; add --source FACE.jpg"


def test_crf_and_bitrate_exclude_each_other(photo: Path) -> None:
    assert "exclude each other" in failed("-s", photo, "in.mp4", "out.mp4", "--crf", 20, "--bitrate", "1M")


def test_a_missing_target_is_told_before_any_network_is_loaded(photo: Path, tmp_path: Path) -> None:
    assert "there is no file nowhere.mp4" in failed("-s", photo, "nowhere.mp4", tmp_path / "out.mp4")


def test_an_output_over_the_input_is_refused(photo: Path, tmp_path: Path) -> None:
    target = film(tmp_path / "in.mp4", 3, with_face=False)
    before = target.read_bytes()
    assert "is also read here" in failed("-s", photo, target, target)
    assert target.read_bytes() == before


def test_a_text_file_named_mp4_is_told(photo: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.mp4").write_text("dear diary\n" * 20)
    assert "text file" in failed("-s", photo, tmp_path / "notes.mp4", tmp_path / "out.mp4")
    assert not (tmp_path / "out.mp4").exists()


def test_a_video_is_no_picture_and_no_name_is_no_folder(photo: Path, tmp_path: Path) -> None:
    target = film(tmp_path / "in.mp4", 3, with_face=False)
    line = failed("-s", photo, target, tmp_path / "out.png")
    assert f"write to a .mp4, or take one frame with --preview {tmp_path / 'out.png'}" in line
    assert failed("-s", photo, target, "") == "error: OUTPUT is empty; name a file, as out.mp4"
    assert failed("-s", photo, "", tmp_path / "out.mp4") == "error: TARGET is empty; name a video or a picture"
    assert failed("-s", "", target, tmp_path / "out.mp4") == "error: --source is empty; name a photo of a face"
    assert list(tmp_path.iterdir()) == [target]


def test_an_output_that_cannot_be_is_told_and_leaves_nothing(photo: Path, tmp_path: Path) -> None:
    target = film(tmp_path / "in.mp4", 3, with_face=False)
    assert "no folder" in failed("-s", photo, target, tmp_path / "sub" / "out.mp4")
    assert "webm cannot hold libx264" in failed("-s", photo, target, tmp_path / "out.webm", "--codec", "libx264")
    assert "no encoder nonsense" in failed("-s", photo, target, tmp_path / "out.mp4", "--codec", "nonsense")
    assert "no folder" in failed("-s", photo, target, tmp_path / "out.mp4", "--report", tmp_path / "sub" / "r.json")
    assert list(tmp_path.iterdir()) == [target]


def test_streams_that_cannot_be_kept_are_an_error_where_that_is_asked_for(photo: Path, tmp_path: Path) -> None:
    target, out = bundle(tmp_path / "in.mkv", sounds=["aac"], words=["subrip"]), tmp_path / "out"
    lost = "mpegts cannot hold the subtitle stream 2 (subrip) of the input; write to "
    line = failed("-s", photo, target, tmp_path / "out.ts", "--streams", "strict")
    assert line == f"error: {lost}{tmp_path / 'out.mkv'}, which holds it"
    many = understudy(
        *("swap", AGREED, "-s", photo, target, "--output-dir", out, "--name", "{stem}.ts", "--streams", "strict")
    )
    assert many.returncode == 2 and f"failed: {target}: {lost}" in many.stderr
    assert not list(out.iterdir()) and len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("option", [None, "--preview", "--report"])
def test_a_script_replaces_nothing_without_being_told_to(photo: Path, tmp_path: Path, option: str | None) -> None:
    old = tmp_path / "old.mp4"
    old.write_text("precious")
    words: list[object] = [old] if option is None else [tmp_path / "out.mp4", option, old]
    line = f"error: {old} exists; give -y (--overwrite) to replace it, or name another"
    assert failed("-s", photo, "nowhere.mp4", *words) == line
    assert "there is no file nowhere.mp4" in failed("-y", "-s", photo, "nowhere.mp4", *words)
    assert old.read_text() == "precious"


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals there")
@pytest.mark.parametrize("answer", ["n", "", "y"])
def test_on_a_terminal_an_existing_output_is_replaced_only_after_a_yes(
    photo: Path, tmp_path: Path, answer: str
) -> None:
    out = tmp_path / "out.mp4"
    out.write_text("precious")
    code, shown = on_terminal(answer, "swap", AGREED, "-s", photo, "nowhere.mp4", out)
    said = "".join(shown.splitlines())
    assert code == 2 and "out.mp4 exists. Replace it? [y/N]" in said
    assert ("there is no file nowhere.mp4" if answer == "y" else "was left as it is") in said
    assert out.read_text() == "precious"


# ---- with networks


class TestWithNetworks:
    pytestmark = needs_models

    def test_a_clip_goes_through_whole_and_is_reported(self, face: Path, clip: Path, tmp_path: Path) -> None:
        out, report = tmp_path / "out.mp4", tmp_path / "run.json"
        result = understudy("swap", AGREED, "--source", face, clip, out, "--report", report)
        assert result.returncode == 0, result.stderr
        assert len(times(clip)) == 45
        assert max(abs(a - b) for a, b in zip(times(clip), times(out), strict=True)) <= Fraction(1, 1000)
        assert sound(out) == sound(clip)
        told = json.loads(report.read_text())
        assert list(told) == [
            "frames", "routes", "stages", "fps", "wall_s", "input", "output", "consent", "models", "marking",
            "sources", "missed_faces",
        ]  # fmt: skip
        assert [f["index"] for f in told["frames"]] == list(range(45))
        assert {f["route"] for f in told["frames"]} == {"fast"}
        assert {t["id"] for f in told["frames"] for t in f["tracks"]} == {0}
        assert told["sources"] == [{"source": 1, "photos": [str(face)], "frames": 45}]
        assert told["stages"]["paint"]["count"] == 45
        assert set(told["stages"]["paint"]) == {"count", "p50_ms", "p95_ms", "p99_ms"}
        assert told["input"]["frames"] == 45
        assert told["output"] == {"path": str(out), "frames": 45, "bytes": out.stat().st_size}
        assert [(s["given"], s["name"]) for s in told["consent"]["sources"]] == [(AGREED, "grace.png")]
        assert [m["name"] for m in told["models"]][:2] == list(NETWORKS)
        for words in ("fast", "100.0%", "perceive", "encode", "45 frames in", f"wrote {out}"):
            assert words in result.stdout.replace("\n", " ")

    @pytest.mark.parametrize(("words", "mark"), [([], 1), (["--without", "watermark", "--because", "a test"], 0)])
    def test_a_painted_face_differs_and_its_surroundings_do_not(
        self, face: Path, clip: Path, tmp_path: Path, words: list[str], mark: int
    ) -> None:
        """But for the invisible mark, which moves luma by one level at most and chroma not at all."""
        report, out = tmp_path / "run.json", tmp_path / "out.mkv"
        done = understudy("swap", AGREED, "-q", "-s", face, clip, out, *words, "--codec", "ffv1", "--report", report)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        box = json.loads(report.read_text())["frames"][20]["tracks"][0]["box"]
        with av.open(str(clip)) as a, av.open(str(out)) as b:
            before, after = ([f.to_ndarray() for f in c.decode(video=0)][20].astype(int) for c in (a, b))
        assert np.array_equal(before[320:][:, :8], after[320:][:, :8]), "chroma beside the face"
        moved = np.abs(before - after)[:320]
        changed = moved > mark
        cx, cy, reach = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2, box[2] - box[0]
        y, x = np.indices(changed.shape)
        far = np.hypot(x - cx, y - cy) > reach
        assert changed[~far].sum() > 500
        assert not changed[far].any(), "what is not painted stays bit for bit"
        assert moved[far].any() == bool(mark)

    def test_frames_without_a_face_pass(self, face: Path, tmp_path: Path) -> None:
        target = film(tmp_path / "noise.mp4", 12, with_face=False)
        report = tmp_path / "run.json"
        result = understudy("swap", AGREED, "-s", face, target, tmp_path / "out.mp4", "--report", report)
        assert result.returncode == 0, result.stderr
        assert [f["route"] for f in json.loads(report.read_text())["frames"]] == ["pass"] * 12
        assert "pass" in result.stdout

    def test_a_span_is_cut_out(self, face: Path, clip: Path, tmp_path: Path) -> None:
        out = tmp_path / "out.mp4"
        assert understudy("swap", AGREED, "-q", "-s", face, clip, out, "--start", "0.5", "--end", "1.0").returncode == 0
        assert len(times(out)) == 15
        assert times(out)[0] == 0

    def test_a_span_outside_the_clip_is_told(self, face: Path, clip: Path, tmp_path: Path) -> None:
        line = failed("-q", "-s", face, clip, tmp_path / "out.mp4", "--start", "0:10")
        assert "between --start and --end" in line
        assert list(tmp_path.iterdir()) == []

    def test_stdin_and_stdout_are_pipes_and_words_go_to_stderr(self, face: Path, clip: Path, tmp_path: Path) -> None:
        stream = tmp_path / "in.mkv"
        remuxed(clip, stream)
        command = [sys.executable, "-m", "tools.main", "swap", AGREED, "-s", str(face), "-", "-"]
        with stream.open("rb") as taken:
            done = subprocess.run(command, stdin=taken, capture_output=True, timeout=100, check=False)
        assert done.returncode == 0, done.stderr
        assert b"45 frames in" in done.stderr
        (tmp_path / "out.mkv").write_bytes(done.stdout)
        assert len(times(tmp_path / "out.mkv")) == 45

    @pytest.mark.parametrize("ending", ["png", "jpg", "webp"])
    def test_pictures_are_targets_too(self, face: Path, tmp_path: Path, ending: str) -> None:
        target, out = tmp_path / f"in.{ending}", tmp_path / f"out.{ending}"
        mirrored = np.ascontiguousarray(portrait()[:, ::-1])
        cv2.imwrite(str(target), mirrored[..., ::-1])
        result = understudy("swap", AGREED, "-s", face, target, out, "--report", tmp_path / "run.json")
        assert result.returncode == 0, result.stderr
        told = json.loads((tmp_path / "run.json").read_text())
        assert [f["route"] for f in told["frames"]] == ["fast"]
        before, after = cv2.imread(str(target)), cv2.imread(str(out))
        assert before is not None
        assert after is not None
        assert after.shape == (512, 512, 3)
        x0, y0, x1, y1 = (int(v) for v in told["frames"][0]["tracks"][0]["box"])
        apart = np.abs(before.astype(int) - after)
        assert apart[y0:y1, x0:x1].mean() > 1
        assert apart[400:, :].max() <= (1 if ending != "jpg" else 20)

    @pytest.mark.parametrize(
        ("words", "left", "right"),
        [
            (["--map", "1=left-to-right:2"], False, True),
            (["--map", "2=left-to-right:1"], True, False),
            ([], True, True),
        ],
    )
    def test_several_sources_go_where_the_map_says(
        self, face: Path, tmp_path: Path, words: list[str], left: bool, right: bool
    ) -> None:
        """Two people side by side and two sources; without a map they go from left to right."""
        target, out = tmp_path / "two.png", tmp_path / "out.png"
        half = portrait()[:, 60:400]
        cv2.imwrite(str(target), np.concatenate([half, half[:, ::-1]], axis=1)[..., ::-1])
        assert understudy("swap", AGREED, "-q", "-s", face, "-s", face, *words, target, out).returncode == 0
        before, after = np.asarray(cv2.imread(str(target))), np.asarray(cv2.imread(str(out)))
        changed = (np.abs(before.astype(int) - after) > 1).any(axis=2)
        middle = changed.shape[1] // 2
        assert (changed[:, :middle].any(), changed[:, middle:].any()) == (left, right)

    def test_a_picture_without_a_face_is_written_unchanged_and_said_so(self, face: Path, tmp_path: Path) -> None:
        target, out = tmp_path / "in.png", tmp_path / "out.png"
        pixels = np.random.default_rng(1).integers(0, 255, (120, 160, 3), np.uint8)
        cv2.imwrite(str(target), pixels)
        result = understudy("swap", AGREED, "-s", face, target, out)
        assert result.returncode == 0
        said = " ".join(result.stderr.split())
        assert "unchanged and unmarked" in said and "no face was painted: none that was wanted was seen" in said
        assert np.array_equal(np.asarray(cv2.imread(str(out))), pixels)

    def test_a_preview_is_one_frame_before_and_after(self, face: Path, clip: Path, tmp_path: Path) -> None:
        shot = tmp_path / "frame.png"
        result = understudy("swap", AGREED, "-s", face, clip, "--preview", shot)
        assert result.returncode == 0, result.stderr
        image = cv2.imread(str(shot))
        assert image is not None
        assert image.shape == (320, 320 + 8 + 320, 3)
        before, after = image[:, :320].astype(int), image[:, 328:].astype(int)
        assert np.abs(before - after).max() > 20
        assert np.abs(before[300:] - after[300:]).max() <= 2, "each half has its own place in the mark"
        assert list(tmp_path.iterdir()) == [shot]

    def test_a_preview_without_a_face_is_refused(self, face: Path, tmp_path: Path) -> None:
        target = film(tmp_path / "noise.mp4", 5, with_face=False)
        line = failed("-s", face, target, "--preview", tmp_path / "frame.png")
        assert "no face to paint was seen anywhere" in line
        assert list(tmp_path.iterdir()) == [target]

    def test_a_source_without_a_face_is_told_and_leaves_nothing(self, clip: Path, tmp_path: Path) -> None:
        photo = tmp_path / "grey.png"
        cv2.imwrite(str(photo), np.full((200, 300, 3), 128, np.uint8))
        assert "no face" in failed("-s", photo, clip, tmp_path / "out.mp4")
        assert list(tmp_path.iterdir()) == [photo]

    def test_a_broken_stream_ends_with_one_line_and_no_file(self, face: Path, clip: Path, tmp_path: Path) -> None:
        whole, broken = clip.read_bytes(), tmp_path / "broken.mp4"
        middle = whole.find(b"mdat") + 2000
        broken.write_bytes(whole[:middle] + bytes(len(whole) - middle - 8000) + whole[-8000:])
        out, report = tmp_path / "out.mp4", tmp_path / "run.json"
        assert "damaged" in failed("-q", "-s", face, broken, out, "--report", report)
        assert list(tmp_path.iterdir()) == [broken]

    @pytest.mark.skipif(sys.platform == "win32", reason="no limits of this kind there")
    def test_an_output_that_runs_out_of_room_ends_with_one_line_and_no_file(
        self, face: Path, clip: Path, tmp_path: Path
    ) -> None:
        """A limit on file sizes stands for a disk that fills up on the way."""
        out = tmp_path / "out.mp4"
        code = (
            "import resource, sys; from tools.main import main;"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)); main()"
        )
        words = ["swap", AGREED, "-q", "-s", str(face), str(clip), str(out), "--crf", "1"]
        done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, timeout=100)
        assert done.returncode == 2
        (line,) = done.stderr.splitlines()
        assert line.startswith(f"error: cannot write {out}: ")
        assert list(tmp_path.iterdir()) == []

    def test_settings_come_from_a_file_and_the_command_line_wins(self, face: Path, clip: Path, tmp_path: Path) -> None:
        settings = tmp_path / "settings.toml"
        settings.write_text(f'[swap]\nsource = "{face}"\nquiet = true\ncodec = "nonsense"\n')
        out = tmp_path / "out.mp4"
        done = understudy("swap", AGREED, "--config", settings, "--codec", "libx264", "--end", "0.3", clip, out)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert len(times(out)) == 9

    @pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise there")
    @pytest.mark.parametrize("presses", [1, 2])
    def test_ctrl_c_leaves_a_playable_file_and_twice_nothing(
        self, face: Path, long: Path, tmp_path: Path, presses: int
    ) -> None:
        out, report = tmp_path / "out.mp4", tmp_path / "run.json"
        words = ["swap", AGREED, "-s", face, long, out, "--report", report, "--preset", "medium", "--threads", "1"]
        command = [sys.executable, "-m", "tools.main", *map(str, words)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
            until = time.monotonic() + 60
            while not any(p.stat().st_size for p in tmp_path.glob("run.*part.json")) and time.monotonic() < until:
                time.sleep(0.01)  # rows of the report are on disk: frames are flowing
            running.send_signal(signal.SIGINT)
            if presses == 2:
                assert running.stderr is not None
                assert "stopping" in running.stderr.readline()
                running.send_signal(signal.SIGINT)
            stdout, stderr = running.communicate(timeout=60)
        assert running.returncode == 130, stderr
        assert "Traceback" not in stderr
        if presses == 2:
            assert stderr == "error: interrupted; nothing was kept\n"
            assert list(tmp_path.iterdir()) == []
            return
        assert "stopping" in stderr
        kept = len(times(out))
        assert 0 < kept < LONG
        assert len(json.loads(report.read_text())["frames"]) == kept
        assert times(out) == pytest.approx(times(long)[:kept], abs=1e-3)
        assert f"the first {kept} frames are in {out}" in stdout
        assert 0 < len(sound(out)) < len(sound(long))
        assert {p.name for p in tmp_path.iterdir()} == {"out.mp4", "run.json"}
