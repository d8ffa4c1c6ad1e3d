"""Bit rates as people write them."""

from engines.errors import UnderstudyError


def parse_bitrate(text: str) -> int:
    """Bits a second from `2500000`, `2500k`, `4M`. Raises UnderstudyError."""
    scale = {"k": 1_000, "m": 1_000_000}.get(text[-1:].lower(), 1)
    number = text[:-1] if scale > 1 else text
    try:
        rate = float(number) * scale
    except ValueError:
        rate = 0.0
    if not 1 <= rate < 1e12:
        raise UnderstudyError(f"--bitrate {text!r} is no rate; write bits a second (2500000), or 2500k, or 4M")
    return round(rate)
