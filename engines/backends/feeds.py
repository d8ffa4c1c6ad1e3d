"""Checks a session's feeds against the declared tensors, so that every backend refuses the same mistakes alike."""

from collections.abc import Mapping

import numpy as np

from engines.protocol import Spec
from engines.values import Array


def check(specs: Mapping[str, Spec], feeds: Mapping[str, Array]) -> None:
    """Raises ValueError where a feed is missing, unknown, or of another dtype or shape than declared."""
    if feeds.keys() != specs.keys():
        raise ValueError(f"the network takes {sorted(specs)}, fed were {sorted(feeds)}")
    for name, spec in specs.items():
        array = feeds[name]
        fits = len(array.shape) == len(spec.shape) and all(
            want in (-1, got) for want, got in zip(spec.shape, array.shape, strict=True)
        )
        if not fits or array.dtype != np.dtype(spec.dtype):
            raise ValueError(f"`{name}` takes {spec.dtype} {spec.shape}, fed was {array.dtype} {array.shape}")
