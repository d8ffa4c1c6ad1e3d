"""Who in a video is worth a set: a score of each track's size, place and length, and the people it belongs to.

Values only. Source: momentscan, Phase 3: .4 size + .3 nearness to the centre + .3 length.
"""

import math
from dataclasses import dataclass

LARGE = 0.1  # share of the picture from which a face counts as large


@dataclass(frozen=True, slots=True)
class Presence:
    """Sums over the frames in which a person was seen. size: of shares of the picture. centre: of nearness to its
    middle, 0 to 1."""

    frames: int = 0
    size: float = 0.0
    centre: float = 0.0

    def seen(self, area: float, centre: float) -> "Presence":
        return Presence(self.frames + 1, self.size + area, self.centre + centre)


def nearness(x: float, y: float, width: float, height: float) -> float:
    """1 in the middle of the picture, 0 in its corners. x, y: the face's middle, pixels."""
    across, down = (2 * x - width) / width, (2 * y - height) / height
    return max(0.0, 1 - math.sqrt((across**2 + down**2) / 2))


def track_score(presence: Presence, frames: int) -> float:
    """0 to 1. frames: those that were looked at."""
    if presence.frames == 0 or frames == 0:
        return 0.0
    size = min(presence.size / presence.frames / LARGE, 1)
    return 0.4 * size + 0.3 * presence.centre / presence.frames + 0.3 * min(presence.frames / frames, 1)
