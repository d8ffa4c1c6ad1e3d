"""All that a job reads: opened once, fingerprinted under the names that were asked for, watched for changes."""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.errors import InputError
from stream.consent.package import default_identities
from tests.stream.clips import make
from tools.daemon.files.pinned import PinnedInputs
from tools.daemon.process.inputs import ChangedInputError, JobInputs
from tools.daemon.request import Request


@pytest.fixture
def asked(tmp_path: Path) -> Request:
    make(tmp_path / "clip.mp4", frames=5)
    (tmp_path / "bob").mkdir()
    for name in ("a.png", "b.png", "bob/c.png", "ref.png"):
        cv2.imwrite(str(tmp_path / name), np.full((32, 32, 3), len(name), np.uint8))
    options = {"map": [f"1=reference:{tmp_path}/ref.png", "2=left-to-right:1"], "routing": "fast"}
    source = (f"{tmp_path}/a.png,{tmp_path}/b.png", f"{tmp_path}/bob")
    return Request(f"{tmp_path}/clip.mp4", f"{tmp_path}/out.mp4", source, True, options=options)


@pytest.fixture
def pins(tmp_path: Path) -> Iterator[PinnedInputs]:
    with PinnedInputs(tmp_path / "job") as made:
        yield made


def test_every_file_is_read_through_its_one_opening(asked: Request, pins: PinnedInputs, tmp_path: Path) -> None:
    inputs = JobInputs(asked, ".output/out.mp4", pins)
    request = inputs.request
    assert inputs.demuxer == "mov" and request.output == ".output/out.mp4"
    texts = [request.target, *request.source[0].split(","), request.source[1], str(request.options["map"])]
    assert all("/job/.inputs/" in text for text in texts) and request.options["routing"] == "fast"
    assert Path(request.source[1]).name == "bob"
    prints = inputs.read(lambda: None)
    assert set(prints) == {f"{tmp_path}/{n}" for n in ("clip.mp4", "a.png", "b.png", "bob/c.png", "ref.png")}
    inputs.check_unchanged()


@pytest.mark.parametrize("name", ["clip.mp4", "b.png", "bob/c.png", "ref.png"])
def test_whatever_is_written_to_is_seen(asked: Request, pins: PinnedInputs, tmp_path: Path, name: str) -> None:
    inputs = JobInputs(asked, "out.mp4", pins)
    before = inputs.read(lambda: None)
    with (tmp_path / name).open("ab") as file:
        file.write(b"x")
    with pytest.raises(ChangedInputError, match=f"{name} was changed while it was read"):
        inputs.check_unchanged()
    after = inputs.read(lambda: None)
    assert {key for key in before if before[key].sha256 != after[key].sha256} == {f"{tmp_path}/{name}"}


def test_without_proc_a_name_that_leads_elsewhere_in_the_end_is_told(asked: Request, tmp_path: Path) -> None:
    """Where no hard link can be made: the job's folder is on another disk, or the file system has none."""
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("this machine has no second disk to write to")
    with (
        tempfile.TemporaryDirectory(dir=memory) as folder,
        PinnedInputs(Path(folder), tmp_path / "no-proc") as pins,
    ):
        inputs = JobInputs(asked, "out.mp4", pins)
        assert inputs.request.target == asked.target
        inputs.read(lambda: None)
        inputs.check_unchanged()
        shutil.copy(tmp_path / "a.png", tmp_path / "new.png")
        (tmp_path / "new.png").replace(tmp_path / "a.png")
        with pytest.raises(ChangedInputError, match=r"a\.png was replaced while it was read"):
            inputs.check_unchanged()


def test_a_kept_identity_counts_by_what_it_holds(asked: Request, pins: PinnedInputs, tmp_path: Path) -> None:
    def keep(photo: str) -> None:
        default_identities().add("ann", [tmp_path / photo], "Ann, by mail", datetime(2026, 1, 1))

    keep("a.png")
    one = replace(asked, source=("ann",), options={})
    first = JobInputs(one, "out.mp4", pins).read(lambda: None)
    assert set(first) == {f"{tmp_path}/clip.mp4", "identity ann"}
    default_identities().remove("ann")
    keep("bob/c.png")
    second = JobInputs(one, "out.mp4", pins).read(lambda: None)
    assert first["identity ann"].sha256 != second["identity ann"].sha256


def test_a_picture_has_no_demuxer_and_what_is_no_video_is_refused(
    asked: Request, pins: PinnedInputs, tmp_path: Path
) -> None:
    assert JobInputs(replace(asked, target=f"{tmp_path}/a.png"), "out.png", pins).demuxer == ""
    (tmp_path / "clip.mp4").write_text("#EXTM3U\n")
    with pytest.raises(InputError, match=rf"^{tmp_path}/clip\.mp4 is a text file or a playlist"):
        JobInputs(asked, "out.mp4", pins)
