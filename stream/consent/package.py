"""Identity packages: a source person's photos, the consent to use them, an embedding where there is one, and a hash
over all of it. One folder each, readable by the user alone.

Knows folders and records. How an embedding is made is passed in.
"""

import hashlib
import json
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs

from calib.identity.likeness import PersonEmbedding
from engines.errors import UnderstudyError
from engines.values import F32
from stream.consent.consent import ConsentedSource
from stream.consent.photos import NamedPhoto, read_photos

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_RECORD = "identity.json"
_EMBEDDING = "embedding.npy"
_LONGEST = 2000


class IdentityError(UnderstudyError):
    """An identity package cannot be made, found or trusted."""


@dataclass(frozen=True, slots=True)
class Package:
    """consent: who agreed, when, what for. is_self: the user's own face. photos: file names inside the package.
    embedder: sha256 of the network behind the embedding, None where there is none."""

    folder: Path
    name: str
    consent: str
    is_self: bool
    added: datetime
    expires: date | None
    photos: tuple[str, ...]
    embedder: str | None
    sha256: str

    @property
    def paths(self) -> tuple[Path, ...]:
        return tuple(self.folder / "photos" / name for name in self.photos)

    @property
    def source(self) -> ConsentedSource:
        """As consent is settled over it."""
        return ConsentedSource(self.name, self.sha256, self.consent, self.expires, self.is_self)

    def embedding(self) -> F32 | None:
        """float32 (n,), None where no embedder was present."""
        path = self.folder / _EMBEDDING
        # allow_pickle stays off: a package may come from somebody else.
        return np.asarray(np.load(path, allow_pickle=False), np.float32) if self.embedder and path.is_file() else None


Embed = Callable[[Sequence[NamedPhoto]], PersonEmbedding | None]
"""Photos of one person to their embeddings; None where no network is present. Raises SourceError for a photo without a
face."""


@dataclass(frozen=True, slots=True)
class IdentityStore:
    """All packages of a user, in one folder."""

    root: Path

    def add(
        self,
        name: str,
        photos: Sequence[Path],
        consent: str,
        now: datetime,
        expires: date | None = None,
        is_self: bool = False,
        embed: Embed | None = None,
    ) -> Package:
        """Makes a package; it appears whole or not at all. embed: looks at the photos' faces; None: they are not looked
        at. Raises IdentityError, for photos of two people too, SourceError, InputError."""
        folder = self._folder(name)
        consent = " ".join(consent.split())
        if not consent and not is_self:
            raise IdentityError('an identity needs a record of consent; add --consent "who, when, what for", or --self')
        if len(consent) > _LONGEST:
            raise IdentityError(f"the consent record has {len(consent)} letters; keep it under {_LONGEST}")
        if not photos:
            raise IdentityError("an identity needs a photo; name one or more")
        if expires is not None and expires < now.date():
            raise IdentityError(
                f"the consent would have ended on {expires.isoformat()} already; give a later --expires"
            )
        if folder.exists():
            raise IdentityError(f"there is an identity {name} already; remove it first, or take another --name")
        self.root.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=".new-", dir=self.root))  # 0700
        try:
            names = _copied(photos, fresh / "photos")
            made = embed(_read(photos, fresh / "photos", names)) if embed is not None else None
            if made is not None:
                _check_one_person(made, photos)
                np.save(fresh / _EMBEDDING, made.mean, allow_pickle=False)
            record: dict[str, Any] = {
                "name": name,
                "consent": consent or "the user's own face",
                "self": is_self,
                "added": now.isoformat(timespec="seconds"),
                "expires": expires.isoformat() if expires else None,
                "photos": names,
                "embedder": made.embedder if made is not None else None,
            }
            record["sha256"] = _digest(fresh, record)
            (fresh / _RECORD).write_text(json.dumps(record, indent=1, ensure_ascii=False), encoding="utf-8")
            fresh.rename(folder)
        except OSError as error:
            raise IdentityError(
                f"the identity {name} could not be kept: {error.strerror} ({error.filename})"
            ) from error
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        return self.get(name)

    def get(self, name: str) -> Package:
        """Reads a package and checks that nothing in it was changed. Raises IdentityError."""
        folder = self._folder(name)
        try:
            record: dict[str, Any] = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
            if _digest(folder, record) != record["sha256"]:
                raise IdentityError(
                    f"the identity {name} was changed after it was made, so its consent no longer fits; remove it and"
                    " add it anew"
                )
            return Package(
                folder=folder,
                name=str(record["name"]),
                consent=str(record["consent"]),
                is_self=bool(record["self"]),
                added=datetime.fromisoformat(record["added"]),
                expires=date.fromisoformat(record["expires"]) if record["expires"] else None,
                photos=tuple(str(one) for one in record["photos"]),
                embedder=record["embedder"],
                sha256=str(record["sha256"]),
            )
        except FileNotFoundError as error:
            if folder.is_dir():
                raise IdentityError(f"the identity {name} is damaged: {error.filename} is gone; remove it") from error
            known = ", ".join(self.names()) or "none yet"
            raise IdentityError(f"there is no identity {name}; there are: {known}") from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise IdentityError(f"the identity {name} is damaged ({error}); remove it and add it anew") from error

    def names(self) -> list[str]:
        if not self.root.is_dir():
            return []
        return sorted(one.name for one in self.root.iterdir() if one.is_dir() and _NAME.fullmatch(one.name))

    def remove(self, name: str) -> int:
        """Deletes a package with everything in it. Returns how many files went. Raises IdentityError.

        It first leaves its name, so that nothing can use it while it goes."""
        folder = self._folder(name)
        if not folder.is_dir():
            raise IdentityError(f"there is no identity {name}; there are: {', '.join(self.names()) or 'none yet'}")
        leaving = Path(tempfile.mkdtemp(prefix=".gone-", dir=self.root)) / name
        try:
            folder.rename(leaving)
            count = sum(one.is_file() for one in leaving.rglob("*"))
            shutil.rmtree(leaving.parent)
        except OSError as error:
            raise IdentityError(f"not all of {name} could be removed: {error.strerror} ({error.filename})") from error
        return count

    def export(self, name: str, into: Path) -> None:
        """Writes a zip of the whole package that only the user can read. Raises IdentityError."""
        package = self.get(name)
        try:
            descriptor = os.open(into, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                for path in sorted(one for one in package.folder.rglob("*") if one.is_file()):
                    archive.write(path, Path(name) / path.relative_to(package.folder))
        except OSError as error:
            raise IdentityError(f"{into} cannot be written: {error.strerror}; name another file") from error

    def _folder(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise IdentityError(f"{name!r} is no name for an identity; use letters, digits, - _ . and up to 64 of them")
        return self.root / name


def default_identities() -> IdentityStore:
    root = os.environ.get("UNDERSTUDY_IDENTITIES")
    return IdentityStore(Path(root) if root else platformdirs.user_data_path("understudy", False) / "identities")


def _copied(photos: Sequence[Path], into: Path) -> list[str]:
    """Under plain numbered names: a photo's own name may say more than it should."""
    into.mkdir(mode=0o700)
    names = []
    for number, photo in enumerate(photos, 1):
        names.append(f"{number:02d}{photo.suffix.lower()}")
        shutil.copyfile(photo, into / names[-1])
    return names


def _read(photos: Sequence[Path], folder: Path, names: Sequence[str]) -> list[NamedPhoto]:
    """The copies' pixels, under the names that the user knows."""
    return [
        (photo.name, pixels)
        for photo, (_, pixels) in zip(photos, read_photos([folder / n for n in names]), strict=True)
    ]


def _check_one_person(made: PersonEmbedding, photos: Sequence[Path]) -> None:
    pair = made.two_people()
    if pair is not None:
        one, other = (photos[index].name for index in pair)
        raise IdentityError(f"{one} and {other} show two different people; keep each of them under a name of their own")


def _digest(folder: Path, record: dict[str, Any]) -> str:
    """Over the record, less the digest itself, and every file it names."""
    told = {key: value for key, value in record.items() if key != "sha256"}
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
    for name in record["photos"]:
        if Path(name).name != name:
            raise ValueError(f"{name!r} leaves the package")
        digest.update(hashlib.sha256((folder / "photos" / name).read_bytes()).digest())
    if record["embedder"]:
        digest.update(hashlib.sha256((folder / _EMBEDDING).read_bytes()).digest())
    return digest.hexdigest()
