"""Where a model's low-precision copies lie. They are made in `calib` and run from here; a changed model has none."""

from pathlib import Path

from engines.digest import sha256


def installed(folder: Path, name: str, precision: str, source: Path) -> Path:
    """The compiled copy of this very file, whether or not it was made. folder: `compiled` in the store."""
    return folder / f"{name}-{precision}-{sha256(source)[:12]}.onnx"
