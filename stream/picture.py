"""Picture: one decoded frame's planes in their own format. Faces are read and pasted by region, nothing else."""

from typing import Protocol, Self

from engines.values import U8, Patch, Rect


class Picture(Protocol):
    """Planes of a decoded frame, read-only. All coordinates are those of the displayed frame: rotation metadata
    (0, 90, 180, 270 degrees) is applied to what `rgb` and `small` return and undone for what `pasted` lays down."""

    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...

    def rgb(self, rect: Rect) -> U8:
        """The region as uint8 (h, w, 3) RGB, full range, whatever the planes' format. `rect` may reach over the edge:
        what lies outside repeats the border pixel."""
        ...

    def small(self, width: int, height: int) -> U8:
        """The whole picture scaled to uint8 (height, width, 3) RGB."""
        ...

    def pasted(self, patches: tuple[Patch, ...]) -> Self:
        """A copy with the patches laid over it. Samples where alpha is 0 are bit-identical to the original's."""
        ...
