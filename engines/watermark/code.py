"""The pattern of +1 and -1 cells that spells a payload, and the likeliest payload of a noisy pattern.

Source of the method: CDMA's orthogonal modulation (IS-95 uplink). Each 12 bits choose one of 2,048 Walsh sequences and
its sign; the sequence is scrambled over an eighth of the cells. Reading is one fast Walsh-Hadamard transform a group:
exact maximum likelihood over 4,096 words. A quarter of the cells is a pilot, the same in every mark. The sequences are
public, so that anybody can check a mark: they hide nothing, and whoever reads this file can forge or weaken a mark.
"""

import hashlib
from functools import cache

import numpy as np

from engines.values import F32, Bool
from engines.watermark.payload import BITS

ROWS, COLUMNS = 90, 160
CELLS = ROWS * COLUMNS
PILOT = CELLS // 4
_WORD = 12
_GROUPS = BITS // _WORD
_LENGTH = (CELLS - PILOT) // _GROUPS
_SIZE = 1 << (_WORD - 1)


@cache
def _layout() -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], F32]:
    """Which cells serve whom (a permutation of all cells, the pilot's first), and the +-1 that scrambles them.

    From SHAKE-256: numpy promises no stable random streams, and a mark must be readable in ten years."""
    noise = hashlib.shake_256(b"understudy watermark 1").digest(CELLS * 9)
    keys = np.frombuffer(noise[: CELLS * 8], np.uint64)
    signs = (np.frombuffer(noise[CELLS * 8 :], np.uint8) & 1).astype(np.float32) * 2 - 1
    return np.argsort(keys, kind="stable"), signs


@cache
def pilot() -> F32:
    """(90, 160): +-1 on the pilot's cells, 0 elsewhere. Not to be written to."""
    order, signs = _layout()
    cells = np.zeros(CELLS, np.float32)
    cells[order[:PILOT]] = signs[order[:PILOT]]
    return cells.reshape(ROWS, COLUMNS)


def spell(bits: Bool) -> F32:
    """(72,) booleans to the whole pattern, (90, 160), +-1, pilot included."""
    order, signs = _layout()
    cells = signs.copy()
    weights = 1 << np.arange(_WORD - 1)[::-1]
    for group, word in enumerate(bits.reshape(_GROUPS, _WORD)):
        start = np.zeros(_SIZE, np.float32)
        start[int(word[1:] @ weights)] = -1.0 if word[0] else 1.0
        cells[_of(order, group)] *= _walsh(start)[:_LENGTH]
    return cells.reshape(ROWS, COLUMNS)


def read(cells: F32) -> Bool:
    """The likeliest bits, (72,), of soft cells (90, 160): likelihood-weighted, 0 where nothing is known."""
    order, signs = _layout()
    soft = cells.ravel() * signs
    words = np.empty((_GROUPS, _WORD), np.bool_)
    for group in range(_GROUPS):
        line = np.zeros(_SIZE, np.float32)
        line[:_LENGTH] = soft[_of(order, group)]
        scores = _walsh(line)
        best = int(np.argmax(np.abs(scores)))
        words[group, 0] = scores[best] < 0
        words[group, 1:] = (best >> np.arange(_WORD - 1)[::-1]) & 1
    return words.ravel()


def _of(order: np.ndarray[tuple[int], np.dtype[np.int64]], group: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return order[PILOT + group * _LENGTH : PILOT + (group + 1) * _LENGTH]


def _walsh(line: F32) -> F32:
    """The fast Walsh-Hadamard transform of 2,048 values; its own inverse but for a factor of 2,048."""
    for half in (1 << i for i in range(_WORD - 1)):
        pairs = line.reshape(-1, 2, half)
        line = np.stack([pairs[:, 0] + pairs[:, 1], pairs[:, 0] - pairs[:, 1]], axis=1).ravel()
    return line
