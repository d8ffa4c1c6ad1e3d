"""Limits that a process sets on itself before it reads what a stranger wrote. The kernel keeps them (Linux; macOS keeps
the time only, Windows neither).
"""

import os


def limit(memory: int, seconds: int, files: int | None = None) -> None:
    """memory: bytes of address space beyond what is mapped now; so libraries come first. seconds: of processor time.
    files: open at once, those that are open now among them. No file may be written, and no core."""
    try:
        import resource
    except ImportError:
        return
    wanted = {
        resource.RLIMIT_AS: _address_space() + memory,
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
    }
    if files is not None:
        wanted[resource.RLIMIT_NOFILE] = files
    for kind, most in wanted.items():
        try:
            resource.setrlimit(kind, (most, most))
        except (ValueError, OSError):
            continue  # macOS knows no limit of address space


def _address_space() -> int:
    """What is mapped already: libraries, mostly. Linux; elsewhere a guess."""
    try:
        with open("/proc/self/statm") as file:  # noqa: PTH123
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 2 << 30
