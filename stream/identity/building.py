"""Building: a video's frames, a few a second, to the people in it and what of them is worth saving.

A video is looked at in pieces of some seconds, each on its own: what was seen of a whole piece can be kept, and a run
that was killed goes on with the piece in which it stopped, to the same result. Knows frames and time; files are behind
`Keeping`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from calib.identity.bounds import LikenessBounds
from calib.identity.buckets import bucket
from calib.identity.candidate import Candidate
from calib.identity.gates import LOOSE
from calib.identity.gathering import FaceSeen, Gathering
from calib.identity.pairs import KEPT, PairSeen, best_pairs
from calib.identity.stopping import StopReason
from engines.values import U8, Box, Rect
from stream.frame import Frame
from stream.identity.observing import Observation
from stream.media.source import open_source

PIECE = 5.0  # seconds
LATER = 1000.0  # seconds between two videos, as far as spacing goes


@dataclass(frozen=True, slots=True, eq=False)  # observations hold arrays
class Piece:
    """What was seen of some seconds of a video. frames: each frame that was looked at, with its faces."""

    frames: tuple[tuple[Observation, ...], ...]


class Keeping(Protocol):
    """Where pieces and pictures are kept while a video is looked at."""

    def piece(self, video: int, number: int) -> Piece | None:
        """A piece that was seen to its end in an earlier run; None where there is none."""
        ...

    def keep_piece(self, video: int, number: int, piece: Piece) -> None: ...
    def keep_picture(self, name: str, rgb: U8) -> None: ...
    def forget_others(self, names: set[str]) -> None:
        """All other pictures can go."""
        ...


Observe = Callable[[Frame], list[Observation]]
Told = Callable[[int, float], None]
"""Called for each frame that was looked at: the video's number, and the frame's seconds."""


@dataclass(frozen=True, slots=True, eq=False)
class Saved:
    """What is known of a picture that may be saved. video: its number."""

    video: int
    frame: int
    seconds: float
    face_box: Box
    crop_box: Rect


@dataclass(frozen=True, slots=True, eq=False)
class Built:
    """What a run came to. main: the people whom sets are made for. saved: by the candidate's number. looked: frames
    looked at, whether or not in this run."""

    gathering: Gathering
    main: tuple[int, ...]
    saved: dict[int, Saved]
    pairs: tuple[PairSeen, ...]
    stopped: StopReason
    looked: int


class SetBuilding:
    """One run. restart: called before each piece. people: how many sets, None for one or two as it turns out. fps:
    frames looked at, a second."""

    def __init__(
        self, observe: Observe, restart: Callable[[], None], keeping: Keeping, bounds: LikenessBounds, fps: float,
        people: int | None,
    ) -> None:  # fmt: skip
        self._observe, self._restart, self._keeping = observe, restart, keeping
        self._fps, self._people = fps, people
        self._gathering = Gathering(bounds)
        self._saved: dict[int, Saved] = {}
        self._pairs: list[PairSeen] = []
        self._number = 0

    def run(self, videos: Sequence[str], told: Told) -> Built:
        """Looks at the videos one after another, until all is covered or they end. Raises InputError."""
        stopped = StopReason.ENDED
        for video, path in enumerate(videos):
            if self._look(video, path, told):
                stopped = StopReason.COVERED
                break
        gathering = self._gathering
        gathering.settle()
        main = gathering.main(self._people)
        pairs = [p for p in self._pairs if len(main) == 2 and set(p.people) == set(main) and self._stable(p)]
        return Built(gathering, main, self._saved, best_pairs(pairs), stopped, gathering.frames)

    def _look(self, video: int, path: str, told: Told) -> bool:
        """Whether all is covered now."""
        now: int | None = None  # the piece under way
        known: Piece | None = None
        fresh: list[tuple[Observation, ...]] = []
        due = place = 0
        with open_source(path) as source:
            for frame in source.frames():
                if frame.seconds * self._fps < due - 1e-6:
                    continue
                due = int(frame.seconds * self._fps + 1e-6) + 1
                number = int(frame.seconds / PIECE)
                if number != now:
                    self._end(video, now, known, fresh)
                    now, fresh, place = number, [], 0
                    known = self._keeping.piece(video, number)
                    if known is None:
                        self._restart()
                if known is not None:
                    faces = known.frames[place]
                else:
                    faces = tuple(self._observe(frame))
                    fresh.append(tuple(replace(one, picture=None) for one in faces))
                place += 1
                self._take(video, frame, faces, is_new=known is None)
                told(video, frame.seconds)
                if self._gathering.satisfied(self._people):
                    return True
            self._end(video, now, known, fresh)
        return False

    def _end(self, video: int, number: int | None, known: Piece | None, fresh: list[tuple[Observation, ...]]) -> None:
        """Of a piece: what was seen is kept, and pictures that will not be saved go."""
        if number is None:
            return
        wanted = self._gathering.wanted()
        paired = {one.number for pair in self._pairs for one in pair.candidates}
        self._saved = {key: value for key, value in self._saved.items() if key in wanted or key in paired}
        if known is None:
            self._keeping.keep_piece(video, number, Piece(tuple(fresh)))
            names = {face_name(one) for one in wanted} | {pair_name(p.candidates[0].number) for p in self._pairs}
            self._keeping.forget_others(names)

    def _take(self, video: int, frame: Frame, faces: Sequence[Observation], is_new: bool) -> None:
        seen = []
        for one in faces:
            m = one.measures
            candidate = Candidate(
                number=self._number,
                frame=one.frame,
                seconds=video * LATER + one.seconds,
                measures=m,
                bucket=bucket(m.yaw, m.pitch, one.signs, m.occlusion, m.exposure),
                id=one.id,
                face=one.face,
                body=one.body,
            )
            self._number += 1
            track = (video * 100_000 + int(one.seconds / PIECE)) * 1000 + one.track
            seen.append(FaceSeen(track, candidate, m.area, one.centre))
            if LOOSE.passes(m):
                self._saved[candidate.number] = Saved(video, one.frame, one.seconds, one.face_box, one.crop_box)
                if is_new and one.picture is not None:
                    self._keeping.keep_picture(face_name(candidate.number), one.picture)
        given = self._gathering.take(seen)
        self._pair(frame, [s.candidate for s in seen], given, faces, is_new)

    def _pair(
        self, frame: Frame, candidates: Sequence[Candidate], given: dict[int, int], faces: Sequence[Observation],
        is_new: bool,
    ) -> None:  # fmt: skip
        boxes = zip(candidates, (face.face_box for face in faces), strict=True)
        known = sorted(((given[c.number], c, box) for c, box in boxes if c.number in given), key=lambda one: one[0])
        for i, (first, a, a_box) in enumerate(known):
            for second, b, b_box in known[i + 1 :]:
                pair = PairSeen((first, second), (a, b), (a_box, b_box))
                if pair.fit and pair in (best := best_pairs([*self._pairs, pair], KEPT)):
                    self._pairs = list(best)
                    if is_new:
                        whole = Rect(0, 0, frame.picture.width, frame.picture.height)
                        self._keeping.keep_picture(pair_name(a.number), frame.picture.rgb(whole))

    def _stable(self, pair: PairSeen) -> bool:
        people = self._gathering.people
        return all(
            people[p].bank.stable(one.id) >= people[p].bounds.stable
            for p, one in zip(pair.people, pair.candidates, strict=True)
        )


def face_name(number: int) -> str:
    """Of a candidate's picture while a video is looked at."""
    return f"face_{number:06d}"


def pair_name(number: int) -> str:
    """Of a whole frame with two people, by its first candidate."""
    return f"pair_{number:06d}"
