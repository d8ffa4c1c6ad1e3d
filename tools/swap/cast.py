"""Cast: the people and networks of a job, opened once: what perceives, what paints, and what there is to say of it."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from calib.thresholds import load as load_thresholds
from engines.backends.choose import open_engine
from engines.detector import Detector
from engines.landmarks import Landmarks
from engines.mesh.source import SourceFace, prepare_source
from engines.occlusion.eyewear import WEIGHTS as EYEWEAR
from engines.occlusion.eyewear import EyewearNet
from engines.occlusion.network import WEIGHTS
from engines.store.store import Store, default_store
from stream.frame import Done, Frame, Plan, Scene
from stream.journey import Paint
from stream.media.still import read_image
from stream.painting.painter import Painter
from stream.painting.refinement import Refinement
from stream.perception.face_selection import Rule, parse_rules
from stream.perception.occlusion_tracker import OcclusionTracker
from stream.perception.perceiver import Perceiver, Perception
from stream.route import Routing, router
from tools.swap.ensemble import Ensemble, for_files
from tools.swap.job import SwapJob
from tools.swap.refiners import open_refiner
from tools.swap.troupe import Sources, open_eyes, open_likeness, read_photos

PRECISION = "bf16"  # of the project's own networks: a third of the time, the same maps to a hundredth
NETWORKS = ("face_detection_short_range", "face_landmark")  # the catalogue's names, in the order of Perception


@dataclass(frozen=True, slots=True)
class Cast:
    """The stages of a journey. notes: one sentence each, for the user. models: the files of all networks that were
    loaded, by name. more: painters beside `paint`, for frames that are painted at once."""

    perceive: Callable[[Frame], Scene]
    route: Callable[[Scene], Plan]
    paint: Paint
    refine: Callable[[Done], Done]
    notes: tuple[str, ...] = ()
    models: Mapping[str, Path] = field(default_factory=dict)
    more: tuple[Paint, ...] = ()

    @property
    def stages(
        self,
    ) -> tuple[Callable[[Frame], Scene], Callable[[Scene], Plan], tuple[Paint, ...], Callable[[Done], Done]]:
        """In the order in which a frame meets them."""
        return self.perceive, self.route, (self.paint, *self.more), self.refine


@contextmanager
def open_cast(job: SwapJob, single: bool = False) -> Iterator[Cast]:
    """Reads the sources and loads the networks. single: for one picture, not for a clip. Raises SourceError,
    ModelError, DeviceError, UnderstudyError."""
    rules = parse_rules(job.who, job.maps, len(job.sources))
    store = default_store()
    with ExitStack() as stack:
        yield _opened(job, rules, store, single, stack)


def _opened(job: SwapJob, rules: tuple[Rule, ...], store: Store, single: bool, stack: ExitStack) -> Cast:
    """stack: gets the closing of all that is opened."""
    refine = Refinement(open_refiner(job.refiner, store.root, job.device), warn)
    stack.callback(refine.close)
    files = {name: store.path(name) for name in NETWORKS}
    models = Perception(*(open_engine(path, job.device, strict=job.nets.strict) for path in files.values()))
    notes = []
    if job.device in ("cuda", "tensorrt") and "CPU" in models.detector.device:
        notes.append(f"--device {job.device}: the networks of perception run on {models.detector.device}")
    routing = Routing(job.routing)
    if job.nets.model:
        ensemble = for_files(job.nets, job.device, store, models, 1 if single else None)
        stack.callback(ensemble.close)
        read = ensemble.sources([partial(read_photos, photos) for photos in job.sources])
        notes += read.notes
        painters, nets = together(ensemble, read, routing)
        files |= nets
    else:
        sources = prepare(job, models)
        notes += [note for source in sources for note in source.notes]
        eyewear = open_eyewear(job.device, job.nets.strict)
        if eyewear is not None:
            files["eyewear"] = EYEWEAR
            stack.callback(eyewear.close)
        painters = (Painter(sources, routing, defer=True, eyewear=eyewear),)
    finder, found = open_eyes(job.nets, job.device, store)
    files |= found
    likeness = open_likeness(rules, models, store, job.device, job.nets.strict)
    watch = open_watch(job.device, routing, job.nets.strict)
    if watch is not None:
        files["occlusion"] = WEIGHTS
    perceiver = Perceiver(models, rules, watch=watch, likeness=likeness, finder=finder)
    stack.callback(perceiver.close)
    return Cast(perceiver, router(routing), painters[0], refine, tuple(notes), files, painters[1:])


def together(ensemble: Ensemble, sources: Sources, routing: Routing) -> tuple[tuple[Painter, ...], Mapping[str, Path]]:
    """The painters of a clip's frames, and the files of their networks. Several, which then ask their networks in joint
    calls; one where its masks have a memory from frame to frame. Raises ModelError, DeviceError."""
    first = ensemble.troupe(sources, 0)
    troupes = [first, *(ensemble.troupe(sources, i) for i in range(1, 1 if first.own else ensemble.side))]
    return tuple(Painter((), routing, defer=True, together=t.together, own=t.own) for t in troupes), first.files


def warn(text: str) -> None:
    print(f"warning: {text}", file=sys.stderr)


def open_watch(device: str, routing: Routing = Routing.AUTO, strict: bool = False) -> OcclusionTracker | None:
    """What looks for things before faces; None where nobody asks."""
    if routing is Routing.FAST or not WEIGHTS.is_file():
        return None
    always = routing is not Routing.AUTO
    return OcclusionTracker(open_engine(WEIGHTS, device, PRECISION, strict=strict), load_thresholds(), always)


def open_eyewear(device: str, strict: bool = False) -> EyewearNet | None:
    """What finds the spectacles of mesh-swapped faces; None where its weights are not built."""
    return EyewearNet(open_engine(EYEWEAR, device, PRECISION, strict=strict)) if EYEWEAR.is_file() else None


def prepare(job: SwapJob, models: Perception) -> list[SourceFace]:
    """The source faces of a job, in the order of its --source options."""
    detector, landmarks = Detector(models.detector), Landmarks(models.landmarks)
    try:
        return [
            prepare_source([(str(path), read_image(str(path))) for path in photos], detector, landmarks)
            for photos in job.sources
        ]
    finally:
        detector.close()
        landmarks.close()
