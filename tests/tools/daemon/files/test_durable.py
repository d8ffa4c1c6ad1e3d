"""Small files that are whole, as they were or as they are to be."""

import os
from pathlib import Path

import pytest

from tests.tools.daemon.disks import no_writes
from tools.daemon.files.durable import sync, sync_folder, write_text


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    for text in ("{}", '{"a": "ä"}'):
        write_text(path, text)
        assert path.read_text("utf-8") == text
    assert [p.name for p in tmp_path.iterdir()] == ["state.json"]


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    write_text(path, "before")
    with no_writes(), pytest.raises(OSError, match="large"):
        write_text(path, "after")
    assert path.read_text() == "before" and [p.name for p in tmp_path.iterdir()] == ["state.json"]


def test_names_are_brought_to_disk_where_the_system_can(tmp_path: Path) -> None:
    sync_folder(tmp_path)
    reading, writing = os.pipe()
    sync(reading)  # which cannot
    os.close(reading)
    os.close(writing)
    with pytest.raises(FileNotFoundError):
        sync_folder(tmp_path / "none")
