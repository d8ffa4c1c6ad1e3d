"""Figures: what is measured of one wanted face in one frame of a finished swap, and beside it in the original. Values
only; `stream.qa` measures them."""

from dataclasses import dataclass

from engines.values import Box


@dataclass(frozen=True, slots=True)
class Motion:
    """Mean differences of a levelled face in levels of 255: from the frame before (step), and from the one before that
    (skip)."""

    step: float
    skip: float | None


@dataclass(frozen=True, slots=True)
class Beside:
    """What the original adds. level: brightness of its face, as `FaceFigures.level`. mouth: its mouth's opening over
    the mouth's width. motion: of its face. changed: mean difference of swap and original within the face, levels.
    coding: the same about the face, where nothing was painted. seam: gradients along the painted region's boundary
    over the original's there, None where no boundary is seen. own: likeness of the swap's face to the original's,
    None without an embedder."""

    level: float
    mouth: float
    motion: Motion | None
    changed: float
    coding: float
    seam: float | None
    own: float | None


@dataclass(frozen=True, slots=True)
class FaceFigures:
    """frame: index from 0. track: the face's number. box: pixels of the displayed frame. confidence: 0 to 1, of the
    landmark network, in the swap. likeness: to the source, as the embedder's metric has it; None without an embedder.
    level: median brightness of the face, 0 to 255. around: the same about the face. mouth: opening over width.
    motion: None where there is no frame before. beside: None without the original. A face that is known and not seen
    has a confidence of 0 and no further figures: level and the like are 0 then."""

    frame: int
    seconds: float
    track: int
    box: Box
    confidence: float
    likeness: float | None = None
    level: float = 0.0
    around: float = 0.0
    mouth: float = 0.0
    motion: Motion | None = None
    beside: Beside | None = None

    @property
    def seen(self) -> bool:
        return self.confidence > 0
