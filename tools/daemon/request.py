"""Request: what a job asks for, as it comes over the wire or out of a file, read and checked before it is queued."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path

from stream.pipeline.spec import KINDS, SwapSpec, read_spec
from tools.daemon import checks
from tools.daemon.errors import RequestError
from tools.daemon.files.allowed import AllowedFolders, check_kind, printable
from tools.daemon.queue.queued_job import JsonObject

FLAGS = ("consent", "overwrite", "skip_done")
OWN_FILES = tuple(name for name, kind in KINDS.items() if kind is Path)  # options that name a file
LONGEST = 4096  # characters of a text
RULES = ("who", "map")  # options that may name a photo
Change = Callable[[str, str], str]  # a file's path and its field in the request, to another path


@dataclass(frozen=True, slots=True)
class Request:
    """As the options of `understudy swap` of these names. consent: the sources' people agreed. overwrite: a file that
    has the output's name already may be replaced. skip_done: one that is whole stays, and the job is done.
    options: what `stream.pipeline.spec.read_spec` takes, as it was written."""

    target: str
    output: str
    source: tuple[str, ...]
    consent: bool = False
    overwrite: bool = False
    skip_done: bool = False
    start: str | None = None
    end: str | None = None
    codec: str | None = None
    crf: int | None = None
    preset: str | None = None
    bitrate: str | None = None
    streams: str | None = None
    options: Mapping[str, object] = field(default_factory=dict)

    def to_json(self) -> JsonObject:
        """As it came over the wire: options beside the other fields."""
        values = asdict(self)
        return {k: list(v) if isinstance(v, tuple) else v for k, v in (values | dict(values.pop("options"))).items()}

    @property
    def spec(self) -> SwapSpec:
        """With a person for each source, whose photos are not looked for. Raises UnderstudyError."""
        return read_spec(self.options, tuple(() for _ in self.source))

    @property
    def files(self) -> list[Path]:
        """All files that are read. Of a request with full paths."""
        photos = [part for text in self.source for part in text.split(",") if is_file(part)]
        rules = [photo for name in RULES for rule in _texts(self.options.get(name)) if (photo := reference_of(rule))]
        own = [str(self.options[name]) for name in OWN_FILES if self.options.get(name)]
        return [Path(text) for text in (self.target, *photos, *rules, *own)]

    def with_files(self, change: Change) -> "Request":
        """With every file that is read under another name."""
        own = {name: change(str(self.options[name]), name) for name in OWN_FILES if self.options.get(name)}
        rules = {name: _rules(self.options[name], name, change) for name in RULES if self.options.get(name)}
        return replace(
            self,
            target=change(self.target, "target"),
            source=tuple(_photos(text, change) for text in self.source),
            options={**self.options, **own, **rules},
        )


def parse(given: object, allowed: AllowedFolders | None = None) -> Request:
    """The request, its paths full and without links. What can be found wrong before a file is opened is
    refused here. Raises RequestError."""
    request = read(given)
    if not request.target or not request.output or not request.source or not all(map(_is_named, request.source)):
        raise RequestError("a job needs target, output and source: what to change, where to, and whose face")
    if not request.consent and any(is_file(part) for text in request.source for part in text.split(",")):
        raise RequestError(
            "consent must be true: the people whose faces are put in agreed to it (docs/responsible-use.md);"
            " kept identities carry their own"
        )
    request = _full(request, allowed or AllowedFolders())
    checks.check(request)
    return request


def read(given: object) -> Request:
    """The fields by their types alone; for requests that were checked when they were queued. Raises RequestError."""
    if not isinstance(given, Mapping):
        raise RequestError('a job is an object: {"target": ..., "output": ..., "source": [...], "consent": true}')
    known = {f.name for f in fields(Request)} - {"options"} | set(KINDS)
    if strange := sorted(str(name) for name in given if name not in known):
        words = ", ".join(map(printable, strange))
        raise RequestError(f"no job has {words}; known are {', '.join(sorted(known))}")
    values = {name: _value(name, value) for name, value in given.items() if value is not None}
    options = {name: values.pop(name) for name in KINDS if name in values}
    return Request(**({"target": "", "output": "", "source": ()} | values), options=options)  # type: ignore[arg-type]


def is_file(source: str) -> bool:
    """Whether a source is a file; kept identities go by their name."""
    return bool(source) and ("/" in source or "\\" in source or "." in source)


def reference_of(rule: str) -> str:
    """The photo in `reference:PHOTO` or `N=reference:PHOTO`; empty where the rule has none."""
    return rule.partition("reference:")[2]


def _is_named(source: str) -> bool:
    return bool(source.strip(" ,"))


def _value(name: str, value: object) -> object:
    """A field's value in its type; those of `KINDS` are `read_spec`'s to read. Raises RequestError."""
    if name == "source":
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list | tuple):
            raise RequestError("source is a list of texts")
        return tuple(_text(name, item, "a list of texts") for item in items)
    if name == "crf":
        if not isinstance(value, int) or isinstance(value, bool):
            raise RequestError("crf is a whole number")
        return value
    if name in FLAGS:
        if not isinstance(value, bool):
            raise RequestError(f"{name} must be true or false")
        return value
    if name in KINDS:
        for text in _texts(value):
            _text(name, text, "a text")
        return value
    return _text(name, value, "a text")


def _text(name: str, value: object, kind: str) -> str:
    if not isinstance(value, str):
        raise RequestError(f"{name} is {kind}")
    if len(value) > LONGEST:
        raise RequestError(f"{name} is longer than {LONGEST} characters")
    if any(0xD800 <= ord(sign) < 0xE000 for sign in value):
        raise RequestError(f"{name}: {printable(value)} holds half a character")
    return value


def _texts(value: object) -> list[str]:
    """The texts of an option, however many it has."""
    return [one for one in (value if isinstance(value, list | tuple) else [value]) if isinstance(one, str)]


def _full(request: Request, allowed: AllowedFolders) -> Request:
    """With full paths. No address, no standard input, nothing outside: a request is a stranger's."""

    def full(text: str, name: str) -> str:
        path = allowed.path(text, name)
        check_kind(path, name, folder=name == "source")
        return str(path)

    return replace(request.with_files(full), output=full(request.output, "output"))


def _photos(text: str, change: Change) -> str:
    if "," not in text and not is_file(text):
        return text  # a kept identity
    return ",".join(change(part, "source") for part in text.split(",") if part)


def _rules(value: object, name: str, change: Change) -> object:
    """`who` or `map`, with another name for each photo in it."""
    if isinstance(value, str):
        photo = reference_of(value)
        return value.removesuffix(photo) + change(photo, name) if photo else value
    return [_rules(one, name, change) for one in value] if isinstance(value, list | tuple) else value
