"""Json: values out of a JSON document that anybody may have written, taken by their kind. Nothing here raises.

Knows kinds and bounds; nothing of what a value means.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

from stream.untrusted.text import printable

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"

MOST = 32
"""Entries of a list that are kept to be shown."""
_LARGEST = 1 << 53


def mapping(value: Json) -> Mapping[str, Json]:
    """The value where it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def mappings(value: Json, most: int = MOST) -> tuple[Mapping[str, Json], ...]:
    """The objects among a list's first `most` entries; none where the value is no list."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        return ()
    return tuple(one for one in value[:most] if isinstance(one, Mapping))


def text(value: Json) -> str | None:
    """A text that can be shown, None where there is none."""
    return (printable(value) or None) if isinstance(value, str) else None


def moment(value: Json) -> datetime | None:
    """An ISO 8601 time in UTC, None for anything else. One without a zone counts as UTC."""
    if not isinstance(value, str) or len(value) > 64:
        return None
    try:
        read = datetime.fromisoformat(value)
        return (read if read.tzinfo is not None else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def count(value: Json) -> int | None:
    """A whole number from 0 to 2**53, None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST else None


def number(value: Json) -> float | None:
    """A number from 0 to 2**53, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= _LARGEST else None
