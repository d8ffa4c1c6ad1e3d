"""Recordings: the files that a relay writes, signed once it is over. Knows marks and outputs, no pipeline's inside.

A live file carries its name from its first packet on, so that it is there after a power cut, unsigned then. HLS is a
folder of files that players read on the way; it has the invisible mark and the label alone.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from engines.store.store import default_store
from engines.watermark.payload import Payload
from stream.consent.consent import Consent
from stream.io.address import OutputAddress
from stream.io.output import Output
from stream.marks.happened import WhatHappened
from stream.marks.keys import Identity
from stream.marks.layers import Marking
from stream.marks.maker import used_models, version
from stream.marks.output_marks import OutputMarks
from stream.media.marking import new_payload
from stream.pipeline.pipeline import Pipeline


def is_recording(address: OutputAddress) -> bool:
    """Whether the output is a file that is whole at the end, and can be signed."""
    return not (address.again or address.whip or address.format == "hls")


class Recordings:
    """Those among a relay's outputs. Made before the relay runs, so that nothing is found out too late. payload: what
    the session's invisible mark has to say, None where it is off. label: the visible label's words, empty for none."""

    def __init__(
        self,
        addresses: Sequence[OutputAddress],
        marking: Marking,
        consent: Consent | None,
        identity: Identity,
        now: datetime,
        label: str = "",
    ) -> None:
        """now: with a time zone. Raises MarkingError, SigningError."""
        self._marking, self._consent, self._identity, self._now = marking, consent, identity, now
        self._label = label
        self.payload: Payload | None = new_payload(identity.producer) if marking.watermark else None
        places = [address.part(0) for address in addresses if is_recording(address)]
        self._prepared = {place: self._marks(place) for place in places}

    def sign(self, outputs: Sequence[Output], pipeline: Pipeline | None, now: datetime) -> list[str]:
        """Signs every file that was written. outputs: of the relay, closed. pipeline: of its session, None where no
        picture came. Returns a sentence for each. Raises SigningError; the files are then whole and unsigned."""
        if not self._marking.manifest or pipeline is None:
            return []
        said = []
        for output in outputs:
            if not is_recording(output.address):
                continue
            for number, pictures in enumerate(output.pictures):
                place = output.address.part(number)
                path, marks = Path(place), self._prepared.get(place) or self._marks(place)
                marks.sign(path, version(), self._happened(pictures, pipeline, now), None)
                said.append(f"{path.name}: signed record {marks.signed}, by {self._identity.name}")
        return said

    def came_in(self, consent: Consent) -> None:
        """People were put in while it ran: the records name them, too, with how they agreed."""
        now = self._consent
        self._consent = consent if now is None else now.with_more(consent)
        self._prepared.clear()  # they were made with the consent of before

    def relabelled(self, words: str) -> None:
        """The visible label was changed: the records say all that it said."""
        if words not in self._label.split(" / "):
            self._label = f"{self._label} / {words}"

    def _marks(self, place: str) -> OutputMarks:
        return OutputMarks(place, self._marking, self._consent, self._now, self._identity, payload=self.payload)

    def _happened(self, pictures: int, pipeline: Pipeline, now: datetime) -> WhatHappened:
        """The session counts what it painted; a file that lost pictures on the way has no more of them than it has."""
        misses = pipeline.misses
        return WhatHappened(
            now,
            pictures,
            min(misses.painted, pictures),
            min(misses.covered, pictures),
            models=used_models(pipeline.files, default_store()),
            label=self._label,
        )
