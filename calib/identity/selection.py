"""Selection: what becomes of a candidate in its bucket, and which are a person's anchors and challenges. Pure, and the
same for the same candidates in the same order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from calib.identity.buckets import Expression, LightingBin, OcclusionBin
from calib.identity.candidate import Candidate
from calib.identity.vectors import similarity

ANCHORS, LEAST, CHALLENGES = 5, 3, 8
ANCHOR_APART, ANCHOR_ALIKE = 1.5, 0.90  # seconds at least, cosine of appearance at most
BUCKET_MOST, COVER_APART, COVER_ALIKE = 2, 2.0, 0.85
CHALLENGE_APART = 1.0  # seconds: neighbours show the same moment
BETTER = 0.02  # of quality, by which a frame must beat the one that it replaces
EXTREME_YAW, EXTREME_PITCH = 30.0, 20.0  # degrees


class Decision(StrEnum):
    """What becomes of a candidate in its bucket."""

    SAVE = "save"
    REPLACE = "replace"
    ADD = "add"
    SKIP = "skip"


@dataclass(frozen=True, slots=True, eq=False)
class Rated:
    """A candidate with what was measured against its person. stable: likeness to them. novelty: when it was met."""

    candidate: Candidate
    stable: float
    novelty: float


def decide(one: Candidate, saved: Sequence[Rated]) -> tuple[Decision, int]:
    """saved: what the candidate's bucket holds. With REPLACE the index of the one to be replaced, else 0."""
    if not saved:
        return Decision.SAVE, 0
    near = similarity(one.face, [other.candidate.face for other in saved])
    closest = int(near.argmax())
    apart = all(abs(one.seconds - other.candidate.seconds) >= COVER_APART for other in saved)
    if apart and near[closest] <= COVER_ALIKE and len(saved) < BUCKET_MOST:
        return Decision.ADD, 0
    # the one that it is most like gives way, so that a bucket's two stay different
    others = [rated for i, rated in enumerate(saved) if i != closest]
    fits = all(
        abs(one.seconds - other.candidate.seconds) >= COVER_APART
        and float(similarity(one.face, [other.candidate.face])[0]) <= COVER_ALIKE
        for other in others
    )
    if fits and one.quality > saved[closest].candidate.quality + BETTER:
        return Decision.REPLACE, closest
    return Decision.SKIP, 0


def anchors(pool: Sequence[Rated]) -> tuple[Rated, ...]:
    """The best frontal strict ones with open eyes and a closed mouth, at most ANCHORS, apart in time and look; in the
    order of time. Where those are fewer than LEAST, other expressions and then like looks make up for it."""
    fit = [r for r in pool if r.candidate.strict and r.candidate.frontal]
    fit = [r for r in fit if r.candidate.bucket.occlusion is OcclusionBin.NONE]
    calm = [r for r in fit if r.candidate.bucket.expression in (Expression.NEUTRAL, Expression.SMILE)]
    chosen: tuple[Rated, ...] = ()
    for among, alike, most in ((calm, ANCHOR_ALIKE, ANCHORS), (fit, ANCHOR_ALIKE, LEAST), (calm, 1.0, LEAST)):
        chosen = _spread(among, lambda r: r.candidate.quality, most, ANCHOR_APART, alike, chosen)
    return chosen


def challenges(pool: Sequence[Rated], taken: Sequence[Rated], least: float) -> tuple[Rated, ...]:
    """The hardest ones of whom the person is still sure, at most CHALLENGES. taken: what other sets hold. least: the
    stability below which a frame may be somebody else's."""
    held = {r.candidate.number for r in taken}
    fit = [r for r in pool if r.candidate.number not in held and r.stable >= least and reason(r.candidate) is not None]
    return _spread(fit, challenge_score, CHALLENGES, CHALLENGE_APART, 1.0)


def challenge_score(r: Rated) -> float:
    return 0.5 * min(r.novelty, 1) + 0.3 * r.candidate.quality + 0.2 * r.stable


def reason(one: Candidate) -> str | None:
    """What makes a frame hard, as file names say it; None where nothing does."""
    b, m = one.bucket, one.measures
    if b.lighting is not LightingBin.NORMAL:
        return b.lighting.value
    if b.occlusion is OcclusionBin.HEAVY:
        return "occluded"
    if abs(m.yaw) > EXTREME_YAW:
        return "yaw"
    return "pitch" if abs(m.pitch) > EXTREME_PITCH else None


def _spread(
    pool: Sequence[Rated],
    score: Callable[[Rated], float],
    most: int,
    apart: float,
    alike: float,
    chosen: Sequence[Rated] = (),
) -> tuple[Rated, ...]:
    """The highest scores first, less those too near in time, or too alike, to one that is taken. chosen: those that are
    taken already."""
    taken = list(chosen)
    for one in sorted(pool, key=lambda r: (-score(r), r.candidate.number)):
        if len(taken) >= most:
            break
        near = similarity(one.candidate.face, [other.candidate.face for other in taken])
        far = all(abs(one.candidate.seconds - other.candidate.seconds) >= apart for other in taken)
        if far and (len(near) == 0 or float(near.max()) <= alike):
            taken.append(one)
    return tuple(sorted(taken, key=lambda r: r.candidate.number))
