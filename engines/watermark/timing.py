"""The mark's sign in each picture, told from the pilot, though pictures were dropped, doubled or retimed.

Source of the method: forward-backward smoothing of a hidden Markov model (Rabiner 1989). The hidden state is the place
in the sixteen-picture cycle; a picture moves it by a number of places that depends on how the video was retimed.
"""

from collections.abc import Mapping

import numpy as np

from engines.values import F32
from engines.watermark.code import pilot
from engines.watermark.embed import PERIOD

PACES: tuple[Mapping[int, float], ...] = (
    {0: 0.08, 1: 0.84, 2: 0.08},  # as made, a tenth dropped, 25 to 30 or 30 to 25
    {1: 0.10, 2: 0.80, 3: 0.10},  # every second picture: 60 to 30
    {0: 0.49, 1: 0.49, 2: 0.02},  # every picture twice: 30 to 60
)
"""Chances of moving by so many places of the cycle from one picture to the next."""

_SIGNS = np.where(np.arange(PERIOD) < PERIOD // 2, 1.0, -1.0)


def signs(stack: F32, reference: F32 | None = None) -> F32:
    """The expected sign, -1 to 1, of each of the pictures `stack` (n, 90, 160). reference: +-1 cells to look for,
    0 where not known; the pilot if None. One picture: +1 or -1, whichever fits."""
    wanted = pilot() if reference is None else reference
    spread = np.sqrt(np.mean(np.square(stack), axis=0)) + 0.05
    seen = np.tensordot(np.clip(stack / spread, -3, 3), wanted / spread, axes=2) / np.linalg.norm(wanted / spread)
    if len(stack) <= PERIOD:
        return np.asarray(np.sign(seen), np.float32)
    strength = np.sqrt(max(float(np.mean(np.square(seen))) - 1.0, 0.1))
    likely = strength * seen[:, None] * _SIGNS[None, :]
    fits = [_smooth(np.exp(np.maximum(likely - likely.max(axis=1, keepdims=True), -20.0)), pace) for pace in PACES]
    return max(fits, key=lambda fit: fit[0])[1]


def _smooth(likely: np.ndarray[tuple[int, int], np.dtype[np.float64]], pace: Mapping[int, float]) -> tuple[float, F32]:
    """The log likelihood of a pace, and the signs it expects."""
    move = np.zeros((PERIOD, PERIOD))
    for places, chance in pace.items():
        move += chance * np.roll(np.eye(PERIOD), places, axis=1)
    ahead, back = np.empty_like(likely), np.ones_like(likely)
    state, total = np.full(PERIOD, 1 / PERIOD), 0.0
    for n, fit in enumerate(likely):
        state = (state @ move if n else state) * fit
        scale = float(state.sum())
        total += float(np.log(scale))
        state = state / scale
        ahead[n] = state
    for n in range(len(likely) - 2, -1, -1):
        later = move @ (likely[n + 1] * back[n + 1])
        back[n] = later / later.sum()
    both = ahead * back
    return total, np.asarray((both @ _SIGNS) / both.sum(axis=1), np.float32)
