"""Finds modules from elsewhere that Python would import in place of this project's packages. Imports none of them."""

import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

HOME = Path(__file__).resolve().parents[1]  # the folder that holds this package, and its floors beside it
NEEDED = ("engines", "calib", "stream")


def shadow(name: str, home: Path = HOME) -> Path | None:
    """What is imported as `name` (a file, or the folder of a package without one), if it is not `home/name`. None where
    it is ours, or where there is none at all."""
    found = sys.modules.get(name)
    if found is not None and found.__spec__ is None:  # made by hand, as some programs do
        file = getattr(found, "__file__", None)
        return Path(file) if file else Path(name)
    spec = find_spec(name)
    if spec is None:
        return None
    places = [Path(place).resolve() for place in spec.submodule_search_locations or ()]
    if home / name in places[:1]:
        return None
    if spec.origin is not None:
        return Path(spec.origin)
    return places[0] if places else Path(name)


def refuse_shadowed(names: Iterable[str] = NEEDED, home: Path = HOME) -> None:
    """Raises ImportError where one of these packages would be another's. The message is one line."""
    for name in names:
        if (path := shadow(name, home)) is not None:
            raise ImportError(
                f"understudy_video needs its own package `{name}`, which {path} hides: rename that, or keep its folder "
                "out of the search path (`python -P SCRIPT`, and no PYTHONPATH to it)",
                name=name,
                path=str(path),
            )
