"""ReferenceMatcher: which of the tracked faces are those of the reference photos. One thread's stage of perception.

A face is embedded when it is met and, until it is known to be one of them, again and again at growing intervals: the
first glimpse may be a profile.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from engines.nets.embedder import SAME, Metric
from engines.values import F32, Region
from stream.perception.face_selection import Alike
from stream.perception.tracker import Look

FIRST, LAST = 0.2, 3.0  # seconds to the second look, and at most between two
# float32 (k,) of the face with this mesh, float32 (468, 3), picture pixels
Embed = Callable[[Region, F32], F32]


@dataclass(slots=True)
class _Known:
    alike: dict[int, float] = field(default_factory=dict)
    asked: float = -1e9
    wait: float = 0.0


class ReferenceMatcher:
    """references: index of a rule -> float32 (k,), the embedding of its photo. least: likeness, by `metric`, of one
    person. close: of what embeds."""

    def __init__(
        self,
        embed: Embed,
        references: Mapping[int, F32],
        least: float = SAME,
        close: Callable[[], None] = lambda: None,
        metric: Metric = Metric.COSINE,
    ) -> None:
        self._metric = metric
        self._embed, self._references, self._least, self.close = embed, references, least, close
        self._known: dict[int, _Known] = {}

    def __call__(self, looks: Mapping[int, Look]) -> Alike:
        """looks: the faces seen in this frame by track id."""
        for track, look in looks.items():
            known = self._known.setdefault(track, _Known())
            if known.alike or 0 <= look.seconds - known.asked < known.wait:
                continue
            face = self._embed(look.region, look.face.mesh)
            likeness = {
                i: float(self._metric.likeness(face, reference)[0, 0]) for i, reference in self._references.items()
            }
            known.alike = {i: value for i, value in likeness.items() if value > self._least}
            known.asked, known.wait = look.seconds, min(max(FIRST, 2 * known.wait), LAST)
        return {track: known.alike for track, known in self._known.items() if known.alike}

    def keep(self, ids: set[int]) -> None:
        """Forgets everybody else."""
        self._known = {track: known for track, known in self._known.items() if track in ids}
