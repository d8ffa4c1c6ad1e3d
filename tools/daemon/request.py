"""Request: what a job asks for, as it comes over the wire or out of a file, checked, and turned into a `Job`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from engines.errors import UnderstudyError

TEXTS = ("who", "start", "end", "codec", "preset", "bitrate", "device", "routing", "model", "enhance")


class RequestError(UnderstudyError):
    """A request that no try could fulfil."""


@dataclass(frozen=True, slots=True)
class Request:
    """As the options of `understudy swap` of these names. consent: the sources' people agreed."""

    target: str
    output: str
    source: tuple[str, ...]
    consent: bool = False
    who: str | None = None
    map: tuple[str, ...] = ()
    start: str | None = None
    end: str | None = None
    codec: str | None = None
    crf: int | None = None
    preset: str | None = None
    bitrate: str | None = None
    device: str = "auto"
    routing: str = "auto"
    model: str | None = None
    pixel_boost: int = 0
    enhance: str | None = None
    mask: tuple[str, ...] = ()

    def told(self) -> dict[str, Any]:
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}


def parse(told: object, folders: Sequence[Path] = ()) -> Request:
    """folders: where all files must lie, symlinks followed; none: anywhere. Raises RequestError."""
    if not isinstance(told, Mapping):
        raise RequestError('a job is an object: {"target": ..., "output": ..., "source": [...], "consent": true}')
    known = {f.name for f in fields(Request)}
    if strange := sorted(set(told) - known):
        raise RequestError(f"no job has {', '.join(map(str, strange))}; known are {', '.join(sorted(known))}")
    values: dict[str, Any] = {k: v for k, v in told.items() if v is not None}
    for name in ("source", "map", "mask"):
        given = values.get(name, [])
        given = [given] if isinstance(given, str) else given
        if not isinstance(given, list | tuple) or not all(isinstance(one, str) for one in given):
            raise RequestError(f"{name} is a list of texts")
        values[name] = tuple(given)
    for name in ("target", "output", *TEXTS):
        if not isinstance(values.get(name, ""), str):
            raise RequestError(f"{name} is a text")
    for name in ("crf", "pixel_boost"):
        if not isinstance(values.get(name, 0), int) or isinstance(values.get(name), bool):
            raise RequestError(f"{name} is a whole number")
    if not values.get("target") or not values.get("output") or not values.get("source"):
        raise RequestError("a job needs target, output and source: what to change, where to, and whose face")
    if values.get("consent") is not True:
        raise RequestError(
            "consent must be true: the people whose faces are put in agreed to it (docs/responsible-use.md)"
        )
    request = Request(**values)
    _inside(request, folders)
    return request


def _inside(request: Request, folders: Sequence[Path]) -> None:
    """No address, no standard input, nothing outside: a request is a stranger's."""
    roots = [folder.resolve() for folder in folders]
    for text in (request.target, request.output, *_photos(request)):
        if text == "-" or "://" in text or "\0" in text:
            raise RequestError(f"{text} is not a file of this machine; jobs work on files")
        path = Path(text)
        if roots and not (path.is_absolute() and any(path.resolve().is_relative_to(root) for root in roots)):
            raise RequestError(
                f"{text} lies outside the daemon's folders; give a full path in {', '.join(map(str, roots))}"
            )


def _photos(request: Request) -> list[str]:
    """The files among the sources and references; kept identities go by their name."""
    named = [rule.partition("reference:")[2] for rule in (request.who or "", *request.map)]
    files = [part for text in request.source for part in text.split(",")]
    return [part for part in (*files, *named) if part and ("/" in part or "\\" in part or "." in part)]
