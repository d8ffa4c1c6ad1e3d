"""The deployment's deny list, found and enforced before anything is made."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import platformdirs

from calib.denylist import DenyListError, load
from engines.values import F32

Embed = Callable[[Sequence[Path]], tuple[F32, str] | None]


def denylist_path() -> Path:
    """`UNDERSTUDY_DENYLIST`, or a file in the user's data folder."""
    named = os.environ.get("UNDERSTUDY_DENYLIST")
    return Path(named) if named else platformdirs.user_data_path("understudy", False) / "denylist.json"


def enforce(people: Sequence[Sequence[Path]], embed: Embed, path: Path | None = None) -> None:
    """Raises DeniedError where a source person (the photos of each) is listed, DenyListError where that cannot be told.

    A list that was named but is missing, and a list without an embedder, stop the work; no list at all does not."""
    named = path is not None or bool(os.environ.get("UNDERSTUDY_DENYLIST"))
    path = path or denylist_path()
    if not named and not path.exists():
        return
    deny = load(path)
    if not deny.entries:
        return
    for photos in people:
        made = embed(photos)
        if made is None:
            raise DenyListError(
                "there is a deny list but no network to compare faces with; pull it with"
                " `understudy models pull arcface_w600k_r50`, or remove the list"
            )
        deny.enforce([made[0]], made[1])
