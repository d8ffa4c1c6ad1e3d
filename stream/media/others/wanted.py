"""Streams: whether it is an error that a stream beside the pictures cannot be kept. Light: the command line's help
reads it."""

from enum import StrEnum

from engines.errors import UnderstudyError


class Streams(StrEnum):
    """ALL: what cannot be kept is left out and said. STRICT: that is an error."""

    ALL = "all"
    STRICT = "strict"


def read_streams(text: str | None) -> Streams:
    """As people write it; None: ALL. Raises UnderstudyError."""
    if text is None:
        return Streams.ALL
    if text not in list(Streams):
        raise UnderstudyError(f"--streams {text}: take one of {', '.join(Streams)}")
    return Streams(text)
