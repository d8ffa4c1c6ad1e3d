"""Face enhancers of the GFPGAN and GPEN kind: a crop in, a sharper crop out."""

import numpy as np

from engines.nets.net import Net, as_bytes
from engines.values import F32, U8


class Enhancer:
    """One enhancer; its crop is aligned to the model's template."""

    def __init__(self, net: Net) -> None:
        self.net = net

    def enhance(self, crops: U8, strength: float = 0.8) -> U8:
        """uint8 (n, px, px, 3) RGB, mixed with the crops: strength 0 leaves them, 1 takes the network's answer."""
        [out] = self.net.run(self.net.tensor(crops))
        sharp = self.net.pictures(out)
        before: F32 = (crops / np.float32(255)).astype(np.float32)
        return as_bytes((before + np.float32(strength) * (sharp - before)).astype(np.float32))
