"""PersonSet: one person's pictures as a video brings them: what is held in each bucket, and the sets at the end.

Knows candidates, not pictures. The same candidates in the same order give the same sets.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from calib.identity.bank import MemoryBank
from calib.identity.bounds import LikenessBounds
from calib.identity.buckets import LightingBin, OcclusionBin
from calib.identity.candidate import Candidate
from calib.identity.conditioning import Variant, variant
from calib.identity.gates import LOOSE
from calib.identity.novelty import Recent, dual_novelty
from calib.identity.prototype import FEWEST, Prototype, medoid
from calib.identity.selection import Decision, Rated, anchors, challenges, decide, reason
from calib.identity.stopping import Coverage, coverage, satisfied
from calib.identity.tracks import Presence
from calib.identity.vectors import IdVector, likeness

WAITING = 200  # candidates that are kept while there is no prototype


@dataclass(frozen=True, slots=True)
class Sets:
    """What is saved of a person, each in the order of time; coverage by bucket. covered: the bins of coverage. chosen:
    the variant of conditioning."""

    anchors: tuple[Rated, ...]
    coverage: tuple[Rated, ...]
    challenges: tuple[Rated, ...]
    covered: Coverage
    chosen: Variant

    @property
    def total(self) -> int:
        return len(self.anchors) + len(self.coverage) + len(self.challenges)


@dataclass(slots=True)
class PersonSet:
    """One person. bounds: of the embedder. presence: size, place and length of their tracks."""

    bounds: LikenessBounds
    presence: Presence = field(default_factory=Presence)
    prototype: Prototype = field(default_factory=Prototype)
    bank: MemoryBank = field(init=False)
    _buckets: dict[str, list[Rated]] = field(default_factory=dict)
    _pool: list[Rated] = field(default_factory=list)
    _waiting: list[Candidate] = field(default_factory=list)
    _recent: Recent = field(default_factory=Recent)
    _frames: int = 0
    _astray: int = 0
    _dark: int = 0

    def __post_init__(self) -> None:
        self.bank = MemoryBank(self.bounds)

    def like(self, vector: IdVector) -> float:
        """How much a face is this person; -1 where nothing is known of them."""
        if self.bank.looks:
            return self.bank.stable(vector)
        known = [*self.prototype.vectors, *(one.id for one in self._waiting)]
        near = likeness(vector, known)
        return float(near.max()) if len(near) else -1.0

    def take(self, one: Candidate) -> None:
        """Takes the person's next frame in."""
        self._frames += 1
        covered = one.bucket.occlusion is not OcclusionBin.NONE
        self._dark += one.bucket.lighting is LightingBin.DARK
        self._astray += covered
        if LOOSE.passes(one.measures):
            if self.prototype.take(one) and (found := self.prototype.medoid) is not None:
                self.bank.begin(found, one.seconds)
            if self.bank.looks:
                for waiting in self._waiting:
                    self._rate(waiting)
                self._waiting.clear()
                self._astray += not self._rate(one) and not covered
            elif len(self._waiting) < WAITING:
                self._waiting.append(one)

    def _rate(self, one: Candidate) -> bool:
        """Whether the frame is surely the person's; then it goes into its bucket."""
        stable = self.bank.stable(one.id)
        if stable < self.bounds.stable:
            return False
        if one.strict:
            self.bank.update(one.id, one.seconds)
        saved = [r.candidate for held in self._buckets.values() for r in held]
        rated = Rated(one, stable, dual_novelty(one, saved))
        self._recent.add(rated.novelty)
        if one.bucket.inside and one.bucket.occlusion is not OcclusionBin.HEAVY:
            held = self._buckets.setdefault(one.bucket.key, [])
            match decide(one, held):
                case Decision.SAVE | Decision.ADD, _:
                    held.append(rated)
                case Decision.REPLACE, place:
                    held[place] = rated
        if reason(one) is not None or (one.strict and one.frontal):
            self._pool.append(rated)
            self._thin()
        return True

    def _thin(self) -> None:
        """Of frames that are neighbours in time and of one bucket the pool keeps the best: what is beside it would
        never be chosen too."""
        last = self._pool[-1]
        for place in range(len(self._pool) - 2, -1, -1):
            other = self._pool[place]
            if last.candidate.seconds - other.candidate.seconds >= 1:
                break
            if other.candidate.bucket == last.candidate.bucket:
                worse = place if other.candidate.quality < last.candidate.quality else len(self._pool) - 1
                del self._pool[worse]
                break

    def wanted(self) -> set[int]:
        """The numbers of the candidates whose pictures may still be saved; all others can go."""
        held = {r.candidate.number for rated in self._buckets.values() for r in rated}
        return held | {r.candidate.number for r in self._pool} | {one.number for one in self._waiting}

    def satisfied(self) -> bool:
        """Whether more of the video would bring nothing. Costs a selection of anchors."""
        covered = coverage(r.candidate.bucket for held in self._buckets.values() for r in held)
        return covered.enough and satisfied(covered, len(anchors(self._pool)), self._recent.mean)

    def settle(self) -> None:
        """The video is over. Somebody who was never seen from the front gets a prototype of what there is."""
        if self.bank.looks or len(self._waiting) < FEWEST:
            return
        vectors = [one.id for one in self._waiting]
        self.bank.begin(vectors[medoid(vectors)], self._waiting[-1].seconds)
        for one in self._waiting:
            self._rate(one)
        self._waiting.clear()

    def sets(self) -> Sets:
        """What is to be saved, by what is known at the end: early frames were rated by a poorer prototype."""
        buckets = [r for key in sorted(self._buckets) for r in self._sure(self._buckets[key])]
        pool = self._sure(self._pool)
        best = anchors(pool)
        hard = challenges(pool, (*best, *buckets), self.bounds.stable)
        covered = coverage(r.candidate.bucket for r in buckets)
        frames = max(1, self._frames)
        return Sets(best, tuple(buckets), hard, covered, variant(self._astray / frames, self._dark / frames, covered))

    def _sure(self, rated: Sequence[Rated]) -> list[Rated]:
        again = [Rated(r.candidate, self.bank.stable(r.candidate.id), r.novelty) for r in rated]
        return [r for r in again if r.stable >= self.bounds.stable]
