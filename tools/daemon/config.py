"""Config: the daemon's folders to watch and its RTMP endpoints, out of a TOML file. Knows the file, not
what is done with it."""

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engines.errors import UnderstudyError
from stream.media.bitrate import parse_bitrate
from stream.media.codecs import X_PRESETS
from stream.pipeline.spec import KINDS, read_spec
from tools.daemon.files.allowed import AllowedFolders
from tools.daemon.http_values import priority_of
from tools.daemon.process.join import HOLD
from tools.daemon.request import is_file, parse

KEY = 16  # characters of a stream key, at least
NO_FILE = ".no-such-file"  # stands for the files that will come, while a table is checked
Table = dict[str, object]


@dataclass(frozen=True, slots=True)
class WatchFolder:
    """Files that come into `folder` become jobs, whose results go to `output`. job: the other fields of a request."""

    folder: Path
    output: Path
    ending: str = ".mp4"
    priority: int = 0
    job: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Who publishes to rtmp://host/app/key is swapped and sent on to `outputs`. options: of the swap, as
    `stream.pipeline.spec.read_spec` takes them."""

    name: str
    key: str = field(repr=False)
    outputs: tuple[str, ...]
    source: tuple[str, ...]
    consent: bool = False
    app: str = "live"
    bitrate: str = "4M"
    preset: str = "superfast"
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Config:
    watches: tuple[WatchFolder, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()


def read(path: Path | None) -> Config:
    """Paths in the file count from its folder. Raises UnderstudyError."""
    if path is None:
        return Config()
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UnderstudyError(f"cannot read --config {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnderstudyError(f"--config {path} is not TOML: {error}") from error
    if strange := sorted(set(found) - {"watch", "endpoint"}):
        raise UnderstudyError(f"{path}: {', '.join(strange)} is unknown; write [[watch]] and [[endpoint]] tables")
    base = path.resolve().parent
    watches = tuple(_watch(table, base, f"{path}: [[watch]]") for table in _tables(found, "watch", path))
    endpoints = tuple(_endpoint(table, base, f"{path}: [[endpoint]]") for table in _tables(found, "endpoint", path))
    if endpoints and os.name == "posix" and path.stat().st_mode & 0o077:
        raise UnderstudyError(f"{path} holds stream keys and can be read by others: chmod 600 {path}")
    for what in ("name", "key"):
        values = [getattr(e, what) for e in endpoints]
        if len(set(values)) < len(values):
            raise UnderstudyError(f"{path}: two endpoints have the same {what}; give each its own")
    return Config(watches, endpoints)


def _tables(found: Mapping[str, object], name: str, path: Path) -> Sequence[Table]:
    tables = found.get(name, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise UnderstudyError(f"{path}: write [[{name}]], with two brackets")
    return tables


def _watch(table: Table, base: Path, where: str) -> WatchFolder:
    table = dict(table)
    folder, output = (_folder(table.pop(name, None), base, f"{where}: {name}") for name in ("folder", "output"))
    ending, priority = table.pop("ending", ".mp4"), table.pop("priority", 0)
    if not isinstance(ending, str) or ending not in HOLD:
        raise UnderstudyError(f"{where}: ending {ending!r}: take one of {', '.join(HOLD)}")
    if output == folder or output.is_relative_to(folder):
        raise UnderstudyError(f"{where}: output {output} lies in {folder}, so that every result would be a new job")
    if "source" in table:
        table["source"] = [_photos(text, base) for text in _texts(table["source"], f"{where}: source")]
    try:
        files = {"target": str(folder / NO_FILE), "output": str(output / f"{NO_FILE}{ending}")}
        request = parse(table | files, AllowedFolders(base=base))
        priority = priority_of(priority)
    except UnderstudyError as error:
        raise UnderstudyError(f"{where}: {error}") from error
    job = {name: value for name, value in request.to_json().items() if name in table}
    return WatchFolder(folder, output, ending, priority, job)


def _endpoint(table: Table, base: Path, where: str) -> Endpoint:
    known = {*Endpoint.__slots__, *KINDS} - {"options"}
    if strange := sorted(set(table) - known):
        raise UnderstudyError(f"{where}: {', '.join(strange)} is unknown; known are {', '.join(sorted(known))}")
    if missing := [name for name in ("name", "key", "outputs", "source") if not table.get(name)]:
        raise UnderstudyError(f"{where}: {', '.join(missing)} is missing")
    where = f"{where} {table['name']}"
    text = {name: _text(table, name, where) for name in ("name", "key", "app", "bitrate", "preset") if name in table}
    sources = tuple(_photos(one, base) for one in _texts(table["source"], f"{where}: source"))
    consent = table.get("consent", False)
    if consent is not True and any(is_file(part) for one in sources for part in one.split(",")):
        raise UnderstudyError(
            f"{where}: consent = true is missing: the source's person has to agree to this; kept identities carry"
            " their own"
        )
    if not re.fullmatch(rf"[\w-]{{{KEY},}}", text["key"], re.ASCII):
        raise UnderstudyError(f"{where}: a key has {KEY} or more letters, digits, - and _: nobody may guess it")
    outputs = tuple(_place(one, base) for one in _texts(table["outputs"], f"{where}: outputs"))
    options = _options(table, len(sources))
    endpoint = Endpoint(**text, outputs=outputs, source=sources, consent=consent is True, options=options)
    try:
        read_spec(options, tuple(() for _ in sources))
        parse_bitrate(endpoint.bitrate)
        if endpoint.preset not in X_PRESETS:
            raise UnderstudyError(f"preset {endpoint.preset!r}: take one of {', '.join(X_PRESETS)}")
    except UnderstudyError as error:
        raise UnderstudyError(f"{where}: {error}") from error
    return endpoint


def _options(table: Table, people: int) -> Table:
    """The swap's own. One person takes all faces, where nothing else is said."""
    options = {name: value for name, value in table.items() if name in KINDS}
    if people == 1:
        options.setdefault("who", None if "map" in options else "all")
    return options


def _text(table: Table, name: str, where: str) -> str:
    value = table[name]
    if not isinstance(value, str):
        raise UnderstudyError(f"{where}: {name} is a text")
    return value


def _folder(text: object, base: Path, where: str) -> Path:
    if not isinstance(text, str) or not (base / text).is_dir():
        raise UnderstudyError(f"{where} {text or ''} is no folder; make it first")
    return (base / text).resolve()


def _texts(value: object, where: str) -> list[str]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
        raise UnderstudyError(f"{where} is a list of texts")
    return values


def _photos(text: str, base: Path) -> str:
    """Photos by their paths from the file's folder; a kept identity's name stays as it is."""
    return ",".join(_photo(part, base) for part in text.split(","))


def _photo(text: str, base: Path) -> str:
    return str((base / text).resolve()) if is_file(text) or (base / text).exists() else text


def _place(text: str, base: Path) -> str:
    return text if "://" in text else str(base / text)
