"""The errors that a user may see: one tree, one way out of the command line."""

import inspect

import pytest

from engines import errors
from engines.errors import UnderstudyError
from tests.tools.commands import understudy

KINDS = [one for _, one in inspect.getmembers(errors, inspect.isclass)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_is_caught_as_one_and_keeps_its_message(kind: type[UnderstudyError]) -> None:
    with pytest.raises(UnderstudyError, match=r"^clip\.mp4 is gone; give another$"):
        raise kind("clip.mp4 is gone; give another")
    assert kind.exit_code == 2 and kind.__doc__


def test_the_command_line_prints_one_line_and_exits_with_its_code() -> None:
    ended = understudy("identity", "show", "nobody")
    assert ended.returncode == UnderstudyError.exit_code
    [line] = ended.stderr.splitlines()
    assert line.startswith("error: ") and "nobody" in line
