"""Watching: a finished swap's frames, beside the original's where that is at hand, to the figures of the wanted faces.

Knows frames and time; whose face is wanted is the perceiver's rule, told by the original's faces where there are any.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import zip_longest

from calib.qa.figures import FaceFigures
from engines.errors import InputError
from stream.frame import Frame, Scene
from stream.qa.measuring import FaceMeasuring

Perceive = Callable[[Frame], Scene]
LATE = 0.02  # seconds by which two frames of one time may differ: containers round


@dataclass(slots=True)
class Watched:
    """times: seconds of the frames that were looked at, by their index. beside: the same of the original's. unseen: of
    them, those in which a wanted face is known and not seen in the original, so that nothing can be said of it.
    unpaired: frames of the longer clip that have none beside them."""

    figures: list[FaceFigures] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    beside: list[float] = field(default_factory=list)
    unseen: int = 0
    unpaired: int = 0


def watch(
    swap: Iterable[Frame],
    original: Iterable[Frame] | None,
    perceive: Perceive,
    measure: FaceMeasuring,
    told: Callable[[], object],
) -> Watched:
    """told: called for each frame. Raises InputError where the two are not the same clip."""
    watched = Watched()
    begun: tuple[float, float] | None = None
    pairs = ((frame, None) for frame in swap) if original is None else zip_longest(swap, original)
    for frame, other in pairs:
        if frame is None or (other is None and original is not None):
            watched.unpaired += 1
            continue
        if other is not None:
            begun = begun or (frame.seconds, other.seconds)
            _check(frame, other, begun)
            watched.beside.append(other.seconds)
        _look(watched, frame, other, perceive, measure)
        watched.times.append(frame.seconds)
        told()
    return watched


def _look(watched: Watched, frame: Frame, other: Frame | None, perceive: Perceive, measure: FaceMeasuring) -> None:
    scene = perceive(other or frame)
    watched.figures += [measure(frame, track, other) for track in scene.tracks if track.source is not None]
    if other is None:
        watched.figures += [measure.lost(frame, track) for track in scene.lost]
    elif scene.lost:
        watched.unseen += 1


def _check(frame: Frame, other: Frame, begun: tuple[float, float]) -> None:
    size, wanted = ((f.picture.width, f.picture.height) for f in (frame, other))
    if size != wanted:
        raise InputError(
            f"the swap is {size[0]}x{size[1]} and --original is {wanted[0]}x{wanted[1]}; give the clip that was swapped"
        )
    now, was = frame.seconds - begun[0], other.seconds - begun[1]
    if abs(now - was) > LATE:
        raise InputError(
            f"frame {frame.index} of the swap is at {now:.3f} s, that of --original at {was:.3f} s; give the clip that"
            " was swapped, with the --start and --end that the swap got"
        )
