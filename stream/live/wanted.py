"""Wanted: what one running stream is to show, whose faces on whom and how; and what changes it. Acts on nothing."""

from dataclasses import dataclass, replace

from engines.errors import UnderstudyError
from stream.live.steering import Steer, SteerError
from stream.perception.face_selection import parse_rules
from stream.pipeline.choices import Routing
from stream.pipeline.control import Change, SourceSet
from stream.pipeline.spec import SwapSpec
from stream.pixels.label import Label, LabelError


@dataclass(frozen=True, slots=True)
class Wanted:
    """sources: the people who are put in. names: of them, for show, as far as they have one. who, maps: on whom, as a
    `Steer` has them; one of the two is empty. label: None where there is none."""

    sources: SourceSet
    names: tuple[str, ...] = ()
    who: str | None = None
    maps: tuple[str, ...] = ()
    strength: float = 1.0
    masks: bool = True
    routing: Routing = Routing.AUTO
    label: Label | None = None

    def to_json(self) -> dict[str, object]:
        """For pages and other clients. people: how many there are; names: of those who have one, else empty."""
        return {
            "people": len(self.sources),
            "names": list(self.names),
            "who": self.who,
            "map": list(self.maps),
            "strength": self.strength,
            "mask": self.masks,
            "routing": self.routing.value,
            "label": self.label.words if self.label is not None else None,
            "label_place": self.label.place.value if self.label is not None else None,
        }


@dataclass(frozen=True, slots=True)
class Newcomers:
    """People who come in with a change. sources: they. names: one each. at: the number, from 0, of the one who is
    replaced or added; None: they take the place of all."""

    sources: SourceSet
    names: tuple[str, ...]
    at: int | None = None


def first(spec: SwapSpec, sources: SourceSet, label: Label | None) -> Wanted:
    """As a stream begins."""
    names = ("",) * len(sources)
    return Wanted(sources, names, spec.who, spec.map, spec.strength, True, spec.routing, label)


def after(now: Wanted, steer: Steer, spec: SwapSpec, people: Newcomers | None = None) -> Wanted:
    """What is wanted once `steer` is done. spec: what the stream was started with. Raises SteerError."""
    _check_fixed(steer, spec)
    made = _with_people(now, people)
    if steer.who is not None or steer.map is not None:
        made = replace(made, who=steer.who, maps=_ordered(steer.map or ()))
    elif people is not None:
        made = _kept_rules(now, made)
    _check_rules(made, steer)
    return replace(
        made,
        strength=now.strength if steer.strength is None else steer.strength,
        masks=now.masks if steer.mask is None else steer.mask,
        routing=now.routing if steer.routing is None else steer.routing,
        label=_labelled(now.label, steer),
    )


def change(now: Wanted, then: Wanted) -> Change:
    """What a pipeline is to be told."""
    ruled = (now.who, now.maps, len(now.sources)) != (then.who, then.maps, len(then.sources))
    return Change(
        then.sources if then.sources is not now.sources else None,
        then.who if ruled else None,
        then.maps if ruled else None,
        then.routing if then.routing is not now.routing else None,
        then.strength if then.strength != now.strength else None,
        then.masks if then.masks is not now.masks else None,
    )


def _with_people(now: Wanted, people: Newcomers | None) -> Wanted:
    if people is None:
        return now
    if people.at is None:
        return replace(now, sources=people.sources, names=people.names)
    try:
        sources = now.sources.with_person(people.at, people.sources)
    except UnderstudyError as error:
        raise SteerError("person", str(error)) from error
    names = (*now.names[: people.at], *people.names, *now.names[people.at + 1 :])
    return replace(now, sources=sources, names=names)


def _kept_rules(now: Wanted, made: Wanted) -> Wanted:
    """The rules as they were, as far as their people are still there: who comes in is put on nobody unasked."""
    count, before = len(made.sources), len(now.sources)
    if count == before:
        return made
    maps = now.maps
    if not maps and before > 1:
        maps = tuple(f"{i}=left-to-right:{i}" for i in range(1, before + 1))
    elif not maps:
        maps = (f"1={now.who or 'largest'}",)
    kept = tuple(text for text in maps if int(text.partition("=")[0]) <= count)
    if count == 1 and kept in ((), (f"1={now.who}",)):
        return replace(made, who=now.who or "largest", maps=())
    return replace(made, who=None, maps=kept)


def _ordered(maps: tuple[str, ...]) -> tuple[str, ...]:
    """Who takes all faces takes those that nobody else was given."""
    return tuple(sorted(maps, key=lambda text: text.endswith("=all")))


def _check_rules(made: Wanted, steer: Steer) -> None:
    count = len(made.sources)
    if steer.who is not None and count > 1:
        raise SteerError("who", f"there are {count} people: say who takes which face with map")
    try:
        parse_rules(made.who, made.maps, count)
    except UnderstudyError as error:
        raise SteerError("map" if made.maps else "who", str(error).removeprefix("--map ")) from error


def _check_fixed(steer: Steer, spec: SwapSpec) -> None:
    runs = spec.model or "mesh"
    if steer.model is not None and steer.model != runs:
        raise SteerError("model", f"this stream was started with {runs} alone; start it again with another --model")
    if steer.mask is not None and not spec.mask:
        raise SteerError("mask", "this stream has no mask network; start it with --mask NAME")


def _labelled(now: Label | None, steer: Steer) -> Label | None:
    if steer.label is None and steer.label_place is None:
        return now
    field = "label" if steer.label is not None else "label_place"
    if now is None:
        raise SteerError(field, "this stream has no label to be changed; start it without --no-label")
    try:
        place = steer.label_place or now.place
        return replace(now, words=now.words if steer.label is None else steer.label, place=place)
    except LabelError as error:
        raise SteerError(field, str(error)) from error
