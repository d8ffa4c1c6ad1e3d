"""The swapper family: a target's crop and a source's identity in, the crop with that identity out.

Knows every catalogued swapper (inswapper, hyperswap, simswap, ghost, hififace, blendswap, uniface) by what the
catalogue says of it; DFM files are `dfm.py`'s.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from onnx import numpy_helper

from engines.errors import ModelError
from engines.graph.load import load
from engines.nets import boost
from engines.nets.embedder import normed
from engines.nets.net import Net, as_bytes
from engines.values import F32, U8


@dataclass(frozen=True, slots=True)
class Swapped:
    """rgb: uint8 (n, side, side, 3). mask: float32 (n, side, side), 0 to 1, where the model gives one."""

    rgb: U8
    mask: F32 | None


def read_emap(path: Path) -> F32:
    """inswapper's map of embeddings: the file's last stored tensor, float32 (512, 512). Errors: ModelError."""
    stored = load(path).graph.initializer
    emap = numpy_helper.to_array(stored[-1]).astype(np.float32) if stored else np.zeros(0, np.float32)
    if emap.shape != (512, 512):
        raise ModelError(
            f"{path.name} ends with a tensor of {emap.shape}, not the 512 x 512 map: it is no inswapper file"
        )
    return emap


class Swapper:
    """One swapper. converter: the net that its catalogue entry names. emap: for inswapper, see `read_emap`."""

    def __init__(self, net: Net, converter: Net | None = None, emap: F32 | None = None) -> None:
        model = net.model
        if model.converter and converter is None:
            raise ModelError(f"{model.name} needs {model.converter}: `understudy models pull {model.converter}`")
        if model.source == "embedding x emap" and emap is None:
            raise ModelError(f"{model.name} needs the map of embeddings out of its own file")
        self.net, self._converter, self._emap = net, converter, emap
        # positions, since the published files list the two in either order
        self._order = [tensor.name for tensor in model.inputs]

    def source(self, embedding: F32) -> F32:
        """The network's `source` (1, 512) of a raw ArcFace embedding (512,)."""
        kind = self.net.model.source
        raw = embedding.reshape(1, -1).astype(np.float32)
        if kind == "embedding x emap" and self._emap is not None:
            return normed(normed(raw) @ self._emap)  # as the insightface library does
        if self._converter is not None:
            [raw] = self._converter.run(raw)
        return normed(raw) if kind.endswith("normed") else raw

    def source_picture(self, crop: U8) -> F32:
        """The network's `source` (1, 3, side, side) of a uint8 RGB crop, for models that take a picture: 0 to 1,
        whatever the target's normalisation."""
        return np.ascontiguousarray(crop[None].transpose(0, 3, 1, 2), dtype=np.float32) / np.float32(255)

    def swap(self, crops: U8, source: F32) -> Swapped:
        """crops: uint8 (n, k px, k px, 3) RGB; k > 1 is pixel boost, one call. source: (1, ...), or (n, ...)."""
        model = self.net.model
        k = crops.shape[1] // model.px
        tiles = boost.split(crops, k) if k > 1 else crops
        each = len(tiles) // (len(source) if len(source) > 1 else 1)
        feeds = {"source": np.repeat(source, each, axis=0), "target": self.net.tensor(tiles)}
        out = self.net.run(*(feeds[name] for name in self._order))
        rgb, mask = self.net.pictures(out[0]), None
        if len(out) > 1:
            mask = np.clip(out[1][:, 0], 0, 1)
        if k > 1:
            rgb, mask = boost.join(rgb, k), None if mask is None else boost.join(mask, k)
        return Swapped(as_bytes(rgb), mask)
