"""Whose face is replaced by which source: the rules that users write, and their lasting assignment to tracks.

Knows tracks' boxes and numbers only.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from engines.errors import UnderstudyError
from engines.values import Box

COUNTED = ("largest", "left-to-right")  # which face they mean is told by comparing it with the others of the picture
NOBODY = -1  # the source of a face that is left alone
WORDS = "largest, all, left-to-right:N (N from 1), box:x0,y0,x1,y1, reference:PHOTO"


@dataclass(frozen=True, slots=True)
class Who:
    """kind: `largest`, `all`, `left-to-right`, `box`, `reference` or `track`. n: 1 for the leftmost face; a track's id.
    box: pixels. photo: the path of the person's photo."""

    kind: str
    n: int = 0
    box: Box | None = None
    photo: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """The faces that `who` names take source number `source` (from 0), or are left alone (NOBODY)."""

    source: int
    who: Who


def parse_who(text: str) -> Who:
    """Reads `largest`, `all`, `left-to-right:N`, `box:x0,y0,x1,y1`, `reference:PHOTO`, `track:ID` (of a running
    stream)."""
    kind, _, rest = text.strip().partition(":")
    if kind in ("largest", "all") and not rest:
        return Who(kind)
    if kind == "left-to-right" and rest.isdigit() and int(rest) >= 1:
        return Who(kind, n=int(rest))
    if kind == "track" and rest.isascii() and rest.isdigit():
        return Who(kind, n=int(rest))
    if kind == "reference" and rest:
        return Who(kind, photo=rest)
    if kind == "box":
        try:
            x0, y0, x1, y1 = (float(v) for v in rest.split(","))
        except ValueError:
            raise UnderstudyError(f"{text!r}: a box is four numbers, box:x0,y0,x1,y1, in pixels") from None
        if x1 <= x0 or y1 <= y0:
            raise UnderstudyError(f"{text!r}: the box is empty; write left, top, right, bottom")
        return Who(kind, box=Box(x0, y0, x1, y1))
    raise UnderstudyError(f"{text!r} names nobody; write one of: {WORDS}")


def parse_rules(who: str | None, maps: Sequence[str], sources: int) -> tuple[Rule, ...]:
    """The rules of a job. maps: `N=WHO`, N the number of a source (from 1), or 0 for faces that are left alone. Without
    maps a single source goes to `who` (default: the largest face), several sources go to the faces from left to
    right."""
    if maps and who:
        raise UnderstudyError("--who and --map exclude each other: name each face in --map")
    if maps:
        rules = []
        for text in maps:
            number, sep, rest = text.partition("=")
            if not sep or not number.isdigit() or not 0 <= int(number) <= sources:
                raise UnderstudyError(
                    f"--map {text!r}: write SOURCE=WHO, SOURCE from 1 to {sources} (0: nobody),"
                    " for example 1=left-to-right:2"
                )
            rules.append(Rule(int(number) - 1, parse_who(rest)))
        return tuple(rules)
    if sources > 1 and not who:
        return tuple(Rule(i, Who("left-to-right", n=i + 1)) for i in range(sources))
    if sources > 1:
        raise UnderstudyError(f"--who {who} with {sources} sources: say who takes which with --map")
    return (Rule(0, parse_who(who or "largest")),)


# track id -> index of a rule -> how like its reference photo, where like enough
Alike = Mapping[int, Mapping[int, float]]


@dataclass(slots=True)
class FaceSelection:
    """Which track takes which source. A choice holds as long as its track lives."""

    rules: tuple[Rule, ...]
    _assigned: dict[int, int] = field(default_factory=dict)  # track id -> index of its rule

    @property
    def assigned(self) -> Mapping[int, int]:
        """Track id -> index of its rule."""
        return self._assigned

    @property
    def kept(self) -> bool:
        """Whether it matters after a cut who was who: not for `all`, for a box, or for a reference photo, which say it
        by themselves."""
        return any(rule.who.kind in (*COUNTED, "track") for rule in self.rules)

    def assign(
        self, boxes: dict[int, Box], alike: Alike | None = None, recalled: Mapping[int, int] | None = None
    ) -> dict[int, int]:
        """Track id -> source, for the tracks (id -> box) seen in this frame and those merely out of sight.

        alike: for rules with a reference photo, the tracks that are like it. recalled: track id -> index of a rule, for
        those who fell under it before a cut: they come before what the rule says of places and sizes.
        """
        for track, i in (recalled or {}).items():
            kind = self.rules[i].who.kind
            held = any(r == i and t in boxes for t, r in self._assigned.items())
            open_to = kind == "all" or (kind in (*COUNTED, "track") and not held)
            if open_to and track in boxes and track not in self._assigned:
                self._assigned[track] = i
        for i, rule in enumerate(self.rules):
            free = {t: b for t, b in boxes.items() if t not in self._assigned}
            held = any(r == i and t in boxes for t, r in self._assigned.items())
            if rule.who.kind == "all":
                self._assigned.update(dict.fromkeys(free, i))
            elif rule.who.kind == "box" and rule.who.box is not None:
                b = rule.who.box
                inside = [t for t, f in free.items() if b.x0 <= f.centre[0] < b.x1 and b.y0 <= f.centre[1] < b.y1]
                self._assigned.update(dict.fromkeys(inside, i))
            elif rule.who.kind == "track":
                if rule.who.n in free:
                    self._assigned[rule.who.n] = i
            elif rule.who.kind == "reference":
                like = {t: by[i] for t, by in (alike or {}).items() if t in free and i in by}
                if like and not held:
                    self._assigned[max(like, key=lambda t: like[t])] = i
            elif not held:
                chosen = self._choose(rule.who, boxes)
                if chosen is not None and self._counted(chosen):  # came first, and was counted from the left alone
                    chosen = self._choose(Who(rule.who.kind, n=1), free) if rule.who.kind == "left-to-right" else None
                if chosen is not None and chosen in free:
                    self._assigned[chosen] = i
        sources = {t: self.rules[r].source for t, r in self._assigned.items() if t in boxes}
        return {track: source for track, source in sources.items() if source != NOBODY}

    def settled(self, seen: set[int]) -> bool:
        """Has every rule its face among the tracks that are seen, so that no newcomer could get a source?"""
        return all(
            rule.who.kind in (*COUNTED, "reference", "track")
            and any(r == i and t in seen for t, r in self._assigned.items())
            for i, rule in enumerate(self.rules)
        )

    def beyond(self, boxes: Collection[Box], side: float) -> bool:
        """Could no face smaller than `side` pixels get a source beside those that are seen? So it is where the largest
        face is asked for and one of these is larger."""
        return [rule.who.kind for rule in self.rules] == ["largest"] and any(
            max(box.width, box.height) > side for box in boxes
        )

    def _counted(self, track: int) -> bool:
        rule = self._assigned.get(track)
        return rule is not None and self.rules[rule].who.kind == "left-to-right"

    def _choose(self, who: Who, boxes: dict[int, Box]) -> int | None:
        if not boxes:
            return None
        if who.kind == "largest":
            return max(boxes, key=lambda t: boxes[t].area)
        order = sorted(boxes, key=lambda t: boxes[t].centre[0])
        return order[who.n - 1] if who.n <= len(order) else None

    def forget(self, keep: set[int]) -> None:
        """Drops the choices of tracks that are gone for good."""
        self._assigned = {t: r for t, r in self._assigned.items() if t in keep}
