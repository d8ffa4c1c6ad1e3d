"""Fingerprint: what an input file held when a job read it: size, time of change and SHA-256.

Pieces that were made of one content must not be joined with pieces of another. Knows opened files, not their names.
"""

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass

_BLOCK = 1 << 20
_RACY = 2_000_000_000  # nanoseconds in which two changes may carry one time


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """size: bytes. mtime: nanoseconds since 1970. sha256: hexadecimal, of the whole content."""

    size: int
    mtime: int
    sha256: str


@dataclass(frozen=True, slots=True)
class TakenFingerprint:
    """With what tells whether the file was written to since. changed: its `st_ctime_ns`. at: when it was taken, in
    nanoseconds since 1970."""

    value: Fingerprint
    changed: int
    at: int


def take(
    file: int, progress: Callable[[], object] = lambda: None, clock: Callable[[], int] = time.time_ns
) -> TakenFingerprint:
    """file: a descriptor; its position is not moved. progress: called for every block. Raises OSError."""
    at, before = clock(), os.fstat(file)
    digest, size = hashlib.sha256(), 0
    while block := os.pread(file, _BLOCK, size):
        digest.update(block)
        size += len(block)
        progress()
    return TakenFingerprint(Fingerprint(size, before.st_mtime_ns, digest.hexdigest()), before.st_ctime_ns, at)


def is_unchanged(file: int, taken: TakenFingerprint) -> bool:
    """Whether the file still holds what it held. It is read again only where its times leave that open. Raises
    OSError."""
    now = os.fstat(file)
    same = (now.st_size, now.st_mtime_ns, now.st_ctime_ns) == (taken.value.size, taken.value.mtime, taken.changed)
    if same and taken.at - taken.changed > _RACY:
        return True
    return take(file).value.sha256 == taken.value.sha256
