"""Misses: an account of the faces that were to be painted and were not, as spans of time, and of the sources that were
painted. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from engines.values import Box
from stream.pipeline.choices import OnMiss
from stream.pipeline.guard import Missed, Reason

JOIN = 0.25  # seconds between two frames of one span, at most
WORDS = {Reason.UNPAINTED: "turned too far away or at the picture's edge", Reason.LOST: "lost from sight"}


@dataclass(frozen=True, slots=True)
class MissSpan:
    """One face missed for a while. start, end: seconds of its first and last frame. box: in the first one."""

    track: int
    reason: Reason
    start: float
    end: float
    frames: int
    box: Box

    def as_json(self) -> dict[str, object]:
        b = self.box
        return {
            "track": self.track,
            "reason": self.reason.value,
            "start_s": round(self.start, 3),
            "end_s": round(self.end, 3),
            "frames": self.frames,
            "box": [round(v, 1) for v in (b.x0, b.y0, b.x1, b.y1)],
        }


class MissLog:
    """Fed with every frame in order. frames: in which a face was missed; painted: in which one was painted; covered: in
    which one was made unrecognisable, or the last picture shown again, instead. sources: frames in which each source,
    by its number from 0, was painted. unfollowed: faces at once that were beyond those that are followed. All
    may be given, with the spans: of an account that is gone on with."""

    def __init__(
        self,
        frames: int = 0,
        painted: int = 0,
        covered: int = 0,
        spans: Sequence[MissSpan] = (),
        sources: Mapping[int, int] | None = None,
        unfollowed: int = 0,
    ) -> None:
        self.frames, self.painted, self.covered = frames, painted, covered
        self.unfollowed = unfollowed
        self.sources: Counter[int] = Counter(sources or {})
        self._spans = list(spans)
        self._open: dict[tuple[int, Reason], MissSpan] = {}

    def add(
        self,
        seconds: float,
        painted: bool,
        missed: Iterable[Missed],
        covered: bool = False,
        sources: Iterable[int] = (),
    ) -> None:
        """seconds: the frame's time. painted, covered: whether any face was. sources: those that were painted."""
        self.sources.update(set(sources))
        self.painted += painted
        self.covered += covered
        any_missed = False
        for one in missed:
            any_missed = True
            key = one.track, one.reason
            span = self._open.get(key)
            if span is None or not 0 <= seconds - span.end <= JOIN:
                if span is not None:
                    self._spans.append(span)
                span = MissSpan(one.track, one.reason, seconds, seconds, 0, one.box)
            self._open[key] = replace(span, end=seconds, frames=span.frames + 1)
        self.frames += any_missed

    def beyond(self, faces: int) -> None:
        """faces: at once, that could have been painted and were not followed, for there were too many."""
        self.unfollowed = max(self.unfollowed, faces)

    @property
    def spans(self) -> tuple[MissSpan, ...]:
        """In order of time."""
        return tuple(sorted((*self._spans, *self._open.values()), key=lambda span: (span.start, span.track)))


def clock(seconds: float) -> str:
    """`1:02.5`."""
    minutes, rest = divmod(round(seconds, 1), 60)
    return f"{int(minutes)}:{rest:04.1f}"


def in_words(log: MissLog, frames: int, shown: bool, most: int = 3) -> tuple[str, ...]:
    """What a user is told at the end of a job of so many frames. shown: the faces were left as they are, not
    covered."""
    if log.unfollowed:
        many = f"{log.unfollowed} faces at once were more than are followed, and show as they are"
        return many, *_missed_words(log, frames, shown, most)
    return _missed_words(log, frames, shown, most)


def end_warnings(log: MissLog, frames: int, on_miss: OnMiss | None, names: Sequence[str]) -> tuple[str, ...]:
    """All that a user is told at the end of a job: `in_words`, then `unused`. on_miss: as the spec has it."""
    return (*in_words(log, frames, on_miss in (None, OnMiss.SHOW)), *unused(log, names))


def _missed_words(log: MissLog, frames: int, shown: bool, most: int) -> tuple[str, ...]:
    none = bool(frames) and not log.painted
    if not log.frames:
        never = "no face was painted: none that was wanted was seen; look at --who, or at --preview FRAME.png"
        return (never,) if none else ()
    fate = "it shows as it is; --on-miss blur covers it" if shown else "it was covered"
    first = "no face was painted: one that was wanted" if none else "a face to paint"
    return (f"{first} was missed in {log.frames} of {frames} frames ({_when(log.spans, most)}); {fate}",)


def unused(log: MissLog, names: Sequence[str]) -> tuple[str, ...]:
    """What a user is told of each source that nobody took. names: of all sources, in their order. Nothing where no face
    was painted at all, which `in_words` says."""
    if not log.painted or len(names) < 2:
        return ()
    return tuple(
        f"source {number}{f' ({name})' if name else ''} was put on no face; look at --who and --map"
        for number, name in enumerate(names, 1)
        if not log.sources[number - 1]
    )


def _when(spans: Sequence[MissSpan], most: int) -> str:
    told = [
        f"{clock(s.start)}" + (f" to {clock(s.end)}" if s.end > s.start else "") + f" {WORDS[s.reason]}"
        for s in spans[:most]
    ]
    more = len(spans) - most
    return "; ".join(told) + (f"; and {more} times more, see --report" if more > 0 else "")
