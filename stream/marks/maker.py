"""What made an output: Understudy's version, and the networks that had a part in it, by name and sha256."""

from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from pathlib import Path

from engines.digest import sha256
from engines.store.store import Store
from stream.marks.happened import UsedModel


@cache
def version() -> str:
    """Understudy's version; `source` where it runs from its folder, not installed."""
    try:
        return installed("understudy-video")
    except PackageNotFoundError:
        return "source"


def used_models(files: Mapping[str, Path], store: Store) -> tuple[UsedModel, ...]:
    """files: the networks that were loaded, by name. The store knows the sha256 of its own, checked as it gave them
    out; others are read once more."""
    return tuple(UsedModel(name, _known(name, path, store) or sha256(path)) for name, path in files.items())


def _known(name: str, path: Path, store: Store) -> str:
    return store.ledger.entry(name).sha256 if path.is_relative_to(store.root) else ""
