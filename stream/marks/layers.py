"""Which layers of marking an output gets, and the log of those that were switched off. Light: loads no codec, no key.

A layer of the machine-readable marking goes off only with a reason, and the reason is written down for good.
"""

import json
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

import platformdirs

from engines.errors import UnderstudyError

log = logging.getLogger("understudy.marking")


class MarkingError(UnderstudyError):
    """Marking was switched off without a reason, or the switching-off could not be logged."""


class MarkLayer(StrEnum):
    """The machine-readable layers."""

    MANIFEST = "manifest"
    WATERMARK = "watermark"


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
                f"the {' and the '.join(self.off)} can be left off, but not silently; say why with --because, which"
                " is logged"
            )

    @property
    def off(self) -> tuple[str, ...]:
        layers = {"signed manifest": self.manifest, "invisible watermark": self.watermark}
        return tuple(name for name, on in layers.items() if not on)


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs, where it is not this machine's own identity. chain, key: PEM files. remote: a signing service in the
    place of the key. timestamp: an RFC 3161 service; it goes with the machine's own identity too."""

    chain: Path | None = None
    key: Path | None = None
    remote: str | None = None
    timestamp: str | None = None

    def __post_init__(self) -> None:
        if self.chain is None and (self.key is not None or self.remote is not None):
            raise MarkingError("a key or a remote signer signs in a certificate's name; add --certificate CHAIN.pem")


def marking(without: Sequence[MarkLayer], because: str) -> Marking:
    """From a command line's words. Raises MarkingError where a layer goes off unexplained."""
    return Marking(MarkLayer.MANIFEST not in without, MarkLayer.WATERMARK not in without, because)


def journal_path() -> Path:
    """`UNDERSTUDY_JOURNAL`, or a file in the user's state folder."""
    named = os.environ.get("UNDERSTUDY_JOURNAL")
    return Path(named) if named else platformdirs.user_state_path("understudy", False) / "unmarked.jsonl"


def log_unmarked(output: str, off: Marking, now: datetime, journal: Path | None = None) -> None:
    """One line for good. What cannot be logged is not made: raises MarkingError."""
    journal = journal or journal_path()
    log.warning("%s is made without %s: %s", output, " and ".join(off.off), off.because)
    told = {"at": now.isoformat(timespec="seconds"), "output": output, "off": list(off.off), "because": off.because}
    try:
        journal.parent.mkdir(parents=True, exist_ok=True)
        with journal.open("a", encoding="utf-8") as file:
            file.write(json.dumps(told, ensure_ascii=False) + "\n")
    except OSError as error:
        raise MarkingError(
            f"{journal} cannot be written ({error.strerror}), and unmarked outputs are logged"
        ) from error
