"""Reads dlib's serialised face network: its layers with their tensors, in the order in which they are computed.

Knows dlib's byte format, and nothing of what the network is for. Nothing in the file is run or unpacked as code.
Source: dlib 19 and 20, `dnn/core.h`, `dnn/layers.h` (con_4, affine_, fc_2, pools), `float_details.h`.
"""

import math
import re
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from engines.errors import ModelError
from engines.values import F32


class Kind(StrEnum):
    """What a layer computes, by the name that dlib writes before it."""

    INPUT = "input_rgb_image_sized"
    CONVOLUTION = "con_4"
    AFFINE = "affine_"
    RELU = "relu_"
    MAX_POOL = "max_pool_2"
    AVERAGE_POOL = "avg_pool_2"
    ADD = "add_prev_"
    LINEAR = "fc_2"


@dataclass(frozen=True, slots=True)
class Layer:
    """values: float32 (n,), a layer's parameters as they lie in the file. sizes: of a convolution filters, rows,
    columns, stride y, x, padding y, x; of a pool the same without filters (rows 0: all); of a linear layer outputs and
    inputs; of the input the three means to be taken away."""

    kind: Kind
    values: F32
    sizes: tuple[float, ...] = ()


_NAME = re.compile(b"|".join(b"\\x01" + bytes([len(kind)]) + kind.encode() for kind in Kind))


def read_layers(data: bytes) -> tuple[Layer, ...]:
    """Raises ModelError for bytes that are no such network."""
    found, at = list[Layer](), 0
    try:
        while (match := _NAME.search(data, at)) is not None:
            reader = _Reader(data, match.end())
            found.append(_layer(Kind(match.group()[2:].decode()), reader))
            at = reader.at  # past the layer's floats: a name could stand in them by chance
    except (IndexError, ValueError) as error:
        raise ModelError(f"the file is no network of dlib's, or was cut short: {error}; install it again") from error
    if not found:
        raise ModelError("the file is no network of dlib's: no layer's name is in it; install it again")
    return tuple(found)


def _layer(kind: Kind, reader: "_Reader") -> Layer:
    nothing = np.zeros(0, np.float32)
    match kind:
        case Kind.INPUT:
            return Layer(kind, nothing, tuple(reader.real() for _ in range(3)))
        case Kind.CONVOLUTION:
            values = reader.tensor()
            return Layer(kind, values, tuple(reader.whole() for _ in range(7)))
        case Kind.AFFINE:
            return Layer(kind, reader.tensor())
        case Kind.MAX_POOL | Kind.AVERAGE_POOL:
            return Layer(kind, nothing, tuple(reader.whole() for _ in range(6)))
        case Kind.LINEAR:
            sizes = reader.whole(), reader.whole()
            return Layer(kind, reader.tensor(), sizes)
    return Layer(kind, nothing)


class _Reader:
    """dlib's numbers, one after another."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at

    def whole(self) -> int:
        """An integer: one byte with its length (and its sign in the highest bit), then that many, lowest first."""
        head = self.data[self.at]
        length = head & 0x0F
        if not 1 <= length <= 8 or head & 0x70:
            raise ValueError(f"no integer at byte {self.at}")
        value = int.from_bytes(self._take(self.at + 1, length), "little")
        self.at += 1 + length
        return -value if head & 0x80 else value

    def real(self) -> float:
        """A floating point number: mantissa and exponent of two, as integers."""
        mantissa, exponent = self.whole(), self.whole()
        return math.ldexp(mantissa, exponent)

    def tensor(self) -> F32:
        """float32 (n,): version, four sizes, then little-endian floats."""
        if (version := self.whole()) != 2:
            raise ValueError(f"a tensor of version {version}")
        count = math.prod(self.whole() for _ in range(4))
        raw = self._take(self.at, 4 * count)
        self.at += 4 * count
        return np.frombuffer(raw, "<f4").astype(np.float32)

    def _take(self, at: int, length: int) -> bytes:
        if at + length > len(self.data):
            raise ValueError(f"it ends at byte {len(self.data)}")
        return self.data[at : at + length]
