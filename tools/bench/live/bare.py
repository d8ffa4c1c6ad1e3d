"""What the live benchmark swaps with: the real thing for one photo, or nothing, to see what the path costs without
it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from engines.errors import SourceError, UnderstudyError
from engines.values import U8
from stream.frame import Frame, Route
from stream.live.ladder import Rung
from stream.live.swap import Shown
from stream.live.swaps import LiveOptions
from stream.marks.layers import Marking
from stream.pipeline.control import Change, SourceSet
from stream.pipeline.spec import SwapSpec
from stream.pixels.label import Label
from stream.telemetry.metrics import Metered


def wanted(photo: Path, mark: bool) -> tuple[SwapSpec, LiveOptions]:
    """mark: the invisible one is laid."""
    marking = Marking(watermark=mark, because="" if mark else "a benchmark")
    return SwapSpec(source=((photo,),), who="all"), LiveOptions(marking=marking)


@dataclass(slots=True)
class Bare:
    """A session's swap that swaps nothing."""

    stats: Metered

    def __call__(self, frame: Frame) -> Shown:
        return Shown(frame, frame.picture, False, Route.PASS, Rung.FULL)

    def update(self, change: Change, label: Label | None = None) -> None:
        raise UnderstudyError("this server swaps nothing, so that nothing can be changed")

    def close(self) -> None:
        pass


class BareSwaps:
    """In the place of `LiveSwaps`."""

    default: SourceSet | None = None

    def prepare(self, photos: Sequence[tuple[str, U8]]) -> SourceSet:
        raise SourceError("this server swaps nothing, so it takes no photo")

    def make(self, sources: SourceSet | None) -> Callable[[Metered], Bare]:
        return Bare
