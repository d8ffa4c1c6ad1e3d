"""The refinement lane's stage: swapped faces are laid beneath the smoke, steam, glass or liquid before them.

One thread, in order; remembers per track what the last solution leaves for the next. Bounded by
the lane that it runs on.
"""

from dataclasses import replace

from engines.errors import UnderstudyError
from engines.values import Patch
from stream.frame import Done, Pending
from stream.underlay import Memory, under_transparent

FORGET = 3.0  # seconds after which a track's memory is dropped


class Refiner:
    """Call it with what the painter left pending."""

    def __init__(self) -> None:
        self._memories: dict[int, tuple[Memory, float]] = {}

    def __call__(self, done: Done) -> Done:
        """The same frame with nothing pending."""
        now = done.plan.scene.frame.seconds
        if done.plan.scene.cut:
            self._memories.clear()
        self._memories = {i: m for i, m in self._memories.items() if abs(now - m[1]) < FORGET}
        refined = tuple(self._one(p, now) for p in done.pending)
        return replace(done, patches=(*done.patches, *refined), pending=())

    def _one(self, pending: Pending, now: float) -> Patch:
        memory, _ = self._memories.get(pending.track.id, (Memory(), now))
        self._memories[pending.track.id] = (memory, now)
        return under_transparent(pending.track, pending.patch, memory)


def refuse(done: Done) -> Done:
    """For a journey without a refinement lane: nothing may be pending there."""
    if done.pending:
        raise UnderstudyError("a frame waits for refinement, but no refinement lane runs; use --routing xseg")
    return done
