"""Whether a model fits into this machine's memory. Knows bytes."""

from pathlib import Path

from engines.errors import ModelError

# the file, what the runtime makes of it, and room for activations
FACTOR = 2.2


def available(meminfo: Path = Path("/proc/meminfo")) -> int | None:
    """Bytes that programs may still take without swapping; None where the system does not say."""
    try:
        lines = meminfo.read_text().splitlines()
    except OSError:
        return None
    kilobytes = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return int(kilobytes[0]) * 1024 if kilobytes else None


def refuse_too_big(size: int, free: int | None) -> None:
    """Raises ModelError where a model file of `size` bytes will not fit into `free` ones."""
    if free is not None and size * FACTOR > free:
        raise ModelError(
            f"this model needs about {size * FACTOR / 1e9:.1f} GB of memory and {free / 1e9:.1f} GB are free: "
            "close other programs, or take a smaller model or its fp16 file"
        )
