"""AMF0: the values in RTMP's commands, read and written. Pure. Knows only what publishers send and are sent."""

import struct
from typing import Any

DEPTH = 8  # of objects within objects; nobody honest goes deeper


def pack(*values: Any) -> bytes:
    """Numbers, truth values, texts, None, and dicts of them."""
    return b"".join(_packed(value) for value in values)


def _packed(value: Any) -> bytes:
    if value is None:
        return b"\x05"
    if isinstance(value, bool):
        return bytes((1, value))
    if isinstance(value, int | float):
        return b"\x00" + struct.pack(">d", value)
    if isinstance(value, str):
        return b"\x02" + _name(value)
    if isinstance(value, dict):
        return b"\x03" + b"".join(_name(k) + _packed(v) for k, v in value.items()) + b"\x00\x00\x09"
    raise TypeError(f"{type(value).__name__} has no place in a command")


def _name(text: str) -> bytes:
    data = text.encode()
    return struct.pack(">H", len(data)) + data


def unpack(data: bytes) -> list[Any]:
    """All values of a message. Raises ValueError where it is damaged or holds what no command holds."""
    out, at = [], 0
    try:
        while at < len(data):
            value, at = _value(data, at, 0)
            out.append(value)
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise ValueError(f"damaged AMF0: {error}") from error
    return out


def _value(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    if depth > DEPTH:
        raise ValueError("AMF0 nested too deep")
    kind, at = data[at], at + 1
    if kind == 0:
        return struct.unpack_from(">d", data, at)[0], at + 8
    if kind == 1:
        return bool(data[at]), at + 1
    if kind == 2:
        return _text(data, at)
    if kind in (3, 8):
        return _object(data, at + 4 if kind == 8 else at, depth)  # 8: an object that tells its length first
    if kind in (5, 6):
        return None, at
    raise ValueError(f"AMF0 type {kind} is not for commands")


def _text(data: bytes, at: int) -> tuple[str, int]:
    (length,) = struct.unpack_from(">H", data, at)
    end = at + 2 + length
    if end > len(data):
        raise ValueError("AMF0 text cut short")
    return data[at + 2 : end].decode(), end


def _object(data: bytes, at: int, depth: int) -> tuple[dict[str, Any], int]:
    out: dict[str, Any] = {}
    while data[at : at + 3] != b"\x00\x00\x09":
        name, at = _text(data, at)
        out[name], at = _value(data, at, depth + 1)
    return out, at + 3
