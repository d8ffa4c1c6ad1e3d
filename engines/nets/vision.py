"""General vision embedders (DINOv2, SigLIP): what a picture looks like, as a direction. Never who is in it.

Sources: Oquab et al., "DINOv2", 2023; Zhai et al., "Sigmoid Loss for Language Image Pre-Training", 2023 (SigLIP).
"""

import cv2
import numpy as np

from engines.nets.embedder import normed
from engines.nets.net import Net
from engines.values import F32, U8

DINO, SIGLIP = "dinov2_vits14", "siglip_base_224"
"""Their names in the catalogue."""
VERSIONS = {DINO: "dinov2-vits14-v1", SIGLIP: "siglip-base-224-v1"}
"""As the metas of saved pictures name them."""


class Vision:
    """Embeddings of whole crops, resized to the network's square."""

    def __init__(self, net: Net) -> None:
        self.net = net

    @property
    def version(self) -> str:
        return VERSIONS.get(self.net.model.name, self.net.model.name)

    def embed(self, crops: list[U8]) -> F32:
        """float32 (n, k), each of length 1, of uint8 (h, w, 3) RGB crops of any size: the class token of a sequence of
        tokens, or the pooled vector."""
        px = self.net.model.px
        square = [cv2.resize(one, (px, px), interpolation=cv2.INTER_AREA) for one in crops]
        *_, out = self.net.run(self.net.tensor(np.asarray(np.stack(square), np.uint8)))
        return normed(out[:, 0] if out.ndim == 3 else out)
