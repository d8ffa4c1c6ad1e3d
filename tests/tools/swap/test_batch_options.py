"""The options for many files, and a batch as a user calls it."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.errors import OutputError, UnderstudyError
from tests.tools.commands import AGREED, failed, film, needs_models, portrait, understudy
from tools.swap.batch_options import BatchOptions


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (BatchOptions(recursive=True), "--recursive"),
        (BatchOptions(pattern="*.mp4"), "--pattern"),
        (BatchOptions(name="{stem}.mkv"), "--name"),
        (BatchOptions(skip_done=True), "--skip-done"),
    ],
)
def test_options_of_a_batch_want_its_folder(options: BatchOptions, named: str) -> None:
    with pytest.raises(UnderstudyError, match=f"{named} goes with --output-dir"):
        options.check()
    BatchOptions(Path("out"), True, "*.mp4", "{stem}.mkv", True).check()


def test_outputs_that_are_there_are_refused_replaced_or_left(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "a.mp4").write_bytes(b"x")
    with pytest.raises(OutputError, match=r"a.mp4 exists; give -y .* or --skip-done to leave what is whole"):
        BatchOptions(out).planned(["a.mp4"], [], False)
    assert BatchOptions(out).planned(["a.mp4"], [], True)[1]
    assert not BatchOptions(out, skip_done=True).planned(["a.mp4"], [], False)[1]
    (tmp_path / "told").mkdir()
    (tmp_path / "told" / "b.mp4.json").write_bytes(b"{}")
    with pytest.raises(OutputError, match=r"b\.mp4\.json exists; give -y"):
        BatchOptions(out).planned(["b.mp4"], [], False, report=tmp_path / "told")
    with pytest.raises(UnderstudyError, match="is a file; name a folder"):
        BatchOptions(out / "a.mp4").planned(["a.mp4"], [], False)


def test_collisions_and_options_of_one_file_are_told_before_anything_is_made(tmp_path: Path) -> None:
    face, out = tmp_path / "face.jpg", tmp_path / "out"
    face.write_bytes(b"a face")
    words = ("-s", face, "--output-dir", out)
    assert "would both become" in failed(*words, "a/clip.mp4", "b/clip.mp4")
    assert "would overwrite the input" in failed("-s", face, "--output-dir", tmp_path, tmp_path / "clip.mp4")
    assert f"--preview {tmp_path / 'p.png'}: with --output-dir it is a folder" in failed(
        *words, "a.mp4", "--preview", tmp_path / "p.png"
    )
    assert f"--report {face}: with --output-dir it is a folder" in failed(*words, "a.mp4", "--report", face)
    assert list(tmp_path.iterdir()) == [face]


class TestWithNetworks:
    pytestmark = needs_models

    def test_clips_and_pictures_of_a_folder_are_swapped_and_what_is_done_is_left(
        self, face: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "in" / "sub").mkdir(parents=True)
        film(tmp_path / "in" / "a.mp4", 6, with_face=True)
        mirrored = np.ascontiguousarray(portrait()[:, ::-1])
        cv2.imwrite(str(tmp_path / "in" / "sub" / "b.png"), mirrored[..., ::-1])
        (tmp_path / "in" / "c.mp4").write_text("dear diary\n" * 20)
        out = tmp_path / "out"
        into = ("--output-dir", out, "--name", "{stem}-new{suffix}")
        words = ("swap", AGREED, "-s", face, tmp_path / "in", "--recursive", *into)
        done = understudy(*words)
        assert done.returncode == 1
        assert {p.relative_to(out).as_posix() for p in out.rglob("*.*")} == {"a-new.mp4", "sub/b-new.png"}
        for made in ("a-new.mp4", "sub/b-new.png"):
            assert understudy("verify", "--quick", out / made).returncode == 0, made
        assert "2 of 3 files made, 1 failed; 7 frames in" in done.stdout
        assert "file 2 of 3: c.mp4" in done.stderr and done.stderr.splitlines()[-1].startswith("failed: ")
        before = {p: p.stat().st_mtime_ns for p in out.rglob("*.*")}
        again = understudy(*words, "--skip-done")
        assert again.returncode == 1 and "0 of 3 files made, 2 skipped, 1 failed" in again.stdout
        assert {p: p.stat().st_mtime_ns for p in out.rglob("*.*")} == before
