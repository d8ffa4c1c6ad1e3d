"""Photos: which files a text of `--source` names."""

from pathlib import Path

from engines.errors import InputError

PHOTOS = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"}


def parse_sources(texts: list[str]) -> tuple[tuple[Path, ...], ...]:
    """One person per text: a photo, several photos joined by commas, or a folder of photos. Raises InputError."""
    return tuple(_photos(text) for text in texts)


def _photos(text: str) -> tuple[Path, ...]:
    if not text.strip(" ,"):
        raise InputError("--source is empty; name a photo of a face")
    path = Path(text)
    if path.is_dir():
        found = tuple(sorted(p for p in path.iterdir() if p.suffix.lower() in PHOTOS))
        if not found:
            raise InputError(f"the folder {path} holds no photo ({', '.join(sorted(PHOTOS))}); give a photo of a face")
        return found
    if path.exists() or "," not in text:
        return (path,)
    return tuple(Path(part) for part in text.split(",") if part)
