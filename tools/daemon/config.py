"""Config: the daemon's folders to watch and its RTMP endpoints, out of a TOML file. Knows the file, not the work."""

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engines.errors import UnderstudyError
from stream.pipeline.spec import KINDS, read_spec
from tools.daemon.join import HOLD
from tools.daemon.request import parse

KEY = 16  # characters of a stream key, at least


@dataclass(frozen=True, slots=True)
class WatchFolder:
    """Files that come into `folder` become jobs, whose results go to `output`. job: the other fields of a request."""

    folder: Path
    output: Path
    ending: str = ".mp4"
    priority: int = 0
    job: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Who publishes to rtmp://host/app/key is swapped and sent on to `outputs`. options: of the swap, as
    `stream.pipeline.spec.read_spec` takes them."""

    name: str
    key: str = field(repr=False)
    outputs: tuple[str, ...]
    source: tuple[str, ...]
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
        told = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UnderstudyError(f"cannot read --config {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnderstudyError(f"--config {path} is not TOML: {error}") from error
    if strange := sorted(set(told) - {"watch", "endpoint"}):
        raise UnderstudyError(f"{path}: {', '.join(strange)} is unknown; write [[watch]] and [[endpoint]] tables")
    home = path.resolve().parent
    watches = tuple(_watch(table, home, f"{path}: [[watch]]") for table in _tables(told, "watch", path))
    endpoints = tuple(_endpoint(table, home, f"{path}: [[endpoint]]") for table in _tables(told, "endpoint", path))
    if endpoints and os.name == "posix" and path.stat().st_mode & 0o077:
        raise UnderstudyError(f"{path} holds stream keys and can be read by others: chmod 600 {path}")
    for what in ("name", "key"):
        values = [getattr(e, what) for e in endpoints]
        if len(set(values)) < len(values):
            raise UnderstudyError(f"{path}: two endpoints have the same {what}; give each its own")
    return Config(watches, endpoints)


def _tables(told: Mapping[str, Any], name: str, path: Path) -> Sequence[dict[str, Any]]:
    tables = told.get(name, [])
    if not isinstance(tables, list):
        raise UnderstudyError(f"{path}: write [[{name}]], with two brackets")
    return tables


def _watch(table: dict[str, Any], home: Path, where: str) -> WatchFolder:
    table = dict(table)
    folder, output = (_folder(table.pop(name, None), home, f"{where}: {name}") for name in ("folder", "output"))
    ending, priority = table.pop("ending", ".mp4"), table.pop("priority", 0)
    if ending not in HOLD:
        raise UnderstudyError(f"{where}: ending {ending!r}: take one of {', '.join(HOLD)}")
    if output == folder or output.is_relative_to(folder):
        raise UnderstudyError(f"{where}: output {output} lies in {folder}, so that every result would be a new job")
    if "source" in table:
        table["source"] = [_photo(text, home) for text in _texts(table["source"], f"{where}: source")]
    try:
        parse(table | {"target": str(folder / "a.mp4"), "output": str(output / f"a{ending}")})
    except UnderstudyError as error:
        raise UnderstudyError(f"{where}: {error}") from error
    return WatchFolder(folder, output, ending, int(priority), table)


def _endpoint(table: dict[str, Any], home: Path, where: str) -> Endpoint:
    known = {*Endpoint.__slots__, *KINDS, "consent"} - {"options"}
    if strange := sorted(set(table) - known):
        raise UnderstudyError(f"{where}: {', '.join(strange)} is unknown; known are {', '.join(sorted(known))}")
    if missing := [name for name in ("name", "key", "outputs", "source") if not table.get(name)]:
        raise UnderstudyError(f"{where}: {', '.join(missing)} is missing")
    where = f"{where} {table['name']}"
    if table.get("consent") is not True:
        raise UnderstudyError(f"{where}: consent = true is missing: the source's person has to agree to this")
    if not re.fullmatch(rf"[\w-]{{{KEY},}}", str(table["key"])):
        raise UnderstudyError(f"{where}: a key has {KEY} or more letters, digits, - and _: nobody may guess it")
    values = {k: v for k, v in table.items() if k != "consent" and k not in KINDS}
    options = {k: v for k, v in table.items() if k in KINDS}
    if len(values["source"]) == 1 or isinstance(values["source"], str):
        options.setdefault("who", None if "map" in options else "all")
    values["options"] = options
    values["outputs"] = tuple(_place(text, home) for text in _texts(table["outputs"], f"{where}: outputs"))
    values["source"] = tuple(_photo(text, home) for text in _texts(table["source"], f"{where}: source"))
    try:
        read_spec(options, tuple(() for _ in values["source"]))
    except UnderstudyError as error:
        raise UnderstudyError(f"{where}: {error}") from error
    return Endpoint(**values)


def _folder(text: object, home: Path, where: str) -> Path:
    if not isinstance(text, str) or not (home / text).is_dir():
        raise UnderstudyError(f"{where} {text or ''} is no folder; make it first")
    return (home / text).resolve()


def _texts(value: object, where: str) -> list[str]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
        raise UnderstudyError(f"{where} is a list of texts")
    return values


def _photo(text: str, home: Path) -> str:
    """A path from the file's folder; a kept identity's name stays as it is."""
    return str((home / text).resolve()) if "." in text or "/" in text or (home / text).exists() else text


def _place(text: str, home: Path) -> str:
    return text if "://" in text else str(home / text)
