"""OutputMarks: all the marking of one output, from the payload drawn at the start to the signature at the end."""

import os
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from engines.store.store import default_store
from engines.watermark.payload import Payload
from stream.consent.consent import Consent
from stream.marks.happened import WhatHappened
from stream.marks.keys import Identity, SigningError, local_identity, own_identity
from stream.marks.layers import Marking, Signer, log_unmarked
from stream.marks.manifest import Manifest
from stream.marks.sidecar import sidecar
from stream.media.marking import Marker, new_payload
from stream.untrusted.media_type import ENDINGS


class OutputMarks:
    """One output's marking. marker: lays the invisible mark on each picture, None where it is off; for one thread.
    signed: where the signed record lies, once `sign` was done: `in the file`, a sidecar's name, or None. beside: the
    sidecar that `sign` wrote, None where it wrote none."""

    def __init__(
        self,
        output: str,
        marking: Marking,
        consent: Consent | None,
        now: datetime,
        identity: Identity | None = None,
        journal: Path | None = None,
        payload: Payload | None = None,
    ) -> None:
        """output: the final name or address. journal: where switched-off layers are logged. payload: what the mark says
        where that was settled before: by an earlier run of a resumed job, or by the live session whose recording this
        is; a new one if None. Raises MarkingError, and SigningError where there is no identity to sign with, or where
        another file's record lies in the place of this one's: before any work is done."""
        self.output, self._marking, self._consent = output, marking, consent
        if marking.off:
            log_unmarked(output, marking, now, journal)
        needed = marking.manifest or marking.watermark
        self._identity = (identity or local_identity()) if needed else None
        self.marker: Marker | None = None
        self.signed: str | None = None
        self.beside: Path | None = None
        if self._identity is not None and marking.watermark:
            self.marker = Marker(payload or new_payload(self._identity.producer))
        if marking.manifest:
            self._check_place()

    def sign(self, path: Path, version: str, happened: WhatHappened, ingredient: Path | None) -> Path | None:
        """Signs the closed file at `path`, before it takes its final name. version: Understudy's. happened: what was
        done, as the job counted it. ingredient: the input file, None where it was none. Returns the sidecar where one
        was written. Nothing where the manifest is off. Raises SigningError."""
        if self._identity is None or not self._marking.manifest:
            return None
        from stream.marks.sign import sign_file  # heavy, and wanted at the end alone

        final = Path(self.output)
        manifest = Manifest(final.name, version, happened, self._mark, self._consent)
        self.beside = sign_file(path, manifest, ingredient, self._identity, final)
        self.signed = "in the file" if self.beside is None else self.beside.name
        return self.beside

    def discard(self) -> None:
        """Takes back the sidecar of an output that did not take its name after it was signed."""
        if self.beside is not None:
            with suppress(OSError):
                self.beside.unlink(missing_ok=True)
        self.beside = self.signed = None

    @property
    def _mark(self) -> Payload | None:
        return self.marker.payload if self.marker is not None else None

    def _check_place(self) -> None:
        """Raises SigningError where a sidecar is in the way that must not be overwritten."""
        final = Path(self.output)
        if self.output == "-" or "://" in self.output or final.suffix.lower() in ENDINGS:
            return
        if os.path.lexists(sidecar(final)):
            from stream.marks.sign import in_the_way, may_replace_sidecar  # heavy, and seldom wanted

            if not may_replace_sidecar(final, self._mark.text if self._mark is not None else None):
                raise SigningError(in_the_way(sidecar(final)))

    def as_json(self) -> dict[str, Any]:
        """For the report: what the output carries. watermark: the mark's text. manifest: `in the file`, the sidecar's
        name, or None (switched off, or no file to put it in)."""
        return {
            "watermark": self.marker.payload.text if self.marker is not None else None,
            "manifest": self.signed,
            "signer": self._identity.name if self._identity is not None and self.signed else None,
            "off": list(self._marking.off),
            "because": self._marking.because or None,
        }


def identity_of(signer: Signer) -> Identity:
    """Who signs. A user's own is tried once, lest a job of hours end at a wrong key. Raises SigningError."""
    if (asked := signer.remote or signer.timestamp) and default_store().offline:
        raise SigningError(f"UNDERSTUDY_OFFLINE is set, and signing would ask {asked}; unset it, or sign without that")
    if signer.chain is None:
        own = local_identity()
        return replace(own, timestamp=signer.timestamp) if signer.timestamp else own
    from stream.marks.sign import prove

    identity = own_identity(signer.chain, signer.key, signer.remote, signer.timestamp)
    prove(identity)
    return identity
