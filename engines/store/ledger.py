"""The store's memory: one small JSON file beside the models, written atomically. Knows digests, nothing of networks."""

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from filelock import FileLock

from engines.errors import ModelError


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """What is known of one model. sha256: the pin, kept when the file goes. mtime_ns: of the file when last verified.

    file: name within the store's folder. like: the catalogue's model that a user's own file was taken for.
    accepted: when its licence was accepted (ISO date), empty where it was not.
    """

    sha256: str = ""
    size: int = 0
    mtime_ns: int = 0
    origin: str = ""
    file: str = ""
    like: str = ""
    accepted: str = ""


@dataclass(frozen=True, slots=True)
class Ledger:
    """The entries by name. Every change is read, changed and written under one lock between processes."""

    path: Path
    lock: Path = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lock", self.path.with_suffix(".lock"))

    def entries(self) -> dict[str, LedgerEntry]:
        """Raises ModelError where the file is not the store's own."""
        try:
            raw: dict[str, dict[str, Any]] = json.loads(self.path.read_text("utf-8"))
            return {name: LedgerEntry(**entry) for name, entry in raw.items()}
        except FileNotFoundError:
            return {}
        except (ValueError, TypeError, AttributeError) as error:
            raise ModelError(
                f"{self.path} is damaged ({error}); delete it: digests are then learned anew on the next pull"
            ) from error

    def entry(self, name: str) -> LedgerEntry:
        """Empty where nothing is known."""
        return self.entries().get(name, LedgerEntry())

    def update(self, name: str, **changes: Any) -> LedgerEntry:
        """The entry with these fields changed, written."""
        changed: list[LedgerEntry] = []

        def change(entries: dict[str, LedgerEntry]) -> None:
            entries[name] = replace(entries.get(name, LedgerEntry()), **changes)
            changed.append(entries[name])

        self._edit(change)
        return changed[0]

    def forget(self, name: str) -> None:
        """Nothing is known of it any more."""
        self._edit(lambda entries: entries.pop(name, None))

    def _edit(self, change: Callable[[dict[str, LedgerEntry]], object]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self.lock):
            entries = self.entries()
            change(entries)
            text = json.dumps({k: asdict(v) for k, v in sorted(entries.items())}, indent=1)
            part = self.path.with_suffix(".new")
            part.write_text(text + "\n", "utf-8")
            settle(part, self.path)


def settle(part: Path, path: Path) -> None:
    """Gives a finished file its final name, so that a crash leaves the old file or the new one, never a half."""
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    part.replace(path)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
