"""Pictures: decoded frames of one stream as `Planes` of one geometry. What differs later is fitted in, and noted."""

from fractions import Fraction

import av

from stream.media.clone import Cloner
from stream.media.probe import SourceInfo
from stream.media.video.display import Display
from stream.media.video.fit import Fitter
from stream.pixels.geometry import Geometry
from stream.pixels.planes import Planes


class Pictures:
    """Call it with each frame as it is decoded, in order, on one thread. info: of the first picture, whose geometry all
    get. notes: what came up, one sentence each."""

    def __init__(self, stream: av.VideoStream, info: SourceInfo) -> None:
        self.notes: tuple[str, ...] = ()
        self._display, self._geometry = Display(stream), info.geometry
        self._fitter = Fitter(info)
        self._cloner = Cloner()

    def __call__(self, frame: av.VideoFrame, seconds: Fraction) -> Planes:
        """seconds: the frame's time, for the note."""
        origin, target = self._display(frame), self._geometry
        recoloured = not self._fitter.same_colours(frame)
        if origin != target or recoloured:
            if not self.notes:
                self.notes = (_changed(origin, target, recoloured, seconds),)
            frame = self._fitter.fit(frame, origin)
        return Planes.of(
            frame, target.rotation, self._cloner, mirrored=target.mirrored, aspect=target.aspect, origin=origin
        )


def _changed(now: Geometry, first: Geometry, recoloured: bool, seconds: Fraction) -> str:
    at = f"at {float(seconds):.2f} s the picture changes"
    before, after = ("x".join(map(str, g.shown)) for g in (first, now))
    if before != after:
        return f"{at} from {before} to {after}; later pictures are fitted into the first one's size, with black edges"
    what = "between HDR and SDR; later pictures get the first one's colours" if recoloured else "its turn"
    return f"{at} {what}" if recoloured else f"{at} {what}; later pictures are turned as the first one is"
