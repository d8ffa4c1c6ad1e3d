"""`understudy relight` as a user calls it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.tools.commands import needs_models, portrait, understudy
from tests.tools.relight.subjects import config, write
from tests.tools.relight.test_run import tree_of
from tools.relight.read_settings import default_text


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four pictures: two of a person, one of nobody, one that is damaged."""
    folder, photo = tmp_path_factory.mktemp("in"), portrait()
    write(folder / "00000.png", np.ascontiguousarray(photo[:260, 100:340]))
    write(folder / "00001.png", np.ascontiguousarray(photo[:260, 340:100:-1]))
    write(folder / "00002.png", np.full((80, 80, 3), 70, np.uint8))
    (folder / "00003.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    return folder


def test_the_settings_can_be_printed_and_help_imports_nothing() -> None:
    assert understudy("relight", "--print-config").stdout == default_text()
    assert "--num-samples" in understudy("relight", "--help").stdout
    assert " relight " in understudy("--help").stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "wants a folder of pictures and --to OUT"),
        (("{folder}",), "wants a folder of pictures and --to OUT"),
        (("{folder}/none", "--to", "{out}"), "there is no folder"),
        (("{folder}", "--to", "{out}", "--config", "{out}/none.toml"), "cannot read --config"),
    ],
)
def test_a_mistake_is_one_line(words: tuple[str, ...], says: str, folder: Path, tmp_path: Path) -> None:
    result = understudy("relight", *(w.format(folder=folder, out=tmp_path) for w in words))
    assert result.returncode == 2
    (line,) = result.stderr.splitlines()
    assert says in line


def test_a_bad_setting_is_told_before_anything_is_made(folder: Path, tmp_path: Path) -> None:
    at = config(tmp_path, "[light]\nelevation = [10, 99]\n")
    result = understudy("relight", folder, "--to", tmp_path / "out", "--config", at)
    assert result.returncode == 2
    assert "light.elevation = [10, 99]: write [least, most], two numbers from -90 to 90" in result.stderr
    assert not (tmp_path / "out").exists()


class TestRuns:
    pytestmark = needs_models

    def test_what_could_not_be_made_is_told_and_counted(self, folder: Path, tmp_path: Path) -> None:
        words = ("relight", folder, "--to", tmp_path / "out", "--config", config(tmp_path), "--workers", 1, "-q")
        first = understudy(*words)
        assert first.returncode == 1, "a file that is damaged is a failure"
        assert "2 made, 1 without a face, 1 failed, of 4 pictures" in first.stdout
        assert f"without a face: {folder / '00002.png'}" in first.stderr
        assert f"failed: {folder / '00003.png'}: " in first.stderr
        before = tree_of(tmp_path / "out")
        again = understudy(*words)
        assert "0 made, 2 there already, 1 without a face, 1 failed" in again.stdout
        assert tree_of(tmp_path / "out") == before

    def test_as_many_as_asked_and_with_progress(self, folder: Path, tmp_path: Path) -> None:
        result = understudy(
            "relight", folder, "--to", tmp_path / "out", "--config", config(tmp_path), "--num-samples", 1
        )
        assert result.returncode == 0
        assert "1 made, of 1 pictures" in result.stdout
        assert len(tree_of(tmp_path / "out")) == 13

    def test_other_settings_make_it_again(self, folder: Path, tmp_path: Path) -> None:
        words = ("relight", folder, "--to", tmp_path / "out", "--config", config(tmp_path), "--num-samples", 1, "-q")
        understudy(*words)
        before = tree_of(tmp_path / "out")
        assert "1 made, of 1 pictures" in understudy(*words, "--seed", 5).stdout
        assert tree_of(tmp_path / "out") != before
        understudy(*words)
        assert tree_of(tmp_path / "out") == before

    def test_nobody_at_all_ends_in_an_error_code(self, tmp_path: Path) -> None:
        (tmp_path / "in").mkdir()
        write(tmp_path / "in" / "wall.png", np.full((80, 80, 3), 70, np.uint8))
        result = understudy("relight", tmp_path / "in", "--to", tmp_path / "out", "-q")
        assert result.returncode == 2
        assert "0 made, 1 without a face, of 1 pictures" in result.stdout

    def test_a_second_run_into_one_folder_is_refused(self, folder: Path, tmp_path: Path) -> None:
        from stream.media.lock import OutputLock

        (tmp_path / "out").mkdir()
        lock = OutputLock(tmp_path / "out" / "relight")
        try:
            result = understudy("relight", folder, "--to", tmp_path / "out", "-q")
        finally:
            lock.release()
        assert result.returncode == 2
        assert "another run is writing" in result.stderr

    def test_a_killed_run_goes_on_with_the_same_bytes(self, folder: Path, tmp_path: Path) -> None:
        at, pictures = config(tmp_path), tmp_path / "in"
        pictures.mkdir()
        for n in range(3):
            (pictures / f"{n}.png").write_bytes((folder / "00000.png").read_bytes())
        words = [str(w) for w in ("relight", pictures, "--config", at, "-q")]
        command = [sys.executable, "-m", "tools.main", *words, "--workers", "2", "--to", str(tmp_path / "killed")]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
            done, end = tmp_path / "killed" / "outputs", time.monotonic() + 90
            while time.monotonic() < end and running.poll() is None and not list(done.glob("*_metadata.json")):
                time.sleep(0.02)
            os.kill(running.pid, signal.SIGKILL)
        some = {p.name: p.stat().st_mtime_ns for p in done.glob("*_metadata.json")}
        assert some, "one picture was done"
        for name in ("killed", "whole"):
            assert understudy(*words, "--workers", 1, "--to", tmp_path / name).returncode == 0
        assert tree_of(tmp_path / "killed") == tree_of(tmp_path / "whole")
        for name, when in some.items():
            assert (done / name).stat().st_mtime_ns == when, "what was done is not made again"
