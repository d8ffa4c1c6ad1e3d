"""Damage in many ways, the same each time: some hundred cases with every run of the tests, as long as wanted by hand.

    UNDERSTUDY_FUZZ_SECONDS=600 pytest --timeout 0 tests/stream/marks/test_read_fuzz.py

The last case lies in `fuzz-last` in the temporary folder, for those that end the process.
"""

import os
import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

SECONDS = float(os.environ.get("UNDERSTUDY_FUZZ_SECONDS", "0"))
LAST = Path(tempfile.gettempdir()) / "fuzz-last"
GROWTH = 96 << 10  # kilobytes that a long run may take more than after its first thousand cases
ONE = 128 << 10  # kilobytes that one case may take
NUMBERS = (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\0\0\0\1", b"\x7f\xff\xff\xff", b"\0\0\0\x08", b"\x80\0\0\0")
BYTES = b"\0\1\x7f\x80\xff\x5b\x9b\x9f\xbb\xbf\xdf\xfb"


def cases(few: int, seed: int = 0) -> Iterator[random.Random]:
    """A source of chance a case: `few` of them, or as many as go into the seconds that were asked for."""
    end, number = time.monotonic() + SECONDS, 0
    while number < few if not SECONDS else time.monotonic() < end:
        yield random.Random(f"{seed}/{number}")
        number += 1
    print(f"{number} cases")


def damaged(chance: random.Random, data: bytes, first: int = 0, last: int | None = None) -> bytes:
    """Some bytes between `first` and `last` changed, cut out, doubled or moved."""
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 4, 16))):
        at = chance.randrange(first, max(first + 1, min(last or len(out), len(out))))
        size = chance.randrange(1, 200)
        match chance.randrange(6):
            case 0:
                out[at : at + 1] = bytes([out[at] ^ 1 << chance.randrange(8)]) if at < len(out) else b"\0"
            case 1:
                out[at : at + 1] = bytes([chance.choice(BYTES)])
            case 2:
                out[at : at + 4] = chance.choice(NUMBERS)
            case 3:
                del out[at : at + size]
            case 4:
                out[at:at] = out[at : at + size]
            case 5:
                other = chance.randrange(first, max(first + 1, len(out)))
                out[at : at + size] = out[other : other + size]
    return bytes(out)


def hammer(few: int, make: Callable[[random.Random], bytes], look: Callable[[bytes], None], seed: int = 0) -> None:
    """Has each case looked at. It must not raise, must not take seconds, and must not take memory: neither one case
    much, nor many of them a little. A case that fails is kept beside the last one."""
    first = _used()
    for number, chance in enumerate(cases(few, seed)):
        data = make(chance)
        LAST.write_bytes(data)
        before, start = _used(), time.monotonic()
        try:
            look(data)
            took, grown = time.monotonic() - start, _used() - before
            assert took < 20, f"case {number} took {took:.0f} s"
            assert grown < ONE, f"case {number} took {grown >> 10} MB"
            first = _used() if number < 1000 else first
            assert _used() < first + GROWTH, f"{_used() - first >> 10} MB more after {number} cases"
        except BaseException:
            LAST.with_name(f"fuzz-found-{seed}-{number}").write_bytes(data)
            raise


def _used() -> int:
    """Kilobytes at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def pick(chance: random.Random, lines: Sequence[str], most: int) -> list[str]:
    """Up to `most` of the lines, in any order, some of them twice."""
    return [chance.choice(lines) for _ in range(chance.randrange(most))]
