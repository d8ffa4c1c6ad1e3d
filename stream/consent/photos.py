"""Photos: which files a text of `--source` names, and their pixels with a name for messages."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from engines.errors import InputError
from engines.values import U8
from stream.consent.identity_set import set_photos
from stream.stills.endings import READ, is_hidden, is_picture

NamedPhoto: TypeAlias = tuple[str, U8]
"""A name for messages, and uint8 (h, w, 3) RGB pixels, upright."""


def parse_sources(texts: list[str]) -> tuple[tuple[Path, ...], ...]:
    """One person per text: a photo, several joined by commas, a folder of photos or of an identity set. Raises
    InputError."""
    return tuple(_photos(text) for text in texts)


def read_photos(paths: Sequence[Path]) -> list[NamedPhoto]:
    """Raises InputError for a file that is no picture."""
    from stream.media.still import read_image  # codecs: whoever only names photos does without

    return [(path.name, read_image(str(path))) for path in paths]


def _photos(text: str) -> tuple[Path, ...]:
    if not text.strip(" ,"):
        raise InputError("--source is empty; name a photo of a face")
    path = Path(text)
    if path.is_dir():
        if (best := set_photos(path)) is not None:
            return best
        found = tuple(sorted(p for p in path.iterdir() if is_picture(p) and not is_hidden(p) and p.is_file()))
        if not found:
            raise InputError(f"the folder {path} holds no photo ({', '.join(READ)}); give a photo of a face")
        return found
    if path.exists() or "," not in text:
        return (path,)
    return tuple(Path(part) for part in text.split(",") if part)
