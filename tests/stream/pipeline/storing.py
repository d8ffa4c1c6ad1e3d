"""Stores of models for tests: the embedded networks' own files in a folder of the test's."""

import shutil
from pathlib import Path

from engines.store.catalog import load_catalog
from engines.store.store import Store, default_store
from stream.perception.face_finding import NAMES


def embedded_store(folder: Path) -> Store:
    """Offline; holds the detector and the landmark network."""
    folder.mkdir(parents=True, exist_ok=True)
    real = default_store()
    for name in NAMES:
        shutil.copy(real.path(name), folder / real.model(name).file)
    return Store(folder, load_catalog(), offline=True)
