"""The weightless backend: a numpy function behind the Engine protocol. For tests, and as yardstick of the others."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engines.backends import feeds as fed
from engines.protocol import Spec
from engines.values import Array

Function = Callable[[Mapping[str, Array]], Mapping[str, Array]]


@dataclass(frozen=True, slots=True)
class ReferenceEngine:
    """`function` takes all inputs and gives all outputs, by name."""

    inputs: Mapping[str, Spec]
    outputs: Mapping[str, Spec]
    function: Function
    device: str = "numpy"

    def session(self) -> "ReferenceSession":
        return ReferenceSession(self)


class ReferenceSession:
    def __init__(self, engine: ReferenceEngine) -> None:
        self._engine = engine

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        fed.check(self._engine.inputs, feeds)
        given = {name: array.copy() for name, array in self._engine.function(feeds).items()}
        fed.check(self._engine.outputs, given)
        return given

    def close(self) -> None:
        pass
