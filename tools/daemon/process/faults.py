"""Is a failure the machine's, so that the same job may go well later, or the job's own, which its user has to mend?"""

import errno
from collections.abc import Iterator

from tools.daemon.process.inputs import ChangedInputError
from tools.daemon.queue.retries import ExitCode

MACHINE = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.ESTALE),
    *(errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.ETIMEDOUT, errno.EINTR),
}
WORDS = ("No space left on device", "File too large", "Input/output error", "Disk quota exceeded")  # of C2PA's library


def exit_code(error: BaseException) -> ExitCode:
    """How a job's process ends over an error that was said in words."""
    for one in _causes(error):
        if isinstance(one, ChangedInputError) or getattr(one, "errno", None) in MACHINE:
            return ExitCode.AGAIN
        if any(word in str(one) for word in WORDS):
            return ExitCode.AGAIN
    return ExitCode.WRONG


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
