"""Pipeline: one stream's way from a decoded frame to a painted one. What remembers a face lives here.

Call `process` with frames in order on one thread, or give `stages` to a journey, whose lanes are threads. `update` may
be called from any thread at any time."""

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path

from stream.frame import Done, Frame, Plan, Scene
from stream.painting.painter import Painter
from stream.painting.refinement import Refinement
from stream.perception.face_selection import parse_rules
from stream.perception.occlusion_tracker import OcclusionTracker
from stream.perception.perceiver import Pace, Perceiver
from stream.perception.reference import ReferenceMatcher
from stream.pipeline.choices import OnMiss, Routing
from stream.pipeline.control import Change, Control, SourceSet
from stream.pipeline.finish import Finish
from stream.pipeline.misses import MissLog
from stream.pipeline.models import Models
from stream.pipeline.spec import SwapSpec
from stream.pipeline.stages import Stages, paste, through
from stream.route import route
from stream.telemetry.stats import Stats


def warn(text: str) -> None:
    print(f"warning: {text}", file=sys.stderr)


class Pipeline:
    """sources: the people to put in; None: those of the spec's photos. say: told, once each, what did not go as wanted.
    Raises ModelError, DeviceError, InputError, SourceError, UnderstudyError."""

    def __init__(
        self,
        models: Models,
        spec: SwapSpec,
        sources: SourceSet | None = None,
        say: Callable[[str], object] = warn,
    ) -> None:
        self._models, self._spec = models, spec
        self._lock = threading.Lock()  # of updates: each begins from what the last one left
        self._closing = ExitStack()
        with ExitStack() as opened:
            sources = models.sources_of(spec) if sources is None else sources
            references = models.references(spec.rules)
            self._control = Control(sources, spec.rules, spec.routing, spec.strength, True, references)
            self._painters = tuple(Painter(painting) for painting in models.paintings())
            for painter in self._painters:
                opened.callback(painter.close)
            self._perceiver = Perceiver(
                models.perception,
                spec.rules,
                spec.most_faces,
                likeness=models.matcher(references),
                finder=models.detector(),
            )
            opened.callback(self._perceiver.close)
            self._tracker: OcclusionTracker | None = None
            self._watch(spec.routing)
            self._refinement = Refinement(models.refiner(), say)
            self._finish = Finish(spec.on_miss or OnMiss.SHOW)
            self._acted = self._control  # what perception acts on
            self._closing = opened.pop_all()

    @property
    def control(self) -> Control:
        return self._control

    @property
    def notes(self) -> tuple[str, ...]:
        """One sentence each, for the user."""
        return (*self._models.notes, *self._control.sources.notes)

    @property
    def files(self) -> Mapping[str, Path]:
        """Of all networks that were opened, by name."""
        return self._models.files

    @property
    def stages(self) -> Stages:
        return Stages(
            self.perceive,
            self.route,
            tuple(self._painters),
            self.refine,
            paste,
            self.finish,
            self._spec.on_miss is OnMiss.HOLD,
        )

    @property
    def misses(self) -> MissLog:
        """Of the frames that were finished so far."""
        return self._finish.misses

    def process(self, frame: Frame, stats: Stats | None = None) -> Done:
        """One frame through all stages, on this thread; its picture laid. stats: gets each stage's time."""
        return through(self.stages, frame, stats)

    def perceive(self, frame: Frame, pace: Pace | None = None) -> Scene:
        control = self._control  # read once: an update may replace it at any moment
        if control is not self._acted:
            self._act_on(control)
        return replace(self._perceiver(frame, pace), control=control)

    def route(self, scene: Scene) -> Plan:
        return route(scene)

    def paint(self, plan: Plan) -> Done:
        return self._painters[0](plan)

    def refine(self, done: Done) -> Done:
        return self._refinement(done)

    def finish(self, done: Done) -> Done:
        """In order of the frames: what is shown where a face was missed. Without a picture: the last one again."""
        return self._finish(done)

    def update(self, change: Change) -> None:
        """From the next frame that is taken up. What is slow (reading a reference photo) is done here, before anything
        changes, so that no frame waits for it and none is left without its face. Raises UnderstudyError, and then
        nothing has changed; ModelError, InputError, SourceError likewise."""
        with self._lock:
            now = self._control
            sources = now.sources if change.sources is None else change.sources
            rules, references = now.rules, now.references
            if change.who is not None or change.maps is not None:
                rules = parse_rules(change.who, change.maps or (), len(sources))
                references = self._models.references(rules)
            elif len(sources) != len(now.sources):
                rules = parse_rules(self._spec.who, self._spec.map, len(sources))
                references = self._models.references(rules)
            if change.routing is not None and change.routing is not Routing.FAST:
                self._models.occlusion_engine()
            strength = now.strength if change.strength is None else change.strength
            replace(self._spec, strength=strength, who=None, map=()).check()
            self._control = Control(
                sources,
                rules,
                now.routing if change.routing is None else change.routing,
                strength,
                now.masks if change.masks is None else change.masks,
                references,
            )

    def close(self) -> None:
        """Ends what remembers faces; the models stay open."""
        self._closing.close()

    def _act_on(self, control: Control) -> None:
        """On perception's thread."""
        if control.rules is not self._acted.rules:
            self._perceiver.choose(control.rules, self._matcher(control))
        if control.routing is not self._acted.routing:
            self._watch(control.routing)
        self._acted = control

    def _matcher(self, control: Control) -> ReferenceMatcher | None:
        return self._models.matcher(dict(control.references))

    def _watch(self, routing: Routing) -> None:
        """Whoever is always routed one way needs the network's maps in every frame; FAST needs none."""
        if routing is Routing.FAST:
            self._tracker = None
        elif self._tracker is None:
            self._tracker = self._models.occlusion()
        if self._tracker is not None:
            self._tracker.ask_always(routing is not Routing.AUTO)
        self._perceiver.watch(self._tracker)


@contextmanager
def open_pipeline(spec: SwapSpec, models: Models | None = None, lanes: int | None = None) -> Iterator[Pipeline]:
    """models: opened by the caller, for several pipelines; they stay open. lanes: as `Models` has them. Raises as
    `Pipeline` does."""
    with ExitStack() as stack:
        if models is None:
            models = stack.enter_context(closing(Models(spec, lanes=lanes)))
        yield stack.enter_context(closing(Pipeline(models, spec)))
