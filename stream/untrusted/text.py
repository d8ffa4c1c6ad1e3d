"""Text that a file or a server brought along, made fit to be shown: one line, bounded, nothing that a terminal obeys.

Knows characters; nothing of where the text came from.
"""

import unicodedata

LONGEST = 120
"""Letters of a shown text."""

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that are left out: control characters (C0, C1, DEL), format characters (bidirectional overrides
and isolates, zero-width ones, tags), surrogates, private use, unassigned, line and paragraph separators."""


def printable(text: object, longest: int = LONGEST) -> str:
    """One line of at most `longest` letters, with `...` where it was cut. Anything but text is shown as Python does."""
    whole = text if isinstance(text, str) else str(text)
    # Nothing beyond this can be shown: the work for a text of many megabytes is bounded.
    near = whole[: 16 * longest]
    seen = "".join(" " if letter.isspace() else letter for letter in near if _shown(letter))
    line = " ".join(seen.split())
    return line if len(line) <= longest and len(whole) == len(near) else f"{line[: longest - 3]}..."


def quoted(text: object, longest: int = LONGEST) -> str:
    """`printable`, in double quotes that the text cannot close: where a file's words end can be seen."""
    return '"' + printable(text, longest).replace('"', "'") + '"'


def _shown(letter: str) -> bool:
    return letter.isspace() or unicodedata.category(letter) not in _UNSEEN
