"""The input as an ingredient of an output's signed record, with its own record where it has one that can be read.

Knows c2pa's library. Knows nothing of who signs.
"""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import c2pa  # type: ignore[import-untyped]

from stream.marks.media_type import PLAIN


def add_ingredient(
    builder: c2pa.Builder, described: Mapping[str, object], kind: str, path: Path, stack: ExitStack
) -> None:
    """described: c2pa's description. kind: the file's media type. stack: what closes the file. A file that plays may
    not be one that c2pa can take apart, as one with a camera's notes behind its last box: it is named all the same."""
    try:
        builder.add_ingredient(described, kind, stack.enter_context(path.open("rb")))
    except c2pa.C2paError:
        if kind == PLAIN:
            raise
        builder.add_ingredient(described, PLAIN, stack.enter_context(path.open("rb")))
