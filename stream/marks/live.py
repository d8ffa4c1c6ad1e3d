"""The marking of a live session: the visible label and the invisible mark on every picture that leaves.

Files that a live session writes are signed elsewhere (`stream.io.recordings`). A server tells the label's
words in its signalling.
"""

from dataclasses import replace
from datetime import datetime

from engines.values import Patch
from engines.watermark.payload import Payload
from stream.marks.keys import Identity
from stream.marks.layers import Marking
from stream.marks.output_marks import OutputMarks
from stream.media.marking import Marker
from stream.picture import Picture
from stream.pixels.label import Label, draw
from stream.pixels.planes import Planes

_USUAL = Label()


class LiveMark:
    """Call it with every picture that leaves, in order, on one thread. payload: what the mark says, None where off."""

    def __init__(self, marker: Marker | None, label: Label | None) -> None:
        self.payload = marker.payload if marker is not None else None
        self._marker, self._label = marker, label
        self._drawn: tuple[Label, tuple[int, int], Patch] | None = None

    def __call__(self, picture: Picture) -> Picture:
        label = self._label  # read once: it may be replaced at any moment
        if label is not None:
            picture = picture.pasted((self._patch(label, picture.width, picture.height),))
        if self._marker is None:
            return picture
        if not isinstance(picture, Planes):
            raise TypeError(f"a mark goes on Planes, not on {type(picture).__name__}")
        return self._marker.next(picture)

    def relabel(self, label: Label) -> None:
        """From the next picture on. From any thread."""
        self._label = label

    def _patch(self, label: Label, width: int, height: int) -> Patch:
        if self._drawn is None or self._drawn[:2] != (label, (width, height)):
            self._drawn = (label, (width, height), draw(label, width, height))
        return self._drawn[2]


def live_mark(
    session: str,
    now: datetime,
    marking: Marking | None = None,
    label: Label | None = _USUAL,
    identity: Identity | None = None,
    payload: Payload | None = None,
) -> LiveMark:
    """session: a name or address, for the log where `marking` has the watermark off. label: None for none. identity:
    in whose name, this machine's own if None. payload: what the mark says; a new one if None. Raises MarkingError,
    SigningError: before the session begins."""
    # A session is no file: whether one that it writes is signed is that file's own matter.
    layers = replace(marking, manifest=True) if marking is not None else Marking()
    return LiveMark(OutputMarks(session, layers, None, now, identity, payload=payload).marker, label)
