"""The target's light on the source's skin.

The target's low-pass gives light and skin tone; the source keeps its detail, scaled with the light: dark and bright
detail differently, since the highlights of a matt photo do not brighten as its shadows deepen. Fields live on a coarse
grid; only what has detail is touched at full size.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from engines.mesh import warp
from engines.mesh.shape import smoothstep
from engines.values import F32

SIGMA = 0.3  # of the low-pass, in face widths: smaller ones copy the target's brows and lose identity
DARK, BRIGHT = 0.9, 0.2  # exponents of the light ratio on dark and on bright detail, where the light is stronger

HAIR = 0.3, 0.65  # how much darker than the skin around hair begins to be, and is certain
PALER, DEEPER = 0.1, 0.35  # from what gain of dark detail hair is darkened more, and by how much of that

REACH = 1.0  # centimetres from the edge where the target's tone is read
FADE = 0.7  # centimetres over which it is given
HUE, BRIGHTNESS = 0.5, 0.15  # how much of the target's lips is taken over
RIM = 0.06  # sigma of its smoothing, in face widths
UNLIKE = 40.0  # levels of colour distance at which a pixel hardly counts as skin

SMOOTH = 4.5  # sigma in pixels that a low-pass keeps when it is worked out smaller
_THIRDS, _ONES = np.full((1, 3), 1 / 3, np.float32), np.ones((1, 3), np.float32)


@dataclass(frozen=True, slots=True)
class LowPass:
    """Normalised convolution with one weight (h, w): the weighted mean around each pixel; sigma in pixels. What is that
    smooth is worked out smaller: `small` is the size of `total`."""

    weight: F32
    sigma: float
    total: F32

    @classmethod
    def over(cls, weight: F32, sigma: float) -> "LowPass":
        times = max(1, int(sigma / SMOOTH))
        small = (max(1, weight.shape[0] // times), max(1, weight.shape[1] // times))
        return cls(weight, sigma / times, blur(warp.shrink(weight, small), sigma / times) + np.float32(1e-4))

    def __call__(self, image: F32) -> F32:
        """image: float32 (h, w, 3)."""
        mass = warp.shrink(scaled(image, self.weight), (self.total.shape[0], self.total.shape[1]))
        mean = np.asarray(cv2.divide(blur(mass, self.sigma), _thrice(self.total)), np.float32)
        return warp.enlarge(mean, (image.shape[0], image.shape[1]))


def scaled(image: F32, weight: F32) -> F32:
    """image (h, w, 3) times weight (h, w)."""
    # numpy would walk through a million runs of three values: four times as long
    return np.asarray(cv2.multiply(image, _thrice(weight)), np.float32)


def _thrice(plane: F32) -> F32:
    return np.asarray(cv2.cvtColor(plane, cv2.COLOR_GRAY2RGB), np.float32)


def grey(image: F32) -> F32:
    """The mean (h, w) of three channels."""
    return np.asarray(cv2.transform(image, _THIRDS), np.float32)


def square(image: F32) -> F32:
    """The squared length (h, w) of three channels."""
    return np.asarray(cv2.transform(cv2.multiply(image, image), _ONES), np.float32)


def broad(image: F32, weight: F32, sigmas: tuple[float, ...], times: int = 4) -> list[tuple[F32, F32]]:
    """`LowPass` with wide sigmas (pixels, many times `times`) over a large picture (h, w, c), worked out and given
    `times` smaller, 16 times as fast: per sigma the mean (h', w', c) and the weight it stands on (h', w')."""
    size = (max(1, image.shape[0] // times), max(1, image.shape[1] // times))
    mass, share = warp.shrink(np.asarray(image * weight[..., None], np.float32), size), warp.shrink(weight, size)
    totals = [np.asarray(blur(share, s / times) + np.float32(1e-4), np.float32) for s in sigmas]
    return [(blur(mass, s / times) / t[..., None], t) for s, t in zip(sigmas, totals, strict=True)]


def blur(image: F32, sigma: float) -> F32:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE), np.float32)


def gains(target: F32, source: F32) -> tuple[F32, F32]:
    """What becomes of the source's detail, from the low-passes of both, float32 (h, w, 3) each, 0 to 255: the gains of
    dark and of bright detail, (h, w, 3) each. Per channel: one gain for all three costs .01 of identity."""
    ratio = target / np.maximum(source, 2.0)
    over = np.maximum(ratio, 1.0)
    dark = np.where(ratio > 1, over**DARK, ratio)
    bright = np.where(ratio > 1, over**BRIGHT, ratio)
    return np.asarray(dark, np.float32), np.asarray(bright, np.float32)


def detail(source: F32, low: F32, dark: F32, bright: F32, lit: F32) -> F32:
    """The source's detail in the target's light, float32 (h, w, 3): signed, to be added to the target's low-pass.

    source: warped pixels, 0 to 255. low: its low-pass, dark, bright: `gains`, lit: the target's low-pass, at its size.
    """
    own = np.asarray(cv2.subtract(source, low), np.float32)
    bright_side = np.asarray(cv2.threshold(own, 0, 1, cv2.THRESH_BINARY)[1], np.float32)
    # one side and the step to the other: a choice pixel by pixel takes ten times as long
    gain = dark * hairy(own, low, dark) if float(dark.max()) > 1 + PALER else dark
    own *= gain + bright_side * (bright - gain)
    room = (lit - np.float32(4)) + bright_side * (np.float32(254) - lit - lit)
    room = cv2.threshold(room - np.float32(8), 0, 0, cv2.THRESH_TOZERO)[1] + np.float32(8)  # at least 8
    # a soft knee, room * tanh(x / room), by a rational function
    ratio = cv2.divide(own, room)
    ratio = cv2.threshold(cv2.multiply(ratio, ratio), 9, 0, cv2.THRESH_TRUNC)[1]
    own *= cv2.divide(ratio + np.float32(27), ratio * np.float32(9) + np.float32(27))
    return own


def hairy(own: F32, low: F32, dark: F32) -> F32:
    """By how much more brows and lashes are darkened than skin, float32 (h, w, 3): black hair stays black on the palest
    skin, where skin's own gain would leave it grey. own: detail, low, dark: as in `detail`."""
    depth = np.asarray(cv2.divide(grey(own), grey(low), scale=-1), np.float32)
    share = smoothstep((depth - np.float32(HAIR[0])) * np.float32(1 / (HAIR[1] - HAIR[0])))
    more = np.clip((dark - np.float32(1 + PALER)) * np.float32(DEEPER), 0, np.float32(1.5))
    return scaled(more, share) + np.float32(1)


def rim(own: F32, painted: F32, base: F32, edge: F32, seen: F32, sigma: float) -> F32:
    """What the painted skin lacks of the target's own tone near the face's edge, float32 (h, w, 3), to be added.

    own, painted, base: the target, the painting and the low-pass light. edge: centimetres to the edge; seen: 1 where
    the face is. Pixels unlike the low-pass are hair or background and say nothing. sigma: of the smoothing, in pixels.
    """
    skin = np.exp(square(own - base) * np.float32(-1 / UNLIKE**2))
    weight = np.exp(-((edge / REACH) ** 2)) * skin * (edge > 0.05) * seen
    rest = LowPass.over(np.asarray(weight, np.float32), sigma)(own - painted)
    return scaled(rest, np.exp(-edge / np.float32(FADE)))


def tint(own: F32, painted: F32, lips: F32, sigma: float) -> F32:
    """What brings the lips nearer to the target's in colour, float32 (h, w, 3), to be added: lips of another skin turn
    ashen in strange light. Hue more than brightness, which is the source's. lips: (h, w), 0 to 1; sigma: pixels."""
    rest = blur(own - painted, sigma)
    hue = rest * np.float32(HUE) + _thrice(grey(rest) * np.float32(BRIGHTNESS - HUE))
    return scaled(hue, lips)


def grid(width: float, size: tuple[int, int], cells: float = 36.0) -> tuple[int, int]:
    """Height and width of the coarse grid that low-passes of a region run on: `cells` across a face."""
    step = 2 * max(1.0, width / cells)
    return max(4, 2 * round(size[0] / step)), max(4, 2 * round(size[1] / step))  # even: quickly halved


def fit(field: F32, size: tuple[int, int]) -> F32:
    """A field brought to another size, averaging where it shrinks."""
    return warp.shrink(field, size) if field.shape[0] > size[0] else warp.enlarge(field, size)
