"""Engine and Session: weights loaded once and shared, and one thread's right to run them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from engines.values import Array


@dataclass(frozen=True, slots=True)
class Spec:
    """A tensor's declaration. shape: -1 where any size goes. dtype: numpy's name (`float32`, `uint8`)."""

    shape: tuple[int, ...]
    dtype: str


class Session(Protocol):
    """The right to run an engine on one thread (or one CUDA stream). Not to be shared between threads."""

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """All outputs by name. The arrays belong to the caller and stay valid after the next call."""
        ...

    def close(self) -> None: ...


class Engine(Protocol):
    """A compiled network: loaded once, shared by any number of sessions."""

    @property
    def inputs(self) -> Mapping[str, Spec]: ...
    @property
    def outputs(self) -> Mapping[str, Spec]: ...
    @property
    def device(self) -> str:
        """What it runs on, in words: `OpenVINO CPU f32`."""
        ...

    def session(self) -> Session: ...
