"""DFM: a network trained for one person (DeepFaceLive). NHWC, BGR, 0 to 1; some take a morph value.

Knows its three outputs: the target's mask, the face, the face's own mask.
"""

from dataclasses import dataclass, replace

import numpy as np

from engines.errors import ModelError
from engines.nets.net import Net, as_bytes
from engines.protocol import Engine, Session
from engines.store.catalog import Model, Tensor
from engines.values import F32, U8

MORPH = "morph_value:0"


@dataclass(frozen=True, slots=True)
class DfmFace:
    """rgb: uint8 (n, s, s, 3). own, target: float32 (n, s, s), where the new face is, and where the old one was."""

    rgb: U8
    own: F32
    target: F32


class Dfm:
    """One person's network. side: pixels of its crop."""

    def __init__(self, model: Model, engine: Engine, session: Session | None = None) -> None:
        """session: where it is to run, the engine's own by default."""
        self.morphs = MORPH in engine.inputs
        extra = (Tensor(MORPH, "float32", (1,)),) if self.morphs else ()
        self._net = Net(replace(model, inputs=(*model.inputs, *extra)), engine, session)
        shape = engine.inputs[self._net.inputs[0]].shape
        if shape[1] != shape[2]:
            raise ModelError(f"this DFM takes {shape[1]} x {shape[2]}: only square ones are known")
        self.side = shape[1] if shape[1] > 0 else 224

    def swap(self, crops: U8, morph: float = 0.75) -> DfmFace:
        """crops: uint8 (n, side, side, 3) RGB. morph: 0 keeps the target's shape of face, 1 takes the person's.

        A network with a morph value is called once a face: the value is one for the whole call.
        """
        prepared = self._net.tensor(crops)
        if self.morphs:
            value = np.array([morph], np.float32)
            each = [self._net.run(prepared[i : i + 1], value) for i in range(len(prepared))]
            target, face, own = (np.concatenate(parts) for parts in zip(*each, strict=True))
        else:
            target, face, own = self._net.run(prepared)
        return DfmFace(as_bytes(self._net.pictures(face)), np.clip(own[..., 0], 0, 1), np.clip(target[..., 0], 0, 1))

    def close(self) -> None:
        self._net.close()
