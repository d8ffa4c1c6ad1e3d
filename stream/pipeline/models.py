"""Models: every network of a spec, opened once, shared by any number of pipelines, closed once.

Knows the store, devices and precisions. What remembers a face belongs to a `Pipeline`, not here.
"""

import os
import threading
from collections.abc import Hashable, Sequence
from dataclasses import replace
from enum import Enum
from pathlib import Path

from calib.identity.bounds import bounds_of
from calib.thresholds import Thresholds
from calib.thresholds import load as load_thresholds
from engines.errors import ModelError
from engines.extras import install
from engines.nets.detectors.finder import NetDetector
from engines.nets.embedder import IdentityNet
from engines.nets.opened import EMBEDDER, RunOptions, identity_embedder, open_embedder, open_finder
from engines.nets.person import face_embedding
from engines.nets.shared import SharedEngines
from engines.occlusion.eyewear import WEIGHTS as EYEWEAR
from engines.occlusion.eyewear import EyewearNet
from engines.occlusion.network import WEIGHTS as OCCLUSION
from engines.occlusion.opened import open_eyewear, open_occlusion
from engines.protocol import Engine
from engines.refiners.controlnet import ControlNet
from engines.refiners.dkt import Dkt
from engines.store.store import Store, default_store
from engines.values import F32
from stream.painting.face_painting import FacePainting
from stream.painting.mesh_painting import MeshPainting
from stream.painting.network_painting import NetworkPainting
from stream.painting.refiners import Deepened, Inverted, Refiner, Repainted
from stream.perception.face_finding import open_perception, perception_files
from stream.perception.face_selection import Rule
from stream.perception.occlusion_tracker import OcclusionTracker
from stream.perception.reference import ReferenceMatcher
from stream.pipeline.choices import Device
from stream.pipeline.control import SourceSet
from stream.pipeline.networks import ROWS, SwapNetworks, swap_model
from stream.pipeline.refiner_programs import open_program
from stream.pipeline.sources import Photos, mesh_sources, network_sources, photos_of, reference_embedding
from stream.pipeline.spec import SwapSpec

MOST = 4  # frames of a file that are painted at once


_OWN = {"occlusion": open_occlusion, "eyewear": open_eyewear}


class Timing(Enum):
    """seconds that a call of a shared network may wait for other streams' rows."""

    FILES = 0.05  # no frame is waited for: most rows in a time
    LIVE = 0.004  # each row is wanted as soon as can be


class Models:
    """spec: its `networks` decide. lanes: frames that one pipeline paints at once, None for as many as this machine
    bears. wait: as `Timing` has it, where that is not to decide. For several threads. Raises ModelError,
    DeviceError."""

    def __init__(
        self,
        spec: SwapSpec,
        timing: Timing = Timing.FILES,
        lanes: int | None = None,
        store: Store | None = None,
        wait: float | None = None,
    ) -> None:
        self.spec, self.store = spec.networks, store or default_store()
        self.lanes = 1 if timing is Timing.LIVE else lanes or min(MOST, os.cpu_count() or 1)
        self._lock = threading.RLock()
        self._program: Dkt | ControlNet | None = None
        self._kept: dict[str, Engine] = {}
        self.files = perception_files(self.store)
        self.perception = open_perception(spec.device, spec.strict_device, self.store)
        self.shared = SharedEngines(ROWS, timing.value if wait is None else wait)

    @property
    def notes(self) -> tuple[str, ...]:
        """One sentence each, for the user."""
        where = self.perception.detector.device
        if self.spec.device in (Device.CUDA, Device.TENSORRT) and "CPU" in where:
            return (f"--device {self.spec.device}: the networks of perception run on {where}",)
        return ()

    @property
    def baked(self) -> bool:
        """Whether the swapping network is its own person (a DFM)."""
        return self.spec.model is not None and swap_model(self.spec, self.store).task == "swap_dfm"

    def sources(self, people: Sequence[Photos]) -> SourceSet:
        """Slow: reads the photos of each person and, the first time, opens networks. Raises ModelError, DeviceError,
        InputError, SourceError, UnderstudyError."""
        if self.spec.model is None:
            return mesh_sources(people, self.perception)
        reader = object()  # a stream of its own, so that who paints meanwhile does not wait for it
        try:
            return network_sources(self.spec, people, self.perception, self.store, self.options(reader))
        finally:
            self.shared.leave(reader)

    def sources_of(self, spec: SwapSpec) -> SourceSet:
        """Those of the spec's own photos; a DFM's own person where it names none. Raises as `sources` does."""
        return self.sources([photos_of(photos) for photos in spec.source])

    def paintings(self) -> tuple[FacePainting, ...]:
        """What paints one stream's faces. Several paint several frames at once, whose faces go in joint calls; one
        where what paints remembers faces from frame to frame. Raises ModelError, DeviceError, UnderstudyError."""
        if self.spec.model is None:
            eyewear = self._own("eyewear", self.spec.eyewear or EYEWEAR)
            return (MeshPainting(EyewearNet(eyewear) if eyewear else None),)
        first = self._network_painting()
        rest = 0 if first[1].own else self.lanes - 1
        return (first[0], *(self._network_painting()[0] for _ in range(rest)))

    def _network_painting(self) -> tuple[NetworkPainting, SwapNetworks]:
        stream = object()
        networks = SwapNetworks(self.spec, self.store, self.options(stream))
        self.files |= networks.files
        return NetworkPainting(networks.chain, networks.own, lambda: self.shared.leave(stream)), networks

    def occlusion_engine(self) -> Engine | None:
        """Of the occlusion network; None where its weights are not built. Slow, the first time."""
        return self._own("occlusion", self.spec.occlusion or OCCLUSION)

    def occlusion(self) -> OcclusionTracker | None:
        """One stream's tracker of what lies before faces; None where the weights are not built."""
        engine = self.occlusion_engine()
        return OcclusionTracker(engine, self.thresholds) if engine else None

    @property
    def thresholds(self) -> Thresholds:
        """Raises UnderstudyError where the user's own file cannot be read."""
        return load_thresholds(self.spec.thresholds) if self.spec.thresholds else load_thresholds()

    def detector(self) -> NetDetector | None:
        """One stream's; None for the embedded one. Raises ModelError, DeviceError."""
        if self.spec.detector is None:
            return None
        self.files[self.spec.detector] = self.store.path(self.spec.detector)
        return open_finder(self.store, self.spec.detector, self._plain(object()))

    def references(self, rules: Sequence[Rule]) -> dict[int, F32]:
        """Embeddings of the rules' reference photos, by the rule's index. Raises ModelError, InputError,
        SourceError."""
        photos = {i: Path(rule.who.photo) for i, rule in enumerate(rules) if rule.who.photo}
        if not photos:
            return {}
        embedder = self._embedder()
        try:
            return {i: reference_embedding(p, self.perception, embedder, self.store) for i, p in photos.items()}
        finally:
            embedder.net.close()

    def matcher(self, references: dict[int, F32]) -> ReferenceMatcher | None:
        """One stream's comparison of faces with reference photos; None where there is none. Raises ModelError."""
        if not references:
            return None
        embedder = self._embedder()
        model = embedder.net.model
        template = self.store.catalog.template(model.template)
        return ReferenceMatcher(
            lambda view, mesh: face_embedding(view, mesh, embedder, template),
            references,
            bounds_of(model.name).same,
            embedder.net.close,
            embedder.metric,
        )

    def refiner(self) -> Refiner:
        """One stream's; what it asks is shared. Raises UnderstudyError."""
        with self._lock:
            if self._program is None:
                self._program = open_program(self.spec.refiner, self.store.root, self.spec.device)
            if isinstance(self._program, Dkt):
                return Deepened(self._program)
            return Repainted(self._program) if isinstance(self._program, ControlNet) else Inverted()

    def close(self) -> None:
        """Close it after its pipelines."""
        self.shared.close()
        with self._lock:
            if self._program is not None:
                self._program.close()
            self._program = None
            self._kept.clear()

    def options(self, stream: Hashable) -> RunOptions:
        """How a stream's networks run: shared, batched with other streams'."""
        s = self.spec
        threads = os.cpu_count() or 1
        return RunOptions(s.device, s.precision, threads, ROWS, self.lanes, s.strict_device, self.shared, stream)

    def _plain(self, stream: Hashable) -> RunOptions:
        """Of networks that see one picture a call."""
        return replace(self.options(stream), precision="auto", batch=1, side=1)

    def _embedder(self) -> IdentityNet:
        try:
            name = identity_embedder(self.store) or EMBEDDER
            self.files[name] = self.store.path(name)
            # f32: what is compared with a bound should not depend on the machine
            return open_embedder(self.store, replace(self._plain(object()), precision="f32"), name)
        except ModelError as error:
            raise ModelError(
                f"reference:PHOTO compares faces with {EMBEDDER}: {error}; or without a licence: {install('identity')}"
            ) from error

    def _own(self, name: str, weights: Path) -> Engine | None:
        """A network of the project's own, opened when it is first wanted; None where its weights are not built."""
        if weights in (EYEWEAR, OCCLUSION) and not weights.is_file():
            return None
        with self._lock:
            if name not in self._kept:
                self._kept[name] = _OWN[name](weights, self.spec.device, self.spec.strict_device)
                self.files[name] = weights
            return self._kept[name]
