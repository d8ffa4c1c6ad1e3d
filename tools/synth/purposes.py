"""What a set of people is for, and who is in which: nobody is in two. Pure; knows names, not pictures."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import TypeVar

from engines.errors import InputError

T = TypeVar("T")

STRIDE = 6  # one person in so many is held back from training
LEAST = 6  # people, signers not counted


class Purpose(StrEnum):
    """TRAINING: what weights learn from. SELECTION: which weights are kept, and when training stops. CALIBRATION: what
    temperature and thresholds are fitted to. VALIDATION: what the figures that are told are measured on."""

    TRAINING = "training"
    SELECTION = "selection"
    CALIBRATION = "calibration"
    VALIDATION = "validation"


HELD = (Purpose.SELECTION, Purpose.CALIBRATION, Purpose.VALIDATION)


def of_people(names: Iterable[str]) -> dict[str, Purpose]:
    """Who is for what, by name. One person in STRIDE is held back (one in fewer, where people are few), and those held
    back take turns. Signers, who are few, are all for training. Raises InputError for fewer than LEAST others."""
    known = set(names)
    out = dict.fromkeys(sorted(known), Purpose.TRAINING)
    split = sorted(name for name in known if not name.startswith("signer_"))
    if len(split) < LEAST:
        raise InputError(f"photos of at least {LEAST} people are needed, to train and to check; {len(split)} are here")
    for i, name in enumerate(split[:: STRIDE if len(split) > 2 * STRIDE else len(split) // len(HELD)]):
        out[name] = HELD[i % len(HELD)]
    return out


def of_row(row: Sequence[T], share: float = 0.2) -> dict[Purpose, tuple[T, ...]]:
    """A row whose neighbours show the same person: the last `share` of it, cut off whole, in three runs. Raises
    InputError for fewer than four."""
    if len(row) < len(Purpose):
        raise InputError(
            f"at least {len(Purpose)} cut-out hands are needed, to train and to check; {len(row)} are here"
        )
    held = max(len(HELD), round(share * len(row)))
    at = len(row) - min(held, len(row) - 1)
    out = {Purpose.TRAINING: tuple(row[:at])}
    for i, purpose in enumerate(HELD):
        first, last = (at + (len(row) - at) * n // len(HELD) for n in (i, i + 1))
        out[purpose] = tuple(row[first:last])
    return out
