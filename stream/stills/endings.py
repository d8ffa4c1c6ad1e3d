"""Which files are pictures, by their names: those that can be read, those that can be written, and those to pass by.

Knows: names. Opens nothing and imports nothing heavy.
"""

from pathlib import Path

JPEG = (".jpg", ".jpeg", ".jpe", ".jfif", ".jif")
HEIF = (".heic", ".heif", ".hif")
WRITTEN = (*JPEG, ".png", ".webp", ".bmp", ".tif", ".tiff", ".avif")
READ = (*WRITTEN, *HEIF)


def is_picture(path: Path) -> bool:
    """Whether a name is a picture's."""
    return path.suffix.lower() in READ


def written_as(path: Path) -> str | None:
    """The ending that stands for the picture's format (`.jpg` for all of JPEG's); None for one that is not written."""
    ending = path.suffix.lower()
    return None if ending not in WRITTEN else ".jpg" if ending in JPEG else ending


def is_hidden(path: Path) -> bool:
    """Whether a file is one of those that systems leave in folders: hidden by its name, as macOS's `._photo.jpg`, which
    holds no picture, only what the file system had to say of one."""
    return path.name.startswith(".")
