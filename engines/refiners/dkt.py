"""DKT's relative depth of a face's last frames, by its program. Knows crops; nothing of tracks."""

from pathlib import Path

import numpy as np

from engines.refiners.worker import RefinerError, RefinerWorker, program
from engines.values import F32, U8

SECONDS = 120.0  # for an answer: half a minute on a small GPU


class Dkt:
    """python: of an environment with DKT's requirements. repository: a checkout of it. model: of its checkpoints, its
    default where empty."""

    def __init__(
        self, python: Path | str, repository: Path, model: str = "", large: bool = False, seconds: float = SECONDS
    ) -> None:
        words = ["--repository", str(repository), "--model", model, *(["--large"] if large else [])]
        self._worker = RefinerWorker("dkt", program(python, "dkt_program.py", *words), seconds)

    def depth(self, frames: U8) -> F32:
        """float32 (n, h, w), nearer is larger, 0 to 1 over the window; of uint8 (n, h, w, 3) RGB. Raises
        RefinerError."""
        answer = self._worker.ask({"steps": 5, "window": 21, "overlap": 3}, {"frames": frames})
        found = np.asarray(answer.get("depth"), np.float32)
        if found.shape != frames.shape[:3]:
            raise RefinerError(f"the refiner dkt gave depth of {found.shape} for frames of {frames.shape[:3]}")
        low, high = float(found.min()), float(found.max())
        return np.asarray((found - low) / max(high - low, 1e-6), np.float32)

    def close(self) -> None:
        self._worker.close()
