"""Settings of `understudy relight`, as values. Their defaults stand in `default.toml` and nowhere else."""

from dataclasses import dataclass
from enum import StrEnum

from engines.relight.albedo import AlbedoMethod

Range = tuple[float, float]


class PersonMethod(StrEnum):
    """How a person is told from the ground."""

    SAM3 = "sam3"
    SAM2 = "sam2"
    SELFIE = "selfie"
    GRABCUT = "grabcut"


class NormalMethod(StrEnum):
    """Where normals come from."""

    MESH = "mesh"
    DEPTH = "depth"


class Degradation(StrEnum):
    """How the new light is made."""

    SOFT = "soft"
    HARD = "hard"
    SPECULAR = "specular"


class Pattern(StrEnum):
    """What throws a shadow."""

    NOISE = "noise"
    BARS = "bars"
    WINDOW = "window"
    BLOBS = "blobs"


class Ground(StrEnum):
    """What the person is laid on."""

    ORIGINAL = "original"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class SegmentationSettings:
    """smallest: share of the picture that a person must have."""

    methods: tuple[PersonMethod, ...]
    smallest: float
    prompt: str
    sam3_checkpoint: str
    sam2_checkpoint: str
    sam2_config: str
    device: str


@dataclass(frozen=True, slots=True)
class AlbedoSettings:
    """lambert: whether the light that the surface's direction explains goes first. scales: pixels of a picture whose
    longer side is `reference`. alike: see `engines.relight.surround`."""

    lambert: bool
    methods: tuple[AlbedoMethod, ...]
    scales: tuple[float, ...]
    reference: int
    alike: float
    original: Range
    blown: float


@dataclass(frozen=True, slots=True)
class NormalSettings:
    """side: pixels of the depth network's square input. relief: shares of the picture's longer side."""

    method: NormalMethod
    network: str
    side: int
    relief: float


@dataclass(frozen=True, slots=True)
class DegradationSettings:
    """Weights, of any sum."""

    soft: float
    hard: float
    specular: float

    def shares(self) -> dict[Degradation, float]:
        """How likely each method is; together 1."""
        weights = {Degradation.SOFT: self.soft, Degradation.HARD: self.hard, Degradation.SPECULAR: self.specular}
        total = sum(weights.values())
        return {method: weight / total for method, weight in weights.items()}


@dataclass(frozen=True, slots=True)
class LightSettings:
    """Degrees; ambient: share."""

    azimuth: Range
    elevation: Range
    ambient: Range


@dataclass(frozen=True, slots=True)
class PatternSettings:
    """strength: share of the lamp. blur: pixels of the kernel, see `AlbedoSettings.reference`."""

    probability: float
    kinds: tuple[Pattern, ...]
    strength: Range
    blur: Range


@dataclass(frozen=True, slots=True)
class HardSettings:
    """The same, for hard shadows."""

    ambient: Range
    strength: Range
    blur: Range


@dataclass(frozen=True, slots=True)
class SpecularSettings:
    """strength: share of the lamp. shininess: Phong's exponent."""

    strength: Range
    shininess: Range


@dataclass(frozen=True, slots=True)
class RecombinationSettings:
    """grey: 0 to 1, sRGB."""

    background: Ground
    grey: float


@dataclass(frozen=True, slots=True)
class WorkSettings:
    """longest: pixels of the longer side at which smooth maps are worked out."""

    longest: int


@dataclass(frozen=True, slots=True)
class RelightSettings:
    """All of them, one field for each table of the file."""

    seed: int
    segmentation: SegmentationSettings
    albedo: AlbedoSettings
    normals: NormalSettings
    degradation: DegradationSettings
    light: LightSettings
    pattern: PatternSettings
    hard: HardSettings
    specular: SpecularSettings
    recombination: RecombinationSettings
    work: WorkSettings
