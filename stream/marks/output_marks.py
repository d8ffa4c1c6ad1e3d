"""OutputMarks: all the marking of one output, from the payload drawn at the start to the signature at the end."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from stream.consent.consent import Consent
from stream.marks.keys import Identity, local_identity, own_identity
from stream.marks.layers import Marking, Signer, log_unmarked
from stream.marks.manifest import Manifest, UsedModel
from stream.media.marking import Marker, new_payload


class OutputMarks:
    """One output's marking. marker: lays the invisible mark on each picture, None where it is off; for one thread.
    signed: where the signed record lies, once `sign` was done: `in the file`, a sidecar's name, or None."""

    def __init__(
        self,
        output: str,
        marking: Marking,
        consent: Consent | None,
        now: datetime,
        identity: Identity | None = None,
        journal: Path | None = None,
    ) -> None:
        """output: the final name or address. journal: where switched-off layers are logged. Raises MarkingError, and
        SigningError where there is no identity to sign with: before any work is done."""
        self.output, self._marking, self._consent = output, marking, consent
        if marking.off:
            log_unmarked(output, marking, now, journal)
        needed = marking.manifest or marking.watermark
        self._identity = (identity or local_identity()) if needed else None
        self.marker: Marker | None = None
        self.signed: str | None = None
        if self._identity is not None and marking.watermark:
            self.marker = Marker(new_payload(self._identity.producer))

    def sign(
        self,
        path: Path,
        version: str,
        models: tuple[UsedModel, ...],
        routes: Mapping[str, int],
        ingredient: Path | None,
    ) -> Path | None:
        """Signs the closed file at `path`, before it takes its final name. Returns the sidecar where one was written.
        Nothing where the manifest is off. Raises SigningError."""
        if self._identity is None or not self._marking.manifest:
            return None
        from stream.marks.sign import sign_file  # heavy, and wanted at the end alone

        final = Path(self.output)
        mark = self.marker.payload if self.marker is not None else None
        manifest = Manifest(final.name, version, models, routes, mark, self._consent)
        beside = sign_file(path, manifest, ingredient, self._identity, final)
        self.signed = "in the file" if beside is None else beside.name
        return beside

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
    if signer.chain is None:
        own = local_identity()
        return replace(own, timestamp=signer.timestamp) if signer.timestamp else own
    from stream.marks.sign import prove

    identity = own_identity(signer.chain, signer.key, signer.remote, signer.timestamp)
    prove(identity)
    return identity
