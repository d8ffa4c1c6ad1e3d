"""Descriptors: how many files and sockets this process may have open, and whether they run short."""

from pathlib import Path

SPARE = 32  # kept free for files, child processes and the loop itself
UNLIMITED = 1 << 16
_OPEN = Path("/dev/fd")


def limit() -> int:
    """Of this process, as `ulimit -n` says it."""
    try:
        import resource
    except ImportError:  # Windows
        return UNLIMITED
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return UNLIMITED if soft == resource.RLIM_INFINITY else min(soft, UNLIMITED)


def share(wanted: int, part: int) -> int:
    """How many connections a server may keep: as many as wanted, but at most one `part`-th of all descriptors."""
    return max(1, min(wanted, limit() // part))


def short() -> bool:
    """Whether fewer than `SPARE` are left, so that nothing new should begin."""
    try:
        used = sum(1 for _ in _OPEN.iterdir())
    except OSError:  # none left to look with, or a system without this folder
        return _OPEN.exists()
    return limit() - used < SPARE
