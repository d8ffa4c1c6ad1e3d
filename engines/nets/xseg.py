"""XSeg: which part of a crop is visible face. Half-transparent pixels keep their half: nothing is hardened."""

import numpy as np

from engines.nets.net import Net
from engines.values import F32, U8


class Xseg:
    """Visible-face probability of crops aligned to the model's template."""

    def __init__(self, net: Net) -> None:
        self.net = net

    def visible(self, crops: U8) -> F32:
        """float32 (n, 256, 256), 0 to 1, of uint8 (n, 256, 256, 3) RGB.

        Other programs go on with `(clip(x, .5, 1) - .5) * 2`, which throws every pixel below one half away: the glass,
        smoke and fine hair that this project keeps.
        """
        [out] = self.net.run(self.net.tensor(crops))
        return np.clip(out[..., 0], 0, 1)
