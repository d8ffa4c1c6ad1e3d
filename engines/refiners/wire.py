"""Arrays over a pipe, between us and a refiner's program. Knows bytes; nothing of what the arrays mean.

A message is a length, a line of JSON that declares its arrays, and their bytes. Nothing is ever unpickled. Imports
numpy alone, so that a program in another environment can use it.
"""

import json
import math
import os
import struct
import sys
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

Arrays = dict[str, npt.NDArray[Any]]
Answer = Callable[[dict[str, Any], Arrays], Arrays]
KINDS = ("uint8", "int64", "float32")
MAGIC = b"und1"
HEAD = 1 << 16  # bytes of JSON at most
MOST = 1 << 30  # bytes of arrays at most


class WireError(Exception):
    """The other side says something that is no message."""


def send(pipe: BinaryIO, note: Mapping[str, object], arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """note: anything that JSON holds."""
    declared = [{"name": n, "kind": a.dtype.name, "shape": list(a.shape)} for n, a in arrays.items()]
    head = json.dumps({"note": note, "arrays": declared}).encode()
    _check(declared, len(head))
    pipe.write(MAGIC + struct.pack("<I", len(head)) + head)
    for a in arrays.values():
        pipe.write(a.tobytes())
    pipe.flush()


def receive(pipe: BinaryIO) -> tuple[dict[str, Any], Arrays] | None:
    """note and arrays; None where the other side has closed. Raises WireError."""
    start = pipe.read(8)
    if not start:
        return None
    if len(start) < 8 or start[:4] != MAGIC:
        raise WireError("what came is no message")
    (length,) = struct.unpack("<I", start[4:])
    if length > HEAD:
        raise WireError(f"a message declares a head of {length} bytes")
    told = json.loads(_exactly(pipe, length))
    _check(told["arrays"], length)
    arrays: Arrays = {}
    for one in told["arrays"]:
        kind = np.dtype(one["kind"])
        data = _exactly(pipe, math.prod(one["shape"]) * kind.itemsize)
        arrays[one["name"]] = np.frombuffer(data, kind).reshape(one["shape"])
    return told["note"], arrays


def serve(prepare: Callable[[], Answer]) -> None:
    """A program's whole life: it prepares (loads its weights), says that it is ready, then answers one message after
    another until the input ends. What else it prints goes to standard error. An exception in answering is told as the
    note's `error`, and the program goes on; one in preparing ends it."""
    with os.fdopen(os.dup(0), "rb") as pipe_in, os.fdopen(os.dup(1), "wb") as pipe_out:
        os.dup2(2, 1)  # libraries print
        sys.stdout = sys.stderr
        answer = prepare()
        send(pipe_out, {"ready": True}, {})
        while (message := receive(pipe_in)) is not None:
            try:
                note, arrays = {}, answer(*message)
            except Exception as error:
                note, arrays = {"error": f"{type(error).__name__}: {error}"}, {}
            send(pipe_out, note, arrays)


def _check(declared: list[dict[str, Any]], head: int) -> None:
    sizes = [math.prod(one["shape"]) * np.dtype(one["kind"]).itemsize for one in declared if one["kind"] in KINDS]
    if len(sizes) < len(declared) or min(sizes, default=0) < 0 or sum(sizes) > MOST or head > HEAD:
        raise WireError(f"a message of {sum(sizes)} bytes, or of arrays that are none of {', '.join(KINDS)}")


def _exactly(pipe: BinaryIO, count: int) -> bytes:
    data = pipe.read(count)
    if len(data) < count:
        raise WireError(f"a message ended {count - len(data)} bytes early")
    return data
