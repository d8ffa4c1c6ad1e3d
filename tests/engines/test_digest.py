"""The sha256 of a file, by value."""

from pathlib import Path

from engines.digest import sha256


def test_files_are_known_by_content(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    assert sha256(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
