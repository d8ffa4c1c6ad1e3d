"""Where a job's files may lie, and what kind of file they may be."""

import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.daemon.errors import RequestError
from tools.daemon.files.allowed import AllowedFolders, check_kind, printable


def test_what_lies_inside_is_allowed_by_its_real_path(tmp_path: Path) -> None:
    inside = tmp_path / "in"
    (inside / "deep").mkdir(parents=True)
    (inside / "link").symlink_to(inside / "deep")
    allowed = AllowedFolders((inside,))
    assert allowed.path(f"{inside}/a.mp4", "target") == inside / "a.mp4"
    assert allowed.path(f"{inside}/link/a.mp4", "target") == inside / "deep" / "a.mp4", "links are followed now"
    assert allowed.path(f"{inside}/deep/../a.mp4", "target") == inside / "a.mp4"


def test_what_lies_outside_is_not(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    for folder in (inside, outside):
        folder.mkdir()
    (inside / "link").symlink_to(outside)
    (inside / "file").symlink_to(outside / "b.mp4")
    (inside / "round").symlink_to(inside / "round")
    allowed = AllowedFolders((inside,))
    for text in (f"{outside}/a.mp4", f"{inside}/../out/b.mp4", f"{inside}/link/b.mp4", f"{inside}/file", "/etc/passwd"):
        with pytest.raises(RequestError, match=r"target: .* lies outside the daemon's folders; give a path in"):
            allowed.path(text, "target")
    with pytest.raises(RequestError, match=r"target: .*round"):
        allowed.path(f"{inside}/round/a.mp4", "target")


@pytest.mark.parametrize("text", ["-", "http://h/a.mp4", "concat:a|b\0", "a\nb.mp4", "file:///etc/passwd", "a\x1b[2J"])
def test_what_is_no_file_s_name_is_refused_and_not_repeated_raw(text: str) -> None:
    with pytest.raises(RequestError, match="not a file of this machine") as caught:
        AllowedFolders().path(text, "target")
    assert str(caught.value).isprintable()


def test_the_daemon_s_own_files_are_not_a_job_s(tmp_path: Path) -> None:
    """Its state may lie inside the folder that jobs may use."""
    allowed = AllowedFolders((tmp_path,), (tmp_path / "state",))
    assert allowed.path(f"{tmp_path}/states.mp4", "output")
    for text in (f"{tmp_path}/state/jobs/a/000000_0_9_10.mp4", f"{tmp_path}/state", "state/a.mp4"):
        with pytest.raises(RequestError, match="among the daemon's own files"):
            allowed.path(text, "target")


def test_relative_paths_count_from_the_one_folder(tmp_path: Path) -> None:
    assert AllowedFolders((tmp_path,)).path("deep/a.mp4", "target") == tmp_path / "deep" / "a.mp4"
    with pytest.raises(RequestError, match="outside"):
        AllowedFolders((tmp_path,)).path("../a.mp4", "target")
    with pytest.raises(RequestError, match=r"output: a.mp4 is a relative path; give a full path in .*, "):
        AllowedFolders((tmp_path, tmp_path / "more")).path("a.mp4", "output")
    with pytest.raises(RequestError, match="give a full path from the root"):
        AllowedFolders().path("a.mp4", "output")
    assert AllowedFolders(base=tmp_path).path("a.mp4", "target") == tmp_path / "a.mp4"


@given(st.text(max_size=30))
def test_whatever_the_text_it_is_a_path_inside_or_refused(text: str) -> None:
    allowed = AllowedFolders((Path("/nowhere"),))
    try:
        assert allowed.path(text, "target").is_relative_to("/nowhere")
    except RequestError as error:
        assert str(error).encode(), "no half characters in it"


def test_only_plain_files_are_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe would be waited for without end, and a device is nobody's video."""
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "folder.mp4").mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        monkeypatch.chdir(tmp_path)  # a socket's path may not be long
        listener.bind("socket.mp4")
        kinds = {"pipe.mp4": "a pipe", "folder.mp4": "a folder", "socket.mp4": "a socket"}
        for name, kind in kinds.items():
            with pytest.raises(RequestError, match=f"target: .*{name} is {kind}, and no plain file"):
                check_kind(tmp_path / name, "target")
    with pytest.raises(RequestError, match="/dev/zero is a device"):
        check_kind(Path("/dev/zero"), "target")
    check_kind(tmp_path / "folder.mp4", "source", folder=True)
    check_kind(tmp_path / "may-still-come.mp4", "target")
    (tmp_path / "plain.mp4").touch()
    check_kind(tmp_path / "plain.mp4", "target")


def test_what_no_terminal_should_get_is_written_out() -> None:
    assert printable("a\x1b[2Jb\ud800\n") == r"a\x1b[2Jb\ud800\n"
