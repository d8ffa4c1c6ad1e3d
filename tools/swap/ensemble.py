"""Ensemble: the swapping networks of a file's job or of a server, opened once, and a troupe for each of their streams.

What is asked of a network by several streams goes in joint calls. Knows no sessions and no frames.
"""

import os
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from engines.errors import SourceError
from engines.mesh.source import SourceFace
from engines.nets.opened import RunOptions
from engines.nets.shared import SharedEngines
from engines.store.store import Store
from engines.values import U8
from stream.perception.perceiver import Perception
from tools.swap.chosen import Chosen
from tools.swap.troupe import ROWS, Photos, Sources, Troupe, open_sources, open_troupe

MOST = 4  # frames of a file that are painted at once
Face = SourceFace | Sources  # a person, as the mesh swapper or as a network wants them
PATIENT, PROMPT = 0.05, 0.004  # seconds that a call may wait for other streams': of a file, live


@dataclass(frozen=True, slots=True)
class Ensemble:
    """chosen: with a model. side: rows that a CPU computes side by side. Close it after its streams have ended."""

    chosen: Chosen
    device: str
    store: Store
    models: Perception
    hub: SharedEngines
    side: int = 1

    def sources(self, people: Sequence[Photos]) -> Sources:
        """The photos of each person, read. Slow: opens the networks, when it is called first. Raises ModelError,
        DeviceError, SourceError, UnderstudyError."""
        reader = object()  # a stream of its own, so that who paints meanwhile does not wait for it
        try:
            return open_sources(self.chosen, people, self.models, self.store, self._wanted(reader))
        finally:
            self.hub.leave(reader)

    @property
    def alone(self) -> bool:
        """Whether the network is its own person (a DFM)."""
        return self.store.model(self.chosen.model).task == "swap_dfm"

    def person(self, photos: Sequence[tuple[str, U8]]) -> Sources:
        """One person's photos, uint8 (h, w, 3) RGB each. Raises as `sources` does."""
        if self.alone:
            raise SourceError(f"{self.chosen.model} is one person, and takes no photo of another")
        return self.sources([lambda: photos])

    def warm(self) -> None:
        """Opens what paints, so that a mistake is told now and nobody waits for it later. Raises as `troupe` does."""
        nobody = Sources(None if self.alone else np.zeros((1, 1), np.float32))
        stream = object()
        self.troupe(nobody, stream)
        self.leave(stream)

    def troupe(self, sources: Sources, stream: Hashable) -> Troupe:
        """What paints one stream. Raises ModelError, DeviceError, UnderstudyError."""
        return open_troupe(self.chosen, sources, self.store, self._wanted(stream))

    def close(self) -> None:
        self.hub.close()

    def leave(self, stream: Hashable) -> None:
        """A stream ends: what it waits for is cancelled."""
        self.hub.leave(stream)

    def _wanted(self, stream: Hashable) -> RunOptions:
        c = self.chosen
        return RunOptions(
            self.device,
            c.precision,
            os.cpu_count() or 1,
            ROWS,
            self.side,
            c.strict,
            self.hub,
            stream,
        )


def for_files(chosen: Chosen, device: str, store: Store, models: Perception, streams: int | None = None) -> Ensemble:
    """Where no frame is waited for: most rows in a time. streams: as many as `painters` says, if not told."""
    return Ensemble(chosen, device, store, models, SharedEngines(ROWS, PATIENT), streams or painters())


def for_live(chosen: Chosen, device: str, store: Store, models: Perception) -> Ensemble:
    """Where each row is wanted as soon as can be."""
    return Ensemble(chosen, device, store, models, SharedEngines(ROWS, PROMPT))


def painters() -> int:
    """Frames of a file that are painted at once on this machine."""
    return min(MOST, os.cpu_count() or 1)
