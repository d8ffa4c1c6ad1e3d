"""Choices of a swap that are one of a few words. Light: the command line's help reads them."""

from enum import StrEnum


class Routing(StrEnum):
    """How a face's route is chosen: by what is seen before it, or always the same one."""

    AUTO = "auto"
    FAST = "fast"
    XSEG = "xseg"
    ALWAYS_REFINE = "always-refine"


class Device(StrEnum):
    """Where networks run. AUTO: the fastest that works here."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"
    TENSORRT = "tensorrt"


class Precision(StrEnum):
    """Of a swapping network. AUTO: half where chip and runtime have it. INT8: the copy that `models compile` made."""

    AUTO = "auto"
    F32 = "f32"
    BF16 = "bf16"
    F16 = "f16"
    INT8 = "int8"


class RefinerName(StrEnum):
    """What lays a face beneath glass and steam: the built-in one, or a generative one that the user has installed."""

    INVERTED = "inverted"
    DKT = "dkt"
    CONTROLNET = "controlnet"


class OnMiss(StrEnum):
    """What a frame shows where a face that is to be painted was not: the last picture for a moment and then a blur, a
    blur at once, or the face as it is."""

    HOLD = "hold"
    BLUR = "blur"
    SHOW = "show"
