"""Whether a command may replace files that are there: only when that was asked for, or is said on a terminal. Light."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from engines.errors import OutputError

MOST = 5  # names that a message lists

Overwrite = Annotated[
    bool,
    typer.Option(
        "--overwrite",
        "-y",
        help="Replace an existing output. Without it you are asked on a terminal, and a script ends with an error.",
        rich_help_panel="Output",
    ),
]


def may_replace(names: "Sequence[str | Path | None]", overwrite: bool, instead: str = "name another") -> None:
    """names: of all outputs; None, `-` and addresses are passed over. overwrite: what `Overwrite` was. instead: what a
    user can do who does not want that. Asks one question for all files that are there, where there is someone to ask.
    Raises OutputError where nobody says yes."""
    there = [str(name) for name in names if name is not None and str(name) != "-" and Path(name).is_file()]
    if overwrite or not there:
        return
    listed = ", ".join(there[:MOST]) + (f" and {len(there) - MOST} more" if len(there) > MOST else "")
    exist, it, was = ("exists", "it", "was") if len(there) == 1 else ("exist", "them", "were")
    left = "it is" if len(there) == 1 else "they are"
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise OutputError(f"{listed} {exist}; give -y (--overwrite) to replace {it}, or {instead}")
    if not typer.confirm(f"{listed} {exist}. Replace {it}?", default=False, err=True):
        raise OutputError(f"{listed} {was} left as {left}; {instead}, or give --overwrite")
