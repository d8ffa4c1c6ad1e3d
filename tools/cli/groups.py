"""The groups in which `understudy --help` lists the commands, in their order."""

from enum import StrEnum


class Group(StrEnum):
    """A heading of the help."""

    SWAP = "Swap"
    LIVE = "Live"
    SERVICE = "Service"
    TRUST = "Trust"
    MODELS = "Models"
    MEASURE = "Measure"
    TRAIN = "Train"
