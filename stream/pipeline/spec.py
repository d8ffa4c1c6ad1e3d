"""SwapSpec: what is wanted of a swap, whichever way the frames come in. The one place that knows which option goes with
which. Values and their checks; opens nothing.

Fields have the names of the command line's options; `read_spec` takes them as people write them, so that the command
line, a TOML file and a REST request mean the same by the same words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, cast

from engines.errors import UnderstudyError
from stream.perception.face_selection import Rule, parse_rules
from stream.pipeline.choices import Device, OnMiss, Precision, RefinerName, Routing


@dataclass(frozen=True, slots=True)
class Enhance:
    """name: of an enhancing network. share: 0 to 1, of its answer."""

    name: str
    share: float = 0.8


@dataclass(frozen=True, slots=True)
class SwapSpec:
    """source: the photos of each person. who, map: as `parse_rules` reads them. model, detector: a network's name, None
    for the embedded mesh and BlazeFace. pixel_boost: side of the swapped crop in pixels, 0 for the network's own.
    morph: of a DFM that has it, 0 to 1. mask: networks that cut the swap. occlusion, eyewear, light, thresholds: files
    of one's own in the place of the shipped ones. strength: 0 to 1, of the swap over the target's own face.
    most_faces: that are followed at once. on_miss: what is shown where a face to paint was not painted; None: the face
    as it is in files, live the last picture and then a blur. strict_faces: such a face fails a file's job."""

    source: tuple[tuple[Path, ...], ...] = ()
    who: str | None = None
    map: tuple[str, ...] = ()
    device: Device = Device.AUTO
    strict_device: bool = False
    model: str | None = None
    precision: Precision = Precision.AUTO
    pixel_boost: int = 0
    morph: float = 0.75
    enhance: Enhance | None = None
    mask: tuple[str, ...] = ()
    detector: str | None = None
    routing: Routing = Routing.AUTO
    refiner: RefinerName = RefinerName.INVERTED
    occlusion: Path | None = None
    eyewear: Path | None = None
    light: Path | None = None
    thresholds: Path | None = None
    strength: float = 1.0
    most_faces: int = 64
    on_miss: OnMiss | None = None
    strict_faces: bool = False

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Raises UnderstudyError."""
        return parse_rules(self.who, self.map, max(1, len(self.source)))

    @property
    def networks(self) -> "SwapSpec":
        """The part that decides which networks are opened, and how: equal for all that can share them."""
        return replace(self, source=(), who=None, map=(), strength=1.0, on_miss=None, strict_faces=False)

    def for_live(self) -> "SwapSpec":
        """As a live stream takes it: a face to paint is never shown. Raises UnderstudyError where it is to be."""
        if self.on_miss is OnMiss.SHOW:
            raise UnderstudyError("--on-miss show: live output never shows a face to paint; take hold or blur")
        return replace(self, on_miss=self.on_miss or OnMiss.HOLD)

    def check(self) -> None:
        """Raises UnderstudyError where options go together badly, naming the option and the fix."""
        alone = {
            "--precision": self.precision is not Precision.AUTO,
            "--pixel-boost": bool(self.pixel_boost),
            "--enhance": self.enhance is not None,
            "--mask": bool(self.mask),
        }
        for option, given in alone.items():
            if given and not self.model:
                raise UnderstudyError(
                    f"{option} goes with a swapping network; add --model NAME (`understudy models list`)"
                )
        if not 0 <= self.pixel_boost <= 2048:
            raise UnderstudyError(f"--pixel-boost {self.pixel_boost}: write the side in pixels, at most 2048")
        for option, value in (("--morph", self.morph), ("--strength", self.strength)):
            if not 0 <= value <= 1:
                raise UnderstudyError(f"{option} {value:g}: write a number from 0 to 1")
        if self.most_faces < 1:
            raise UnderstudyError(f"--most-faces {self.most_faces}: write how many faces are followed, 1 or more")
        for option, path in (
            ("--occlusion", self.occlusion),
            ("--eyewear", self.eyewear),
            ("--light", self.light),
            ("--thresholds", self.thresholds),
        ):
            if path is not None and not path.is_file():
                raise UnderstudyError(f"{option} {path} is no file; look at the path")
        for rule in self.rules:
            if rule.who.photo and not Path(rule.who.photo).is_file():
                raise UnderstudyError(f"reference:{rule.who.photo}: there is no such photo; check the name")


def read_enhance(text: str) -> Enhance:
    """`NAME` or `NAME:SHARE`, the share 0.8 where none is told. Raises UnderstudyError."""
    name, colon, rest = text.partition(":")
    try:
        share = float(rest) if colon else 0.8
    except ValueError:
        share = -1.0
    if not name or not 0 <= share <= 1:
        raise UnderstudyError(f"--enhance {text!r}: write NAME, or NAME:SHARE with a share from 0 to 1")
    return Enhance(name, share)


# how each option is written: one word of several, a number, a text, a list of texts, a file's path, yes or no
KINDS: Mapping[str, type] = {
    "who": str,
    "map": list,
    "device": Device,
    "strict_device": bool,
    "model": str,
    "precision": Precision,
    "pixel_boost": int,
    "morph": float,
    "enhance": str,
    "mask": list,
    "detector": str,
    "routing": Routing,
    "refiner": RefinerName,
    "occlusion": Path,
    "eyewear": Path,
    "light": Path,
    "thresholds": Path,
    "strength": float,
    "most_faces": int,
    "on_miss": OnMiss,
    "strict_faces": bool,
}
WORDS = {int: "a whole number", float: "a number", bool: "true or false", str: "a text", Path: "a file's path"}


def read_spec(told: Mapping[str, object], source: tuple[tuple[Path, ...], ...] = ()) -> SwapSpec:
    """told: options by name, as texts, numbers and lists of texts; None and what is missing keep their defaults.
    source: the people's photos, found. Raises UnderstudyError for what no option means, and what `SwapSpec.check`
    refuses."""
    values: dict[str, object] = {"source": source}
    for name, value in told.items():
        if name not in KINDS:
            raise UnderstudyError(f"no option is called {name}; known are {', '.join(KINDS)}")
        if value is not None:
            values[name] = _value(name, KINDS[name], value)
    spec = SwapSpec(**cast(Any, values))
    spec.check()
    return spec


def _value(name: str, kind: type, value: object) -> object:
    option = f"--{name.replace('_', '-')}"
    if issubclass(kind, StrEnum):
        if value not in list(kind):
            raise UnderstudyError(f"{option} {value}: take one of {', '.join(kind)}")
        return kind(str(value))
    if kind is list:
        given = [value] if isinstance(value, str) else value
        if not isinstance(given, list | tuple) or not all(isinstance(one, str) for one in given):
            raise UnderstudyError(f"{option} is a list of texts")
        return tuple(given)
    fits = {int: (int,), float: (int, float), bool: (bool,), str: (str,), Path: (str, Path)}[kind]
    if not isinstance(value, fits) or (isinstance(value, bool) and kind is not bool):
        raise UnderstudyError(f"{option} {value!r}: write {WORDS[kind]}")
    if name == "enhance":
        return read_enhance(str(value))
    if kind is Path:
        return Path(str(value))
    return float(str(value)) if kind is float else value
