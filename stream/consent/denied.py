"""The deployment's deny list, found and enforced before anything is made, wherever a face comes in.

Each photo of a person is compared by itself, and their mean besides: one denied face among strangers' is refused.
"""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
from filelock import FileLock

from calib.denylist import DenyList, DenyListError, load
from calib.identity.likeness import PersonEmbedding
from engines.extras import install
from stream.consent.photos import NamedPhoto, read_photos

if TYPE_CHECKING:
    from stream.consent.embedder import FaceEmbedder

Embed = Callable[[Sequence[NamedPhoto]], PersonEmbedding | None]
"""Photos of one person to their embeddings; None where there is no network for that."""


def denylist_path() -> Path:
    """`UNDERSTUDY_DENYLIST`, or a file in the user's data folder."""
    named = os.environ.get("UNDERSTUDY_DENYLIST")
    return Path(named) if named else platformdirs.user_data_path("understudy", False) / "denylist.json"


def enforced_list(path: Path | None = None) -> DenyList | None:
    """The list that is in force; None where nobody is refused. Raises DenyListError where it is damaged, or was named
    and is missing: a list that cannot be read must not be taken for an empty one."""
    named = path is not None or bool(os.environ.get("UNDERSTUDY_DENYLIST"))
    path = path or denylist_path()
    if not named and not path.exists():
        return None
    deny = load(path)
    return deny if deny.entries else None


def enforce(people: Sequence[Sequence[Path]], embed: Embed | None = None, path: Path | None = None) -> None:
    """people: the photo files of each. They are read only where somebody is refused. embed: the embedder of this
    computer if None, of two the one that the list was made with. Raises DeniedError where one of
    them is listed, DenyListError where that cannot be told, InputError for a file that is no picture."""
    deny = enforced_list(path)
    if deny is not None:
        for photos in people:
            _compare(deny, embed or _by_network(deny.embedder), read_photos(photos))


@contextmanager
def editing(path: Path) -> Iterator[None]:
    """Held while a list is read, changed and written: of two who change it at once none is lost."""
    with FileLock(path.with_name(f".{path.name}.lock"), timeout=30):
        yield


class DenyCheck:
    """The deny list of a server or of an API. The list is read anew at every check; the networks are opened
    at the first that needs them, and kept. Any thread may call it, several at once."""

    def __init__(self, device: str = "auto", path: Path | None = None) -> None:
        """path: of the list; the deployment's if None."""
        self._device, self._path = device, path
        self._lock = threading.Lock()
        self._embedder: FaceEmbedder | None = None

    def photos(self, photos: Sequence[NamedPhoto]) -> None:
        """photos: of one person. Raises DeniedError where the person is listed, DenyListError where that cannot be
        told, SourceError where a photo shows no face and there is a list."""
        deny = enforced_list(self._path)
        if deny is not None:
            _compare(deny, lambda named: self._embed(named, deny.embedder), photos)

    def _embed(self, photos: Sequence[NamedPhoto], digest: str) -> PersonEmbedding | None:
        from stream.consent.embedder import open_embedder  # heavy: networks; most deployments have no deny list

        with self._lock:
            if self._embedder is None or self._embedder.digest != digest:
                self._embedder = open_embedder(device=self._device, digest=digest)
            embedder = self._embedder
        return embedder.embed(photos) if embedder is not None else None


def _by_network(digest: str) -> Embed:
    from stream.consent.embedder import embed_photos  # heavy: networks; most computers have no deny list

    return lambda photos: embed_photos(photos, digest)


def _compare(deny: DenyList, embed: Embed, photos: Sequence[NamedPhoto]) -> None:
    made = embed(photos)
    if made is None:
        raise DenyListError(
            "there is a deny list but no network to compare faces with; install one with"
            f" `{install('identity')}` or `understudy models pull arcface_w600k_r50`, or remove the list"
        )
    deny.enforce([*made.each, made.mean], made.embedder)
