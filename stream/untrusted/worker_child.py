"""What runs inside the decoding process. It limits itself before it reads a byte, and answers on standard output:
one line of JSON, then pixels. Its standard input is the upload.
"""

import json
import os
import sys
from typing import Any

from stream.untrusted.limits import limit


def main() -> None:
    what, kind, text = sys.argv[1:4]
    bounds: dict[str, int] = json.loads(text)
    decode = {"image": _image}[what]
    _load()  # first: libraries need files and address space that the data must not have
    limit(bounds["memory"], bounds["seconds"], files=3)
    try:
        told, pixels = decode(kind, bounds)
    except ValueError as error:
        told, pixels = {"error": str(error)}, b""
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + pixels)
    sys.stdout.buffer.flush()
    os._exit(0)  # codecs' own clean-up is none of our business


def _load() -> None:
    """Everything that decoding will import. PyAV imports parts of itself only when a stream of their kind is met."""
    import importlib
    import pkgutil

    import av
    import cv2

    for module in pkgutil.walk_packages(av.__path__, "av."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    cv2.setNumThreads(1)
    picture = cv2.imencode(".png", _grey())[1]
    cv2.imdecode(picture, cv2.IMREAD_COLOR)
    _declared(picture.tobytes(), 1 << 10)
    _as_srgb(_grey(), picture.tobytes())


def _grey() -> Any:
    import numpy as np

    return np.full((16, 16, 3), 128, np.uint8)


def _image(kind: str, bounds: dict[str, int]) -> tuple[dict[str, Any], bytes]:
    import cv2
    import numpy as np

    # OpenCV reads the size from the header before it allocates, and refuses more than this.
    data = np.frombuffer(sys.stdin.buffer.read(), np.uint8)
    _declared(data.tobytes(), bounds["pixels"])
    try:
        image = cv2.imdecode(data, cv2.IMREAD_COLOR)
    except (cv2.error, MemoryError) as error:
        raise ValueError("the picture is damaged or too large and cannot be read; send another") from error
    if image is None:
        raise ValueError("the picture is damaged and cannot be read; send another")
    scale = bounds["side"] / max(image.shape[:2])
    if scale < 1:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    rgb = _as_srgb(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), data.tobytes())
    return {"height": rgb.shape[0], "width": rgb.shape[1]}, np.ascontiguousarray(rgb).tobytes()


def _as_srgb(rgb: Any, data: bytes) -> Any:
    """Samples of a picture with an RGB profile, as phones make them, in sRGB; others as they are. data: the file."""
    from stream.stills.colours import read_colours
    from stream.stills.meant import profile_in

    colours = read_colours(profile_in(data))
    return colours.to_srgb(rgb) if colours is not None and colours.space == "RGB" else rgb


def _declared(data: bytes, pixels: int) -> None:
    """Refuses a bomb by what its header says, before anything is unpacked. FFmpeg's parsers read the header alone."""
    import io

    import av

    try:
        with av.open(io.BytesIO(data), metadata_errors="replace") as container:
            first = container.streams.video[0]
            width, height = first.width, first.height
    except (av.error.FFmpegError, IndexError, MemoryError) as error:
        raise ValueError("the picture is damaged and cannot be read; send another") from error
    if width * height > pixels:
        raise ValueError(f"the picture declares {width}x{height} pixels; at most {pixels // 1_000_000} megapixels")
