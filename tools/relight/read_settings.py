"""Reads the settings of `understudy relight` from TOML: defaults, what a user's file changes, and what is wrong with
it, in one line that names the key."""

import difflib
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import cast

from engines.errors import UnderstudyError
from engines.relight.albedo import AlbedoMethod
from tools.relight import settings as kinds
from tools.relight.settings import RelightSettings

Value = object
Check = Callable[[Value], Value]
Table = dict[str, Value]


class _Wrong(Exception):
    """What a value should have been."""


@dataclass(frozen=True, slots=True)
class _Number:
    low: float
    high: float
    whole: bool = False

    def __call__(self, value: Value) -> int | float:
        kind = (int,) if self.whole else (int, float)
        if not isinstance(value, kind) or isinstance(value, bool) or not self.low <= value <= self.high:
            raise _Wrong(f"a {'whole ' if self.whole else ''}number from {self.low:g} to {self.high:g}")
        return value if self.whole else float(value)


@dataclass(frozen=True, slots=True)
class _Range:
    low: float
    high: float

    def __call__(self, value: Value) -> tuple[float, float]:
        one = _Number(self.low, self.high)
        try:
            first, second = (float(one(v)) for v in (value if isinstance(value, list) else ()))
        except (_Wrong, ValueError):
            first, second = 1.0, 0.0
        if first > second:
            raise _Wrong(f"[least, most], two numbers from {self.low:g} to {self.high:g}")
        return first, second


@dataclass(frozen=True, slots=True)
class _Choice:
    of: type[StrEnum]

    def __call__(self, value: Value) -> StrEnum:
        if value not in list(self.of):
            raise _Wrong(f"one of {', '.join(self.of)}")
        return self.of(cast(str, value))


@dataclass(frozen=True, slots=True)
class _Several:
    one: Check

    def __call__(self, value: Value) -> tuple[Value, ...]:
        if not isinstance(value, list) or not value:
            raise _Wrong("a list with something in it")
        try:
            return tuple(self.one(v) for v in value)
        except _Wrong as wrong:
            raise _Wrong(f"a list, each {wrong}") from None


def _yes_or_no(value: Value) -> bool:
    if not isinstance(value, bool):
        raise _Wrong("true or false")
    return value


def _text(value: Value) -> str:
    if not isinstance(value, str):
        raise _Wrong("a text in quotes")
    return value


_SHARE, _SHARES, _SIDE = _Number(0, 1), _Range(0, 1), _Number(64, 16384, whole=True)
_CHECKS: Mapping[str, Mapping[str, Check]] = {
    "": {"seed": _Number(0, 2**63 - 1, whole=True)},
    "segmentation": {
        "methods": _Several(_Choice(kinds.PersonMethod)), "smallest": _SHARE, "prompt": _text, "device": _text,
        "sam3_checkpoint": _text, "sam2_checkpoint": _text, "sam2_config": _text,
    },
    "albedo": {
        "lambert": _yes_or_no, "methods": _Several(_Choice(AlbedoMethod)), "scales": _Several(_Number(1, 10_000)),
        "reference": _SIDE, "alike": _Number(0, 10), "original": _SHARES, "blown": _SHARE,
    },
    "normals": {
        "method": _Choice(kinds.NormalMethod), "network": _text, "side": _Number(14, 4096, whole=True),
        "relief": _Number(0, 10),
    },
    "degradation": {name: _Number(0, 1e6) for name in ("soft", "hard", "specular")},
    "light": {"azimuth": _Range(-360, 720), "elevation": _Range(-90, 90), "ambient": _SHARES},
    "pattern": {
        "probability": _SHARE, "kinds": _Several(_Choice(kinds.Pattern)), "strength": _SHARES,
        "blur": _Range(1, 1001),
    },
    "hard": {"ambient": _SHARES, "strength": _SHARES, "blur": _Range(1, 1001)},
    "specular": {"strength": _SHARES, "shininess": _Range(1, 1000)},
    "recombination": {"background": _Choice(kinds.Ground), "grey": _SHARE},
    "work": {"longest": _SIDE},
}  # fmt: skip


def default_text() -> str:
    """The file that documents every value."""
    return (resources.files("tools.relight") / "default.toml").read_text("utf-8")


def read_settings(path: Path | None = None, **instead: Value) -> RelightSettings:
    """The defaults, with what a file and then keywords (`seed=3`) change. Raises UnderstudyError, whose one line names
    the key."""
    whole = tomllib.loads(default_text())
    where = str(path) if path is not None else "settings"
    for given in ((_loaded(path),) if path is not None else ()) + (instead,):
        _refuse_unknown(where, given)
        for key, value in given.items():
            whole[key] = {**whole[key], **value} if isinstance(value, dict) else value
    parts: dict[str, object] = {"seed": _checked(where, "", {"seed": whole["seed"]})["seed"]}
    for field in fields(RelightSettings):
        if field.name != "seed":
            kind = cast(Callable[..., object], field.type)
            parts[field.name] = kind(**_checked(where, field.name, whole[field.name]))
    made = cast(Callable[..., RelightSettings], RelightSettings)(**parts)
    _refuse_senseless(where, made)
    return made


def _loaded(path: Path) -> Table:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UnderstudyError(f"cannot read --config {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnderstudyError(f"--config {path} is not TOML: {error}") from error


def _refuse_unknown(where: str, given: Mapping[str, Value]) -> None:
    for key, value in given.items():
        if key in _CHECKS[""]:
            continue
        if key not in _CHECKS:
            raise UnderstudyError(f"{where}: {key} is unknown{_near(key, [*_CHECKS, 'seed'])}")
        if not isinstance(value, dict):
            raise UnderstudyError(f"{where}: {key} is a table; write [{key}] with its keys below")
        for name in value:
            if name not in _CHECKS[key]:
                raise UnderstudyError(f"{where}: {key}.{name} is unknown{_near(name, _CHECKS[key])}")


def _near(key: str, known: Sequence[str] | Mapping[str, Check]) -> str:
    near = difflib.get_close_matches(key, list(known), n=1)
    return f"; did you mean {near[0]}?" if near else f"; known are {', '.join(k for k in known if k)}"


def _checked(where: str, table: str, values: Mapping[str, Value]) -> Table:
    out: Table = {}
    for name, check in _CHECKS[table].items():
        try:
            out[name] = check(values[name])
        except _Wrong as wrong:
            key = f"{table}.{name}" if table else name
            raise UnderstudyError(f"{where}: {key} = {values[name]!r}: write {wrong}") from None
    return out


def _refuse_senseless(where: str, made: RelightSettings) -> None:
    d = made.degradation
    if d.soft + d.hard + d.specular <= 0:
        raise UnderstudyError(f"{where}: degradation.soft, hard and specular are all 0: give one of them a weight")
    if made.normals.method is kinds.NormalMethod.DEPTH and not made.normals.network:
        raise UnderstudyError(f"{where}: normals.network is empty: name the ONNX file of a depth network")
    for key in ("sam3_checkpoint", "sam2_checkpoint"):
        file = getattr(made.segmentation, key)
        if file and not Path(file).is_file():
            raise UnderstudyError(f"{where}: segmentation.{key}: there is no file {file}")
    if made.normals.network and not Path(made.normals.network).is_file():
        raise UnderstudyError(f"{where}: normals.network: there is no file {made.normals.network}")
