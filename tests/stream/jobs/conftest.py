"""The journal of unmarked outputs lies in each test's own folder."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where it will lie; it is written when an output is not marked."""
    path = tmp_path / "journal.jsonl"
    monkeypatch.setenv("UNDERSTUDY_JOURNAL", str(path))
    return path
