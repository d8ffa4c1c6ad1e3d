"""ICC profiles made by hand (ICC.1:2001-04), whose colours are known: Display P3, a grey one, one of printing inks."""

import struct

import numpy as np

from engines.values import U8

# Display P3 to CIE XYZ of D50, a column for each of red, green and blue.
P3 = np.array([[0.515121, 0.291977, 0.157104], [0.241196, 0.692245, 0.066574], [-0.001053, 0.041885, 0.784073]])
SRGB = np.array([[0.436066, 0.385147, 0.143066], [0.222488, 0.716873, 0.060608], [0.013916, 0.097076, 0.714096]])
WHITE = (0.9642, 1.0, 0.8249)
INKS = {(0, 0, 0, 0): (100, 0, 0), (1, 0, 0, 0): (55, -37, -50)}  # paper and full cyan, in Lab


def light(
    samples: "U8 | np.ndarray[tuple[int, ...], np.dtype[np.float64]]",
) -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    """sRGB's transfer undone; 0 to 1."""
    u = np.asarray(samples, np.float64) / 255
    return np.where(u <= 0.04045, u / 12.92, ((u + 0.055) / 1.055) ** 2.4)


def p3_as_srgb(samples: U8) -> U8:
    """uint8 (..., 3) Display P3 in sRGB, by its definition."""
    linear = np.clip(light(samples) @ (np.linalg.inv(SRGB) @ P3).T, 0, 1)
    encoded = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(encoded * 255), np.uint8)


def display_p3() -> bytes:
    curve = b"para" + struct.pack(">IHH", 0, 3, 0)
    curve += b"".join(_fixed(v) for v in (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045))
    tags = {f"{name}XYZ".encode(): _xyz(P3[:, i]) for i, name in enumerate("rgb")}
    tags |= {f"{name}TRC".encode(): curve for name in "rgb"}
    return _profile(b"mntr", b"RGB ", b"XYZ ", tags)


def grey() -> bytes:
    """Samples are light itself."""
    return _profile(b"mntr", b"GRAY", b"XYZ ", {b"kTRC": b"curv" + struct.pack(">II", 0, 0)})


def inks() -> bytes:
    """Paper is white, full cyan is `INKS`'s, and with it black or any other ink there is no light."""
    straight = bytes(range(256))
    table = b""
    for cell in np.ndindex(2, 2, 2, 2):
        lab = INKS.get((cell[0], cell[1], cell[2], cell[3]), (0, 0, 0))
        table += bytes([round(lab[0] * 2.55), lab[1] + 128, lab[2] + 128])
    unit = b"".join(_fixed(v) for v in np.eye(3).ravel())
    lut = b"mft1" + struct.pack(">IBBBB", 0, 4, 3, 2, 0) + unit + straight * 4 + table + straight * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", {b"A2B0": lut, b"A2B1": lut})


def _profile(kind: bytes, space: bytes, between: bytes, tags: dict[bytes, bytes]) -> bytes:
    text = b"desc" + struct.pack(">II", 0, 5) + b"made\0" + b"\0" * 78
    tags = {b"desc": text, b"cprt": b"text\0\0\0\0none\0", b"wtpt": _xyz(WHITE), **tags}
    head, body = b"", b""
    at = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        head += name + struct.pack(">II", at + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    size = at + len(body)
    header = struct.pack(">I4sI4s4s4s", size, b"\0" * 4, 0x02400000, kind, space, between)
    header += struct.pack(">6H", 2026, 11, 30, 0, 0, 0) + b"acsp" + b"\0" * 28 + b"".join(_fixed(v) for v in WHITE)
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + head + body


def _xyz(values: "object") -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(_fixed(v) for v in np.asarray(values, float))


def _fixed(value: float) -> bytes:
    return struct.pack(">i", round(value * 65536))
