"""Request: what a job asks for, as it comes over the wire or out of a file, checked, and turned into a `Job`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from engines.errors import UnderstudyError
from stream.pipeline.spec import KINDS, SwapSpec, read_spec

TEXTS = ("start", "end", "codec", "preset", "bitrate")


class RequestError(UnderstudyError):
    """A request that no try could fulfil."""


@dataclass(frozen=True, slots=True)
class Request:
    """As the options of `understudy swap` of these names. consent: the sources' people agreed. options: what
    `stream.pipeline.spec.read_spec` takes, as it was written."""

    target: str
    output: str
    source: tuple[str, ...]
    consent: bool = False
    start: str | None = None
    end: str | None = None
    codec: str | None = None
    crf: int | None = None
    preset: str | None = None
    bitrate: str | None = None
    options: Mapping[str, object] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """As it came over the wire: options beside the other fields."""
        values = asdict(self)
        return {k: list(v) if isinstance(v, tuple) else v for k, v in (values | dict(values.pop("options"))).items()}

    @property
    def spec(self) -> SwapSpec:
        """With a person for each source, whose photos are not looked for. Raises UnderstudyError."""
        return read_spec(self.options, tuple(() for _ in self.source))


def parse(told: object, folders: Sequence[Path] = ()) -> Request:
    """folders: where all files must lie, symlinks followed; none: anywhere. Raises RequestError."""
    if not isinstance(told, Mapping):
        raise RequestError('a job is an object: {"target": ..., "output": ..., "source": [...], "consent": true}')
    known = {f.name for f in fields(Request)} - {"options"} | set(KINDS)
    if strange := sorted(set(told) - known):
        raise RequestError(f"no job has {', '.join(map(str, strange))}; known are {', '.join(sorted(known))}")
    values: dict[str, Any] = {k: v for k, v in told.items() if v is not None}
    options = {name: values.pop(name) for name in KINDS if name in values}
    given = values.get("source", [])
    given = [given] if isinstance(given, str) else given
    if not isinstance(given, list | tuple) or not all(isinstance(one, str) for one in given):
        raise RequestError("source is a list of texts")
    values["source"] = tuple(given)
    for name in ("target", "output", *TEXTS):
        if not isinstance(values.get(name, ""), str):
            raise RequestError(f"{name} is a text")
    if not isinstance(values.get("crf", 0), int) or isinstance(values.get("crf"), bool):
        raise RequestError("crf is a whole number")
    if not values.get("target") or not values.get("output") or not values.get("source"):
        raise RequestError("a job needs target, output and source: what to change, where to, and whose face")
    if values.get("consent") is not True:
        raise RequestError(
            "consent must be true: the people whose faces are put in agreed to it (docs/responsible-use.md)"
        )
    request = Request(**values, options=options)
    try:
        spec = request.spec
    except UnderstudyError as error:
        raise RequestError(str(error)) from error
    _inside(request, spec, folders)
    return request


def _inside(request: Request, spec: SwapSpec, folders: Sequence[Path]) -> None:
    """No address, no standard input, nothing outside: a request is a stranger's."""
    roots = [folder.resolve() for folder in folders]
    for text in (request.target, request.output, *_photos(request, spec)):
        if text == "-" or "://" in text or "\0" in text:
            raise RequestError(f"{text} is not a file of this machine; jobs work on files")
        path = Path(text)
        if roots and not (path.is_absolute() and any(path.resolve().is_relative_to(root) for root in roots)):
            raise RequestError(
                f"{text} lies outside the daemon's folders; give a full path in {', '.join(map(str, roots))}"
            )


def _photos(request: Request, spec: SwapSpec) -> list[str]:
    """The files that are read besides the target; kept identities go by their name."""
    named = [rule.who.photo for rule in spec.rules]
    own = [str(path) for path in (spec.occlusion, spec.eyewear, spec.thresholds) if path is not None]
    files = [part for text in request.source for part in text.split(",")]
    return [part for part in (*files, *named, *own) if part and ("/" in part or "\\" in part or "." in part)]
