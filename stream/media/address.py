"""How FFmpeg is told where a file lies, and what a file that it does not know may be.

Knows: names, standard input, pipes. Opens no video.
"""

import os
import stat
import sys
from pathlib import Path


def address_of(path: str) -> str:
    """FFmpeg's address of a file, a URL or `-` (standard input, which can be sought where it is a file)."""
    if path == "-":
        return "fd:" if stat.S_ISREG(os.fstat(0).st_mode) else "pipe:0"
    if "://" in path:
        return path
    return local_address(Path(path))


def local_address(path: Path) -> str:
    """FFmpeg's address of a file on this machine: what stands before a colon in a name is no protocol."""
    return f"file:{path}" if ":" in str(path) and sys.platform != "win32" else str(path)


def is_pipe(path: str) -> bool:
    """Whether an input can be read once only, from front to back."""
    if path == "-":
        return address_of(path) == "pipe:0"
    return "://" not in path and Path(path).is_fifo()


def is_apple_double(path: Path) -> bool:
    """Whether a file is what macOS leaves beside another on foreign disks: its attributes, and nothing of it."""
    with path.open("rb") as file:
        return file.read(4) == b"\0\5\x16\7"
