"""Memory: keeps the allocator from handing pages back between frames.

Every frame makes and frees the same arrays of a megabyte or so. glibc gives such pages back to the kernel at each
turn and takes them again page fault by page fault, which made the paste of a face cost 2.5 ms instead of 0.5 ms.
"""

import ctypes
import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of glibc's mallopt
_KEPT = 256 * 2**20  # bytes of free memory that stay with the process at most
_LARGEST = 32 * 2**20  # the largest block that is kept so; glibc allows no more


def keep_freed_memory() -> bool:
    """To be called once by a program, at its start. False where the C library has no such setting."""
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return bool(mallopt(_MMAP_THRESHOLD, _LARGEST) and mallopt(_TRIM_THRESHOLD, _KEPT))
