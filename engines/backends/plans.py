"""Names and shapes of TensorRT plans: which file a plan lies in, and the batches it is built for. Pure."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from engines.backends.cuda import Gpu
from engines.protocol import Spec

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PlanKey:
    """Everything a plan is valid for: change one, and the plan must be built again."""

    sha256: str
    gpu: Gpu
    tensorrt: str
    precision: str
    batch: int

    @property
    def stem(self) -> str:
        parts = (self.sha256, self.gpu.name, self.gpu.arch, str(self.gpu.driver), self.tensorrt)
        whole = "\n".join((*parts, self.precision, str(self.batch)))
        return f"{self.sha256[:12]}-{self.precision}-{hashlib.sha256(whole.encode()).hexdigest()[:16]}"

    def plan(self, folder: Path) -> Path:
        return folder / f"{self.stem}.plan"

    def timing(self, folder: Path) -> Path:
        """Kernel timings serve every model of the same chip and version."""
        whole = f"{self.gpu.name}\n{self.gpu.arch}\n{self.gpu.driver}\n{self.tensorrt}"
        return folder / f"timing-{hashlib.sha256(whole.encode()).hexdigest()[:16]}.cache"


def profile(spec: Spec, batch: int) -> tuple[Shape, Shape, Shape] | None:
    """Smallest, usual and largest shape for an input whose rows are free; None where every size is fixed.

    Errors: ValueError where another size than the first is free: the catalogue fixes those before.
    """
    if -1 not in spec.shape:
        return None
    rest = spec.shape[1:]
    if spec.shape[0] != -1 or -1 in rest:
        raise ValueError(f"only the first size of an input may be free, not those of {spec.shape}")
    return (1, *rest), (batch, *rest), (batch, *rest)
