"""What a program that takes frames through a pipeline sets once, for the whole process.

Every stage has a thread of its own and codecs have theirs. Libraries that split each call over all cores on top of
that make them wait for one another: at two cores the swap took twice as long.
"""

import gc

import cv2

from stream.lanes.allocator import keep_freed_memory


def settle() -> None:
    """One thread per call of OpenCV; freed memory stays with the process."""
    cv2.setNumThreads(1)
    keep_freed_memory()


def calm() -> None:
    """What is in memory now stays: Python's collector need not walk it again, which would stop every thread for some
    80 ms. To be called once a server has loaded all it needs, before its first frame."""
    gc.collect()
    gc.freeze()
