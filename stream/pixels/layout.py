"""Layout: where the samples of a pixel format lie in a decoded frame's planes.

Knows: component order, bit depth, chroma subsampling, packed and semi-planar storage. Knows nothing of colour matrices.
"""

from dataclasses import dataclass
from functools import cache

import av
import numpy as np
import numpy.typing as npt
from av.codec.codec import find_best_pix_fmt_of_list

Samples = npt.NDArray[np.generic]

# Formats taken apart as they are; everything else goes once through swscale to the nearest of these.
NATIVE = (
    *("yuv420p", "yuv422p", "yuv444p", "yuvj420p", "yuvj422p", "yuvj444p", "yuv440p", "yuv411p", "yuva420p"),
    *("yuv420p10le", "yuv422p10le", "yuv444p10le", "yuv420p12le", "yuv422p12le", "yuv444p12le"),
    *("yuva422p", "yuva444p", "yuva420p10le", "yuva422p10le", "yuva444p10le", "yuva422p12le", "yuva444p12le"),
    *("nv12", "nv21", "nv16", "nv24", "p010le", "p210le"),
    *("gray", "gray10le", "gray12le", "gray16le", "rgb24", "bgr24", "rgba", "bgra", "argb", "abgr", "rgb0", "bgr0"),
    *("gbrp", "gbrap", "gbrp10le", "gbrp12le", "gbrp16le", "gbrap10le", "gbrap12le", "gbrap16le"),
)
_PACKED = {
    "rgb24": (3, (0, 1, 2)),
    "bgr24": (3, (2, 1, 0)),
    "rgba": (4, (0, 1, 2)),
    "bgra": (4, (2, 1, 0)),
    "rgb0": (4, (0, 1, 2)),
    "bgr0": (4, (2, 1, 0)),
    "argb": (4, (1, 2, 3)),
    "abgr": (4, (3, 2, 1)),
}
_SEMI_PLANAR = {
    "nv12": (0, 1),
    "nv21": (1, 0),
    "nv16": (0, 1),
    "nv24": (0, 1),
    "p010le": (0, 1),
    "p210le": (0, 1),
}


@dataclass(frozen=True, slots=True)
class Channel:
    """One component: its plane, samples between neighbours, and offset among them."""

    plane: int
    step: int
    offset: int


@dataclass(frozen=True, slots=True)
class Layout:
    """model: `yuv`, `rgb` or `gray`. bits: per sample. shift: unused low bits (p010 keeps 10 bits at the top of 16).
    sub_x, sub_y: log2 of the chroma subsampling. channels: Y U V, R G B, or the one grey."""

    name: str
    model: str
    bits: int
    shift: int
    sub_x: int
    sub_y: int
    channels: tuple[Channel, ...]

    @property
    def dtype(self) -> np.dtype[np.generic]:
        return np.dtype(np.uint8 if self.bits == 8 else "<u2")

    @property
    def whole_bytes(self) -> bool:
        """Whether samples are bytes of 8 bits."""
        return self.bits == 8 and self.shift == 0


@cache
def layout_of(name: str) -> Layout | None:
    """The layout of a pixel format of `NATIVE`; None for any other."""
    if name not in NATIVE:
        return None
    if name in _PACKED:
        step, order = _PACKED[name]
        return Layout(name, "rgb", 8, 0, 0, 0, tuple(Channel(0, step, o) for o in order))
    probe = av.VideoFormat(name, 16, 16)
    bits = probe.components[0].bits
    sub_x, sub_y = 4 - probe.chroma_width(16).bit_length() + 1, 4 - probe.chroma_height(16).bit_length() + 1
    if name in _SEMI_PLANAR:
        u, v = _SEMI_PLANAR[name]
        shift = 16 - bits if bits > 8 else 0
        return Layout(name, "yuv", bits, shift, sub_x, sub_y, (Channel(0, 1, 0), Channel(1, 2, u), Channel(1, 2, v)))
    colours = [c for c in probe.components if not c.is_alpha]
    model = "rgb" if probe.is_rgb else "yuv" if len(colours) == 3 else "gray"
    if model != "yuv":
        sub_x = sub_y = 0
    return Layout(name, model, bits, 0, sub_x, sub_y, tuple(Channel(c.plane, 1, 0) for c in colours))


def nearest_native(name: str) -> str:
    """The format of `NATIVE` that loses least of `name`."""
    best, _ = find_best_pix_fmt_of_list(list(NATIVE), name, True)
    return best.name if best is not None else "rgb24"


def channel_view(frame: av.VideoFrame, layout: Layout, index: int) -> Samples:
    """One component of the frame as an (h, w) array that shares the frame's memory. Writable: mind whose it is."""
    channel = layout.channels[index]
    plane = frame.planes[channel.plane]
    item = layout.dtype.itemsize
    line = plane.line_size
    step = channel.step * item
    view: Samples = np.ndarray(
        (plane.height, plane.width), layout.dtype, memoryview(plane), channel.offset * item, (abs(line), step)
    )
    return view[::-1] if line < 0 else view  # some decoders store pictures bottom up
