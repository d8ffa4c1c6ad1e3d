"""Repairing: stretches of a finished swap painted anew from the original, each in several ways, of which the best by
the search stays; the clip's own pictures are one of them.

Knows the pipeline and figures; files are written by `stream.media.replacing`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from calib.qa.bounds import QaBounds
from calib.qa.figures import FaceFigures
from calib.qa.scoring import Attempt, scorers, usual_light
from calib.qa.spans import FlaggedSpan
from calib.search.eacps import SearchPlan, SearchResult, search
from calib.search.parameters import Number, ParameterGenerator, Parameters, Words
from stream.frame import Done, Frame
from stream.pipeline.choices import Routing
from stream.pipeline.models import Models
from stream.pipeline.pipeline import Pipeline
from stream.pipeline.sources import photos_of
from stream.pipeline.spec import SwapSpec
from stream.qa.measuring import FaceMeasuring
from stream.qa.reading import frames_from
from stream.qa.watching import Watched

OVERLAP = 0.2  # seconds that are painted anew before and after what was flagged
LEAD = 0.5  # seconds that are looked at before that, so that faces are followed when it begins
RANGES: dict[str, Number | Words] = {"strength": Number(0.8, 1.0), "routing": Words(("auto", "fast", "xseg"))}


@dataclass(frozen=True, slots=True)
class RepairStretch:
    """first, last: frames of the clip that are painted anew together."""

    first: int
    last: int


def stretches(spans: Sequence[FlaggedSpan], times: Sequence[float]) -> list[RepairStretch]:
    """times: seconds of the clip's frames."""
    at = np.asarray(times)
    out: list[RepairStretch] = []
    for span in sorted(spans, key=lambda one: one.first):
        room = OVERLAP + 1e-6  # for times that were rounded
        near = np.flatnonzero((at >= span.start - room) & (at <= span.end + room))
        first, last = int(near[0]), int(near[-1])
        if out and first <= out[-1].last + 1:
            out[-1] = RepairStretch(out[-1].first, max(last, out[-1].last))
        else:
            out.append(RepairStretch(first, last))
    return out


class Repairer:
    """spec: as the swap was, or is to be. original: the clip's target. measure: for this thread."""

    def __init__(
        self, models: Models, spec: SwapSpec, original: str, watched: Watched, measure: FaceMeasuring, bounds: QaBounds
    ) -> None:
        self._models, self._spec, self._original = models, spec, original
        self._watched, self._measure, self._bounds = watched, measure, bounds
        self._sources = models.sources([photos_of(photos) for photos in spec.source])
        self._usual = usual_light(watched.figures)

    def search(
        self, stretch: RepairStretch, tries: int, seed: int, told: Callable[[], object]
    ) -> SearchResult[Attempt]:
        """tries: ways to paint it anew, at most, 1 or more. told: called after each."""
        explore = (tries + 1) // 2
        plan = SearchPlan(explore=explore, keep=1, refine=tries - explore)
        ways = _Ways(self, stretch, told)
        return search(ways, scorers(self._bounds, self._usual), seed, plan)

    def before(self, stretch: RepairStretch) -> Attempt:
        """As the clip is."""
        own = tuple(f for f in self._watched.figures if stretch.first <= f.frame <= stretch.last)
        return Attempt({}, own, len(own))

    def attempt(self, stretch: RepairStretch, words: Parameters) -> Attempt:
        self._measure.restart()
        figures: list[FaceFigures] = []
        for index, done in self.painted(stretch, words):
            frame = done.frame
            assert done.picture is not None
            swap = replace(frame, index=index, picture=done.picture)
            tracks = (track for track in done.plan.scene.tracks if track.source is not None)
            figures += [self._measure(swap, track, frame) for track in tracks]
        return Attempt(dict(words), tuple(figures), self.before(stretch).expected)

    def painted(self, stretch: RepairStretch, words: Parameters) -> Iterator[tuple[int, Done]]:
        """The stretch's frames of the original with their faces painted, by the clip's index. The same words paint the
        same."""
        spec = replace(self._spec, strength=float(words["strength"]), routing=Routing(str(words["routing"])))
        pipeline = Pipeline(self._models, spec, self._sources, lambda _: None)
        try:
            for index, frame in self._frames(stretch):
                done = pipeline.process(frame)
                if index >= stretch.first:
                    yield index, done
        finally:
            pipeline.close()

    def _frames(self, stretch: RepairStretch) -> Iterator[tuple[int, Frame]]:
        times = self._watched.beside
        lead = next(i for i, at in enumerate(times) if at >= times[stretch.first] - LEAD)
        return frames_from(self._original, times, lead, stretch.last)


@dataclass(slots=True)
class _Ways:
    """The ways to paint a stretch, as the search asks for them. The first one drawn is the swap's own."""

    repairer: Repairer
    stretch: RepairStretch
    told: Callable[[], object]
    drawn: int = 0
    parameters: ParameterGenerator = field(init=False)

    def __post_init__(self) -> None:
        self.parameters = ParameterGenerator({"strength": 1.0, "routing": "auto"}, RANGES)

    def raw(self) -> Attempt:
        return self.repairer.before(self.stretch)

    def draw(self, random: np.random.Generator) -> Attempt:
        self.drawn += 1
        return self._tried(self.parameters.raw() if self.drawn == 1 else self.parameters.draw(random))

    def refine(self, parent: Attempt, strength: float, random: np.random.Generator) -> Attempt:
        near = parent.words or self.parameters.raw()
        return self._tried(self.parameters.refine(near, strength, random))

    def _tried(self, words: Parameters) -> Attempt:
        attempt = self.repairer.attempt(self.stretch, words)
        self.told()
        return attempt
