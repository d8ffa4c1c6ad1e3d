"""Code: a number and a time burnt into the picture's top left corner, outside the face, and read again after encoding.

56 blocks of 16x16 luma samples in two rows: 16 bits of frame number, 32 bits of time in tenths of a millisecond, 8 bits
of checksum. Knows luma planes only.
"""

import numpy as np

from engines.values import U8

BLOCK, ROW = 16, 28
BITS = 2 * ROW
TICK = 1e-4  # seconds
DARK, LIGHT = 40, 210
_WEIGHTS = 1 << np.arange(BITS - 1, -1, -1, dtype=np.uint64)


def burn(luma: U8, number: int, seconds: float) -> None:
    """Writes into luma (h, w), at least 448 wide and 32 high, in place. seconds: a clock that both ends share."""
    tick = round(seconds / TICK) & 0xFFFFFFFF
    word = ((number & 0xFFFF) << 40) | (tick << 8) | _check(number & 0xFFFF, tick)
    bits = np.array([word >> i & 1 for i in range(BITS - 1, -1, -1)], np.uint8).reshape(2, ROW)
    luma[: 2 * BLOCK, : ROW * BLOCK] = np.kron(DARK + bits * (LIGHT - DARK), np.ones((BLOCK, BLOCK), np.uint8))


def read(luma: U8) -> tuple[int, int] | None:
    """The number (of 16 bits) and the tick (of 32); None where there is no code or it is damaged."""
    if luma.shape[0] < 2 * BLOCK or luma.shape[1] < ROW * BLOCK:
        return None
    blocks = luma[: 2 * BLOCK, : ROW * BLOCK].reshape(2, BLOCK, ROW, BLOCK)[:, 4:12, :, 4:12].mean((1, 3))
    word = int(((blocks.ravel() > (DARK + LIGHT) / 2).astype(np.uint64) * _WEIGHTS).sum())
    number, tick, check = word >> 40, word >> 8 & 0xFFFFFFFF, word & 0xFF
    return (number, tick) if check == _check(number, tick) and blocks.std() > 30 else None


def age(tick: int, now: float) -> float:
    """Seconds between a tick and the same clock's reading `now`."""
    passed = (round(now / TICK) - tick) & 0xFFFFFFFF
    return (passed - (1 << 32) if passed >> 31 else passed) * TICK


def _check(number: int, tick: int) -> int:
    return (number * 7 + (number >> 8) * 3 + sum(tick >> s & 0xFF for s in (0, 8, 16, 24)) * 5 + 0xA5) & 0xFF
