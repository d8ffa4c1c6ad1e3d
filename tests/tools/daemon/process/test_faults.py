"""Whose fault a failure is: the machine's, which may pass, or the job's own."""

import errno

import av
import pytest

from engines.errors import InputError, OutputError, SourceError, UnderstudyError
from tools.daemon.process.faults import exit_code
from tools.daemon.process.inputs import ChangedInputError
from tools.daemon.queue.retries import ExitCode


def caused(error: UnderstudyError, cause: BaseException) -> UnderstudyError:
    try:
        try:
            raise cause
        except BaseException as inner:
            raise error from inner
    except UnderstudyError as outer:
        return outer


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SourceError("no face in it"), ExitCode.WRONG),
        (InputError("it is damaged"), ExitCode.WRONG),
        (caused(InputError("x"), PermissionError(errno.EACCES, "no")), ExitCode.WRONG),
        (caused(InputError("x"), FileNotFoundError(errno.ENOENT, "no")), ExitCode.WRONG),
        (caused(OutputError("x"), OSError(errno.ENOSPC, "full")), ExitCode.AGAIN),
        (caused(OutputError("x"), OSError(errno.EFBIG, "large")), ExitCode.AGAIN),
        (caused(InputError("x"), OSError(errno.EIO, "broken cable")), ExitCode.AGAIN),
        (caused(OutputError("x"), av.error.FFmpegError(errno.ENOSPC, "full")), ExitCode.AGAIN),
        (caused(InputError("x"), av.error.InvalidDataError(1094995529, "junk")), ExitCode.WRONG),
        (OutputError("c2pa: No space left on device (os error 28)"), ExitCode.AGAIN),
        (ChangedInputError("it was changed"), ExitCode.AGAIN),
        (OSError(errno.EDQUOT, "quota"), ExitCode.AGAIN),
    ],
)
def test_whose_fault_it_is(error: BaseException, code: ExitCode) -> None:
    assert exit_code(error) is code


def test_causes_in_a_circle_end() -> None:
    one, two = OutputError("a"), OutputError("b")
    one.__cause__, two.__cause__ = two, one
    assert exit_code(one) is ExitCode.WRONG
