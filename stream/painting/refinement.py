"""The refinement lane's stage: swapped faces are laid beneath the smoke, steam, glass or liquid before them.

One thread, in order; remembers per track what the last solution leaves for the next. Bounded by
the lane that it runs on.
"""

from collections.abc import Callable
from dataclasses import replace

from engines.refiners.worker import RefinerError
from engines.values import Patch
from stream.frame import Done, FacePatch, Pending
from stream.painting.refiners import Inverted, Refiner
from stream.painting.underlay import UnderlayState

FORGET = 3.0  # seconds after which a track's memory is dropped


class Refinement:
    """Call it with what the painter left pending. refiner: the one that was asked for; where it fails, the built-in one
    is used, and `say` is told, once for each way of failing."""

    def __init__(self, refiner: Refiner | None = None, say: Callable[[str], object] = lambda _: None) -> None:
        self._refiner, self._plain, self._say = refiner or Inverted(), Inverted(), say
        self._memories: dict[int, tuple[UnderlayState, float]] = {}
        self._told: set[str] = set()

    def __call__(self, done: Done) -> Done:
        """The same frame with nothing pending."""
        now = done.plan.scene.frame.seconds
        if done.plan.scene.cut:
            self._memories.clear()
        self._memories = {i: m for i, m in self._memories.items() if abs(now - m[1]) < FORGET}
        self._refiner.keep(self._memories.keys())
        refined = tuple(FacePatch(p.track.id, self._one(p, now), p.opacity) for p in done.pending)
        return replace(done, patches=(*done.patches, *refined), pending=())

    def _one(self, pending: Pending, now: float) -> Patch:
        memory, _ = self._memories.get(pending.track.id, (UnderlayState(), now))
        self._memories[pending.track.id] = (memory, now)
        try:
            return self._refiner(pending, memory)
        except RefinerError as error:
            if str(error) not in self._told:
                self._told.add(str(error))
                self._say(f"{error}; the built-in refiner is used")
            return self._plain(pending, memory)
