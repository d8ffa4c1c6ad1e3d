"""Recordings: the files that a relay writes, signed once it is over. Knows marks and outputs, no pipeline's inside.

A live file carries its name from its first packet on, so that it is there after a power cut, unsigned then. HLS is a
folder of files that players read on the way; it has the invisible mark and the label alone.
"""

import asyncio
import contextlib
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from engines.store.store import default_store
from engines.watermark.payload import Payload
from stream.consent.consent import Consent
from stream.io.address import OutputAddress
from stream.io.output import Output
from stream.io.relay import Relay
from stream.marks.happened import WhatHappened
from stream.marks.keys import Identity, SigningError
from stream.marks.layers import Marking
from stream.marks.maker import used_models, version
from stream.marks.output_marks import OutputMarks
from stream.marks.sidecar import sidecar
from stream.media.marking import new_payload
from stream.pipeline.pipeline import Pipeline


def is_recording(address: OutputAddress) -> bool:
    """Whether the output is a file that is whole at the end, and can be signed."""
    return not (address.again or address.whip or address.format == "hls")


def after_earlier(address: OutputAddress) -> OutputAddress:
    """The same output, whose first file is the one after all that are there: `a-3.ts` where `a.ts` and `a-2.ts` are.
    Records that lie beside files count too. Another address is returned as it is."""
    if not is_recording(address):
        return address
    path = Path(address.url)
    name = re.compile(rf"{re.escape(path.stem)}(?:-([1-9]\d*))?{re.escape(path.suffix)}(?:\.c2pa)?")
    found = [match for entry in path.parent.iterdir() if not entry.is_dir() and (match := name.fullmatch(entry.name))]
    return replace(address, first=max((int(match[1] or 1) for match in found), default=0))


class Recordings:
    """Those among a relay's outputs. Made before the relay runs, so that nothing is found out too late. payload: what
    the session's invisible mark has to say, None where it is off. label: the visible label's words, empty for none.
    clock: the time of the record, with a time zone."""

    def __init__(
        self,
        addresses: Sequence[OutputAddress],
        marking: Marking,
        consent: Consent | None,
        identity: Identity,
        clock: Callable[[], datetime],
        label: str = "",
    ) -> None:
        """Raises MarkingError, SigningError."""
        self._marking, self._consent, self._identity, self._clock = marking, consent, identity, clock
        self._label = label
        self.payload: Payload | None = new_payload(identity.producer) if marking.watermark else None
        self._pipeline: Pipeline | None = None
        places = [address.part(0) for address in addresses if is_recording(address)]
        self._prepared = {place: self._marks(place) for place in places}
        self._replaced = {place: _record_to_replace(Path(place)) for place in places} if marking.manifest else {}

    def opened(self, pipeline: Pipeline) -> None:
        """The session's pipeline, which counts what it paints; called on the session's own thread."""
        self._pipeline = pipeline

    async def run(self, relay: Relay, stop: asyncio.Event) -> list[str]:
        """Runs the relay to its end, or until `stop`, and signs its files; those of one that failed too, as partial
        ones. Returns a sentence for each. Raises what the relay raises, and SigningError, in which case the files are
        whole and unsigned."""
        try:
            await relay.run(stop)
        except Exception:
            await asyncio.to_thread(self.sign, relay.outputs, partial=True)
            raise
        return await asyncio.to_thread(self.sign, relay.outputs)

    def sign(self, outputs: Sequence[Output], *, partial: bool = False) -> list[str]:
        """Signs every file that was written. outputs: of the relay, closed. partial: the relay failed. Returns a
        sentence for each, none where no picture came. Raises SigningError."""
        if not self._marking.manifest or self._pipeline is None:
            return []
        said, failed = list[str](), list[SigningError]()
        for output in outputs:
            if not is_recording(output.address):
                continue
            for number, (pictures, resumed) in enumerate(zip(output.pictures, output.resumed, strict=True)):
                cut_short = partial or (output.error is not None and number == len(output.pictures) - 1)
                happened = self._happened(pictures, resumed, self._pipeline, cut_short)
                try:
                    said.append(self._sign(output.address.part(number), happened))
                except SigningError as error:  # the other files are signed all the same
                    failed.append(error)
        if failed:
            raise failed[0]
        return said

    def _sign(self, place: str, happened: WhatHappened) -> str:
        """Raises SigningError."""
        path, marks = Path(place), self._prepared.get(place) or self._marks(place)
        self._drop_replaced(place)
        marks.sign(path, version(), happened, None)
        return f"{path.name}: signed record {marks.signed}, by {self._identity.name}"

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
        return OutputMarks(place, self._marking, self._consent, self._clock(), self._identity, payload=self.payload)

    def _drop_replaced(self, place: str) -> None:
        """The file that a record was of has been written over: the record goes too, if it is still the same one."""
        beside, before = sidecar(Path(place)), self._replaced.get(place)
        with contextlib.suppress(OSError):
            if before is not None and beside.read_bytes() == before:
                beside.unlink()

    def _happened(self, pictures: int, resumed: int, pipeline: Pipeline, partial: bool) -> WhatHappened:
        """The session counts what it painted; a file that lost pictures on the way has no more of them than it has."""
        misses = pipeline.misses
        return WhatHappened(
            self._clock(),
            pictures,
            min(misses.painted, pictures),
            min(misses.covered, pictures),
            models=used_models(pipeline.files, default_store()),
            partial=partial,
            resumed=resumed,
            label=self._label,
        )


def _record_to_replace(path: Path) -> bytes | None:
    """The record beside a file that is about to be written over, None where there is none that may go with it."""
    if not os.path.lexists(sidecar(path)):
        return None
    from stream.marks.sign import may_replace_sidecar  # heavy, and seldom wanted

    try:
        return sidecar(path).read_bytes() if may_replace_sidecar(path, None) else None
    except OSError:
        return None
