"""An ICC profile in a finished TIFF: OpenCV writes none. Knows a TIFF's directory of tags (TIFF 6.0)."""

import struct

_PROFILE, _BYTES = 34675, 7  # the tag of a profile (ICC.1 B.4), and its type


def with_profile(data: bytes, profile: bytes) -> bytes:
    """data: a TIFF of one picture. The profile and a new directory are laid behind it. Anything else comes back as it
    was."""
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None or data[2:4] != struct.pack(order + "H", 42):
        return data
    try:
        (first,) = struct.unpack_from(order + "I", data, 4)
        (count,) = struct.unpack_from(order + "H", data, first)
        entries = [data[at : at + 12] for at in range(first + 2, first + 2 + 12 * count, 12)]
        (following,) = struct.unpack_from(order + "I", data, first + 2 + 12 * count)
    except struct.error:
        return data
    whole = data + b"\0" * (len(data) % 2)
    entry = struct.pack(order + "HHII", _PROFILE, _BYTES, len(profile), len(whole))
    whole += profile + b"\0" * (len(profile) % 2)
    kept = [one for one in entries if struct.unpack_from(order + "H", one)[0] != _PROFILE]
    tags = sorted([*kept, entry], key=lambda one: int(struct.unpack_from(order + "H", one)[0]))
    directory = struct.pack(order + "H", len(tags)) + b"".join(tags) + struct.pack(order + "I", following)
    return whole[:4] + struct.pack(order + "I", len(whole)) + whole[8:] + directory
