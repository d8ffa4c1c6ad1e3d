"""Steering: one change of a running stream, read from what somebody wrote. The one place that does so, for HTTP, the
control socket and OSC. Pure; knows no session.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from engines.errors import UnderstudyError
from stream.perception.face_selection import parse_who
from stream.pipeline.choices import Routing
from stream.pixels.label import Place

MOST = 32  # texts in a list
LONGEST = 200  # letters of a text
FIXED = {
    "mouth": "the mouth's inside is always the target's own here; a network that paints it is chosen at the start",
    "eyes": "the target's gaze and lids are always kept here; this cannot be changed while it runs",
}


class SteerError(UnderstudyError):
    """A change that cannot be made. field: the name of what is wrong with it; the message begins with it."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field


@dataclass(frozen=True, slots=True)
class Steer:
    """What is to change; None leaves a value as it is. source: names of kept identities, one a person. consent: said
    for them. who: `largest`, `all`, `left-to-right:N`, `box:x0,y0,x1,y1` or `track:ID`. map: `N=WHO`, N from 1, or 0
    for faces that are left alone. strength: 0 to 1; at 0 faces show as they are. mask: whether the mask networks cut
    the swap. label: the visible label's words. label_place: where it stands. model: must be the one that runs."""

    source: tuple[str, ...] | None = None
    consent: bool = False
    who: str | None = None
    map: tuple[str, ...] | None = None
    strength: float | None = None
    mask: bool | None = None
    routing: Routing | None = None
    label: str | None = None
    label_place: Place | None = None
    model: str | None = None

    @property
    def facts(self) -> dict[str, object]:
        """For the log: what was changed, and nothing of who it is."""
        names = ("who", "map", "strength", "mask", "routing")
        return {name: value for name in names if (value := getattr(self, name)) is not None}


KINDS: Mapping[str, type] = {
    "source": list,
    "consent": bool,
    "who": str,
    "map": list,
    "strength": float,
    "mask": bool,
    "routing": Routing,
    "label": str,
    "label_place": Place,
    "model": str,
}


def parse_steer(told: object) -> Steer:
    """told: an object of JSON. Raises SteerError, which names the field; `change` where it is no object."""
    if not isinstance(told, Mapping) or not told:
        raise SteerError("change", 'write an object with what is to change, for example {"strength": 0.8}')
    values = {name: _value(name, value) for name, value in told.items() if value is not None}
    steer = Steer(**cast(Any, values))
    for name, rules in (("who", (steer.who,) if steer.who is not None else ()), ("map", steer.map or ())):
        for rule in rules:
            _check_rule(name, rule)
    if steer.who is not None and steer.map is not None:
        raise SteerError("map", "who and map exclude each other; name each face in map")
    if steer.source is not None and not steer.consent:
        raise SteerError("consent", "say that the people whose faces are put in agreed: true")
    if steer.strength is not None and not 0 <= steer.strength <= 1:
        raise SteerError("strength", f"{steer.strength:g}: write a number from 0 to 1")
    return steer


def parse_texts(told: Mapping[str, list[str]]) -> Steer:
    """The same from texts, as they stand in an address or an OSC message: numbers and true or false as words. Raises
    SteerError."""
    read: dict[str, object] = {}
    for name, texts in told.items():
        kind = KINDS.get(name, str)
        if kind is list:
            read[name] = texts
        elif len(texts) != 1:
            raise SteerError(name, "is written more than once")
        elif kind is bool and texts[0] in ("true", "false"):
            read[name] = texts[0] == "true"
        elif kind is float:
            try:
                read[name] = float(texts[0])
            except ValueError:
                raise SteerError(name, f"{texts[0]!r} is no number") from None
        else:
            read[name] = texts[0]
    return parse_steer(read)


def _value(name: object, value: object) -> object:
    """As `Steer` holds it."""
    if not isinstance(name, str) or name not in KINDS:
        why = FIXED.get(str(name), f"cannot be changed while it runs; known are {', '.join(KINDS)}")
        raise SteerError(str(name)[:LONGEST], why)
    kind = KINDS[name]
    if kind is list:
        given = [value] if isinstance(value, str) else value
        if not isinstance(given, list) or len(given) > MOST or not all(_is_text(one) for one in given):
            raise SteerError(name, f"write a list of at most {MOST} texts")
        return tuple(given)
    if kind is bool and not isinstance(value, bool):
        raise SteerError(name, "write true or false")
    if kind is float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise SteerError(name, "write a number from 0 to 1")
        return float(value) if abs(value) < 1e6 else float("inf")
    if kind in (Routing, Place):
        if not isinstance(value, str) or value not in _words(kind):
            raise SteerError(name, f"take one of {', '.join(_words(kind))}")
        return kind(value)
    if kind is str and not _is_text(value):
        raise SteerError(name, f"write a text of at most {LONGEST} letters")
    return value


def _words(kind: type) -> tuple[str, ...]:
    return tuple(Routing) if kind is Routing else tuple(Place)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST and value.isprintable()


def _check_rule(field: str, text: str) -> None:
    who = text
    if field == "map":
        number, equals, who = text.partition("=")
        if not (equals and number.isascii() and number.isdigit()):
            raise SteerError(field, f"{text!r}: write PERSON=WHO, for example 1=track:3")
    try:
        if parse_who(who).kind == "reference":
            raise SteerError(field, "reference:PHOTO names a file of this machine; choose the face by another word")
    except SteerError:
        raise
    except UnderstudyError as error:
        raise SteerError(field, str(error)) from error
