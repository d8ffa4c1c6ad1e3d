"""The demo's faces and its clip: a portrait before a moving camera, with sound.

The faces are portraits in the public domain that well-kept packages carry as sample data: Eileen Collins (scikit-image)
and Rear Admiral Grace Hopper (matplotlib), both by US government photographers.
"""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from engines.errors import UnderstudyError
from engines.extras import install
from engines.values import F32, U8

SOUND = 48_000  # samples a second
CHORD = (220.0, 277.18, 329.63, 440.0)  # A major, Hz


class DemoError(UnderstudyError):
    """The demonstration cannot be made."""


def portraits() -> tuple[U8, U8]:
    """The source and the target portrait, uint8 (h, w, 3), RGB. Raises DemoError where the packages are missing."""
    try:
        import matplotlib
        import skimage.data
    except ImportError as error:
        raise DemoError(
            f"the demo's portraits come with packages that are not here ({error}); "
            f"give --source and --target, or install them: {install('demo')}"
        ) from error
    hopper = cv2.imread(str(Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"))
    if hopper is None:
        raise DemoError("this matplotlib comes without its sample data; give --source and --target")
    return np.asarray(skimage.data.astronaut(), np.uint8), np.asarray(hopper[..., ::-1], np.uint8)


def path_of(t: float, portrait: tuple[int, int], size: tuple[int, int]) -> F32:
    """Where the virtual camera looks at second t: float32 (3, 3), from the portrait's pixels to the picture's.

    portrait, size: width, height. A slow zoom, a pan, a turn of the head's plane and a sway in perspective; smooth, and
    never still, so that a frozen or repeated frame would show.
    """
    w, h = portrait
    tau = 2 * np.pi * t
    zoom = size[0] / w * (1.10 + 0.03 * np.sin(tau / 5.3))
    turn = np.deg2rad(2.5) * np.sin(tau / 4.1 + 0.4)
    sway = 0.10 * np.sin(tau / 3.1), 0.08 * np.sin(tau / 3.9 + 1.0)  # slopes of the portrait's plane towards the camera
    centre = w * (0.50 - 0.01 * np.sin(tau / 4.7)), h * (0.32 + 0.01 * np.sin(tau / 3.3))
    away = np.array([[1, 0, -centre[0]], [0, 1, -centre[1]], [0, 0, 1]])
    c, s = zoom * np.cos(turn), zoom * np.sin(turn)
    plane = np.array([[c, -s, 0], [s, c, 0], [sway[0] / w, sway[1] / h, 1]])
    back = np.array([[1, 0, size[0] / 2], [0, 1, size[1] * 0.46], [0, 0, 1]])
    return np.asarray(back @ plane @ away, np.float32)


def pictures(portrait: U8, seconds: float, size: tuple[int, int], rate: int, seed: int) -> Iterator[U8]:
    """The clip's frames, uint8 (height, width, 3), RGB: the portrait through the camera, with its noise."""
    rng = np.random.default_rng(seed)
    h, w = portrait.shape[:2]
    # a plane of noise, cut at another place for every frame, costs a tenth of new noise
    plane = np.rint(rng.normal(0, 2.0, (size[1] + 64, size[0] + 64, 3))).astype(np.int16)
    for i in range(round(seconds * rate)):
        view = path_of(i / rate, (w, h), size)
        picture = cv2.warpPerspective(portrait, view, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
        picture = cv2.convertScaleAbs(
            picture, alpha=1 + 0.03 * np.sin(2 * np.pi * i / rate / 2.7)
        )  # the light breathes
        y, x = rng.integers(0, 64, 2)
        yield np.asarray(cv2.add(picture, plane[y : y + size[1], x : x + size[0]], dtype=cv2.CV_8U), np.uint8)


def sound(seconds: float) -> F32:
    """A chord that swells and fades: float32 (1, samples), -1 to 1."""
    t = np.arange(round(seconds * SOUND), dtype=np.float32) / SOUND
    voices = [np.sin(2 * np.pi * f * t) * (1 + 0.4 * np.sin(2 * np.pi * t / (3 + i))) for i, f in enumerate(CHORD)]
    edge = np.clip(np.minimum(t, seconds - t) / 0.5, 0, 1)
    return np.asarray((0.08 * edge * np.sum(voices, 0))[None], np.float32)


def make_clip(
    portrait: U8,
    path: Path,
    seconds: float = 6,
    size: tuple[int, int] = (1280, 720),
    rate: int = 30,
    seed: int = 0,
) -> Path:
    """A clip (mp4, H.264 and AAC) of a portrait, uint8 (h, w, 3), RGB, before a moving camera. size: width, height."""
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=rate, options={"preset": "veryfast", "crf": "20"})
        video.width, video.height = size
        video.pix_fmt = "yuv420p"
        context = video.codec_context
        context.colorspace, context.color_range = 1, 1  # BT.709, limited
        audio = out.add_stream("aac", rate=SOUND, layout="mono")
        for i, picture in enumerate(pictures(portrait, seconds, size, rate, seed)):
            frame = av.VideoFrame.from_ndarray(picture, "rgb24").reformat(
                format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG"
            )
            frame.pts, frame.time_base = i, Fraction(1, rate)
            out.mux(video.encode(frame))
        samples = sound(seconds)
        for start in range(0, samples.shape[1], 1024):
            piece = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[:, start : start + 1024]), "fltp", "mono")
            piece.sample_rate, piece.pts, piece.time_base = SOUND, start, Fraction(1, SOUND)
            out.mux(audio.encode(piece))
        out.mux(video.encode(None))
        out.mux(audio.encode(None))
    return path
