"""Stamp: all the marking of one output, from the payload drawn at the start to the signature at the end.

Knows which layers are on. A layer of the machine-readable marking goes off only with a reason, which is logged.
"""

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import platformdirs

from engines.errors import UnderstudyError
from stream.marking import Marker, new_payload
from tools.trust.consent import Consent
from tools.trust.keys import Identity, local_identity
from tools.trust.manifest import Manifest, UsedModel
from tools.trust.sign import sign_file

log = logging.getLogger("understudy.marking")


class MarkingError(UnderstudyError):
    """Marking was switched off without a reason, or the switching-off could not be logged."""


@dataclass(frozen=True, slots=True)
class Marking:
    """Which machine-readable layers an output gets. manifest: the signed C2PA record. watermark: the invisible mark.
    because: why one is off; whoever reads the log later should understand it."""

    manifest: bool = True
    watermark: bool = True
    because: str = ""

    def __post_init__(self) -> None:
        if self.off and not self.because.strip():
            raise MarkingError(
                f"the {' and the '.join(self.off)} can be left off, but not silently; say why, it is logged"
            )

    @property
    def off(self) -> tuple[str, ...]:
        layers = {"signed manifest": self.manifest, "invisible watermark": self.watermark}
        return tuple(name for name, on in layers.items() if not on)


class Stamp:
    """One output's marking. marker: lays the invisible mark on each picture, None where it is off; for one thread."""

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
            _log(journal or journal_path(), output, marking, now)
        needed = marking.manifest or marking.watermark
        self._identity = (identity or local_identity()) if needed else None
        self.marker: Marker | None = None
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
        final = Path(self.output)
        mark = self.marker.payload if self.marker is not None else None
        manifest = Manifest(final.name, version, models, routes, mark, self._consent)
        return sign_file(path, manifest, ingredient, self._identity, final)


def journal_path() -> Path:
    """`UNDERSTUDY_JOURNAL`, or a file in the user's state folder."""
    named = os.environ.get("UNDERSTUDY_JOURNAL")
    return Path(named) if named else platformdirs.user_state_path("understudy", False) / "unmarked.jsonl"


def _log(journal: Path, output: str, marking: Marking, now: datetime) -> None:
    """One line for good. What cannot be logged is not made."""
    log.warning("%s is made without %s: %s", output, " and ".join(marking.off), marking.because)
    told = {
        "at": now.isoformat(timespec="seconds"),
        "output": output,
        "off": list(marking.off),
        "because": marking.because,
    }
    try:
        journal.parent.mkdir(parents=True, exist_ok=True)
        with journal.open("a", encoding="utf-8") as file:
            file.write(json.dumps(told, ensure_ascii=False) + "\n")
    except OSError as error:
        raise MarkingError(
            f"{journal} cannot be written ({error.strerror}), and unmarked outputs are logged"
        ) from error
