"""Models that do not fit into memory are refused before they are read."""

from pathlib import Path

import pytest

from engines.backends.memory import available, refuse_too_big
from engines.errors import ModelError


def test_available_memory_is_read(tmp_path: Path) -> None:
    (tmp_path / "m").write_text("MemTotal:  9000 kB\nMemFree:   100 kB\nMemAvailable:   2000 kB\n")
    assert available(tmp_path / "m") == 2_048_000
    (tmp_path / "m").write_text("MemTotal:  9000 kB\n")
    assert available(tmp_path / "m") is None
    assert available(tmp_path / "nothing") is None


def test_too_big_is_said_with_both_figures() -> None:
    refuse_too_big(100, 221)
    refuse_too_big(10**15, None)
    with pytest.raises(ModelError, match=r"about 2\.2 GB .* 1\.5 GB are free"):
        refuse_too_big(10**9, int(1.5e9))
