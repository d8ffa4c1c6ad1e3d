"""Arrays over a pipe: what goes in comes out, and what is no message is refused."""

import io
import json
import os
import struct
from typing import Any

import numpy as np
import pytest

from engines.refiners import wire
from engines.refiners.wire import MAGIC, WireError, receive, send


def through(note: dict[str, Any], arrays: wire.Arrays) -> tuple[dict[str, Any], wire.Arrays]:
    pipe = io.BytesIO()
    send(pipe, note, arrays)
    pipe.seek(0)
    found = receive(pipe)
    assert found is not None
    assert receive(pipe) is None, "nothing is left over"
    return found


def test_what_goes_in_comes_out() -> None:
    rng = np.random.default_rng(0)
    given: wire.Arrays = {
        "picture": rng.integers(0, 255, (5, 7, 3)).astype(np.uint8),
        "depth": rng.normal(size=(2, 3)).astype(np.float32),
        "number": np.array(-7, np.int64),
        "none": np.zeros((0, 4), np.float32),
    }
    note, arrays = through({"steps": 5, "prompt": "Ä face"}, given)
    assert note == {"steps": 5, "prompt": "Ä face"}
    assert list(arrays) == list(given)
    for name, a in given.items():
        assert (arrays[name].dtype, arrays[name].shape) == (a.dtype, a.shape)
        np.testing.assert_array_equal(arrays[name], a)


def test_a_view_of_another_array_is_sent_as_it_looks() -> None:
    whole = np.arange(24, dtype=np.float32).reshape(4, 6)
    np.testing.assert_array_equal(through({}, {"part": whole[::2, ::-1]})[1]["part"], whole[::2, ::-1])


def test_messages_follow_each_other() -> None:
    pipe = io.BytesIO()
    for i in range(3):
        send(pipe, {"i": i}, {"a": np.full(i, i, np.uint8)})
    pipe.seek(0)
    for i in range(3):
        found = receive(pipe)
        assert found is not None
        assert found[0] == {"i": i}
        assert found[1]["a"].tolist() == [i] * i


@pytest.mark.parametrize("kind", ["float64", "object", "U4", "complex64", "bool"])
def test_arrays_of_other_kinds_are_not_sent(kind: str) -> None:
    with pytest.raises(WireError, match="none of uint8, int64, float32"):
        send(io.BytesIO(), {}, {"a": np.zeros(3, kind)})


def test_too_much_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MOST", 100)
    with pytest.raises(WireError, match="101 bytes"):
        send(io.BytesIO(), {}, {"a": np.zeros(101, np.uint8)})
    with pytest.raises(WireError, match=r"a message of 0 bytes"):
        send(io.BytesIO(), {"long": "x" * wire.HEAD}, {})


def message(told: object, data: bytes = b"") -> io.BytesIO:
    head = json.dumps(told).encode()
    return io.BytesIO(MAGIC + struct.pack("<I", len(head)) + head + data)


def declared(kind: str, shape: list[int]) -> dict[str, object]:
    return {"note": {}, "arrays": [{"name": "a", "kind": kind, "shape": shape}]}


@pytest.mark.parametrize(
    ("pipe", "says"),
    [
        (io.BytesIO(b"Loading checkpoint shards: 40%"), "no message"),
        (io.BytesIO(MAGIC), "no message"),
        (io.BytesIO(MAGIC + struct.pack("<I", 1 << 30)), "a head of 1073741824 bytes"),
        (io.BytesIO(MAGIC + struct.pack("<I", 50) + b"{}"), "ended 48 bytes early"),
        (message(declared("uint8", [10]), b"short"), "ended 5 bytes early"),
        (message(declared("object", [1]), b"\x80\x04K\x01."), "none of uint8"),
        (message(declared("float32", [1 << 20, 1 << 20])), "a message of 4398046511104 bytes"),
        (message(declared("uint8", [-5])), "a message of -5 bytes"),
    ],
)
def test_what_is_no_message_is_refused(pipe: io.BytesIO, says: str) -> None:
    with pytest.raises(WireError, match=says):
        receive(pipe)


def test_a_program_answers_until_its_input_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """`serve` on real pipes, in this process."""
    question, answer = os.pipe(), os.pipe()
    kept = [os.dup(n) for n in (0, 1, 2)]
    with os.fdopen(question[1], "wb") as into:
        send(into, {"times": 3}, {"a": np.arange(4, dtype=np.float32)})
        send(into, {"times": "x"}, {"a": np.arange(4, dtype=np.float32)})
    monkeypatch.setattr("sys.stdout", io.StringIO())
    try:
        os.dup2(question[0], 0)
        os.dup2(answer[1], 1)
        wire.serve(lambda: lambda note, arrays: {"b": arrays["a"] * np.float32(int(note["times"]))})
    finally:
        for n, was in enumerate(kept):
            os.dup2(was, n)
            os.close(was)
        os.close(question[0])
        os.close(answer[1])
    with os.fdopen(answer[0], "rb") as out:
        ready, done, failed, end = (receive(out) for _ in range(4))
    assert ready == ({"ready": True}, {})
    assert done is not None and done[0] == {} and done[1]["b"].tolist() == [0, 3, 6, 9]
    assert failed is not None and failed[0]["error"].startswith("ValueError: invalid literal")
    assert end is None
