"""Files that are there are replaced only when that is asked for."""

import re
from pathlib import Path

import pytest

from engines.errors import OutputError
from tools.cli.overwrite import may_replace


def there(folder: Path, count: int) -> list[Path]:
    made = [folder / f"{number}.mp4" for number in range(count)]
    for path in made:
        path.write_bytes(b"x")
    return made


def test_a_script_is_refused_with_one_line_that_says_how(tmp_path: Path) -> None:
    (path,) = there(tmp_path, 1)
    line = f"{path} exists; give -y (--overwrite) to replace it, or name another"
    with pytest.raises(OutputError, match=f"^{re.escape(line)}$"):
        may_replace((None, "-", tmp_path / "new.mp4", str(path)), overwrite=False)


def test_many_are_counted(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"4\.mp4 and 2 more exist; give -y \(--overwrite\) to replace them, or wait"):
        may_replace(there(tmp_path, 7), overwrite=False, instead="wait")


def test_what_was_asked_for_what_is_new_and_what_is_no_file_goes_through(tmp_path: Path) -> None:
    may_replace(there(tmp_path, 2), overwrite=True)
    may_replace((None, "-", "rtmp://host/live/key", tmp_path / "new.mp4", tmp_path, "/dev/null"), overwrite=False)
