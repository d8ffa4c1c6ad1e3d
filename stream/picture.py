"""Picture: one decoded frame's planes in their own format. Faces are read and pasted by region, nothing else."""

from typing import Protocol, Self

from engines.values import U8, Patch, Rect
from stream.pixels.geometry import Geometry


class Picture(Protocol):
    """Planes of a decoded frame, read-only. All coordinates are those of the displayed frame in square pixels: how the
    frame is turned, mirrored and stretched for display is applied to what `rgb` and `small` return and undone for what
    `pasted` lays down. Colours are sRGB, whatever the frame's own transfer and primaries."""

    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def origin(self) -> Geometry:
        """How the frame lay as it was decoded, before it was fitted into another size. A change begins a new shot."""
        ...

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
