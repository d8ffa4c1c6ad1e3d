"""dlib's byte format, on files that are written here as dlib writes them."""

import math
import struct

import numpy as np
import pytest

from engines.errors import ModelError
from engines.graph.dlib_file import Kind, read_layers


def whole(value: int) -> bytes:
    """dlib's integer: length and sign, then the bytes, lowest first."""
    size = max(1, (abs(value).bit_length() + 7) // 8)
    return bytes([size | (0x80 if value < 0 else 0)]) + abs(value).to_bytes(size, "little")


def real(value: float) -> bytes:
    mantissa, exponent = math.frexp(value)
    return whole(int(mantissa * 2**24)) + whole(exponent - 24)


def name(kind: Kind) -> bytes:
    return whole(len(kind)) + kind.encode()


def tensor(values: list[float]) -> bytes:
    sizes = b"".join(map(whole, (len(values), 1, 1, 1)))
    return whole(2) + sizes + struct.pack(f"<{len(values)}f", *values)


HEAD = name(Kind.INPUT) + real(122.782) + real(117.001) + real(104.298)
CONVOLUTION = name(Kind.CONVOLUTION) + tensor([0.5, -1, 2]) + b"".join(map(whole, (2, 1, 1, 2, 2, 0, 0)))


def test_layers_come_in_order_with_their_sizes_and_values() -> None:
    pool = name(Kind.MAX_POOL) + b"".join(map(whole, (3, 3, 2, 2, 0, 0)))
    linear = name(Kind.LINEAR) + whole(128) + whole(300) + tensor([7.0])
    found = read_layers(b"\x01\x02" + HEAD + CONVOLUTION + name(Kind.RELU) + pool + linear)
    assert [layer.kind for layer in found] == [
        Kind.INPUT, Kind.CONVOLUTION, Kind.RELU, Kind.MAX_POOL, Kind.LINEAR
    ]  # fmt: skip
    assert found[0].sizes == pytest.approx((122.782, 117.001, 104.298), abs=1e-4)
    assert found[1].sizes == (2, 1, 1, 2, 2, 0, 0)
    np.testing.assert_array_equal(found[1].values, np.array([0.5, -1, 2], np.float32))
    assert found[3].sizes == (3, 3, 2, 2, 0, 0)
    assert found[4].sizes == (128, 300) and found[4].values.tolist() == [7.0]


def test_a_name_within_a_layers_floats_is_no_layer() -> None:
    text = name(Kind.RELU)
    floats = struct.unpack("<2f", text.ljust(8, b"\0"))
    found = read_layers(name(Kind.AFFINE) + tensor(list(floats)))
    assert [layer.kind for layer in found] == [Kind.AFFINE]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no layer's name"),
        (b"hello" * 9, "no layer's name"),
        (HEAD + CONVOLUTION[:20], "cut short"),
        (name(Kind.AFFINE) + whole(3), "a tensor of version 3"),
        (name(Kind.AFFINE) + b"\x70", "no integer"),
        (name(Kind.AFFINE), "cut short"),
    ],
)
def test_what_is_no_such_file_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        read_layers(data)
