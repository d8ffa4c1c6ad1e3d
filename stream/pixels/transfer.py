"""Transfer: HDR and wide-gamut colours shown as sRGB, and painted sRGB brought back into them.

Knows: PQ and HLG (ITU-R BT.2100), primaries, the reference white of 203 cd/m2 (ITU-R BT.2408). Knows nothing of frames,
matrices or bit depths: what goes in and comes out is R'G'B' as the frame codes it.

Photos and networks speak sRGB. White of sRGB stands for reference white, whatever the frame's own; what is brighter is
shown as bright as sRGB goes, in its own hue, and the factor that this costs is given back to whatever is painted there
(the gain map of ISO 21496-1). So a frame's own pixels keep their light on the way there and back.
"""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from engines.values import F32, U8

U16 = npt.NDArray[np.uint16]
F64 = npt.NDArray[np.float64]

FRACTION = 6  # bits below one of 256 levels, of the levels that go in
_WHITE = 203.0  # cd/m2 of reference white
_PEAK_PQ, _PEAK_HLG = 10_000.0, 1000.0  # cd/m2 of a full signal
_GAMMA_HLG = 1.2  # of the system, on a screen of 1000 cd/m2
_UNIT = float(255 << FRACTION)  # the level of a full signal
_STEPS = 65_535
_STRIP = 30_000  # pixels

# AVColorTransferCharacteristic and AVColorPrimaries numbers
PQ, HLG = 16, 18
_LIKE_SRGB = 0  # any transfer of ordinary video: greys stay as they are
_CHROMATICITIES = {  # x and y of red, green and blue; all with D65 as white
    1: ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060)),  # BT.709
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),  # BT.2020
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),  # Display P3
}
_D65 = (0.3127, 0.3290)
_WIDE = (9, 12)


def pq_to_nits(signal: F64) -> F64:
    """The PQ EOTF of BT.2100: 0 to 1 -> cd/m2."""
    m1, m2, c1, c2, c3 = _PQ
    root = np.power(np.clip(signal, 0, 1), 1 / m2)
    return np.asarray(_PEAK_PQ * np.power(np.maximum(root - c1, 0) / (c2 - c3 * root), 1 / m1))


def nits_to_pq(nits: F64) -> F64:
    """The way back from `pq_to_nits`."""
    m1, m2, c1, c2, c3 = _PQ
    power = np.power(np.clip(nits / _PEAK_PQ, 0, 1), m1)
    return np.asarray(np.power((c1 + c2 * power) / (1 + c3 * power), m2))


def hlg_to_scene(signal: F64) -> F64:
    """The inverse OETF of BT.2100: 0 to 1 -> scene light, 0 to 1."""
    a, b, c = _HLG
    bright = (np.exp((np.maximum(signal, 0.5) - c) / a) + b) / 12
    return np.asarray(np.where(signal <= 0.5, np.square(signal) / 3, bright))


def scene_to_hlg(light: F64) -> F64:
    """The way back from `hlg_to_scene`."""
    a, b, c = _HLG
    bright = a * np.log(np.maximum(12 * light - b, 1e-9)) + c
    return np.asarray(np.where(light <= 1 / 12, np.sqrt(3 * np.maximum(light, 0)), bright))


def srgb_to_light(signal: F64) -> F64:
    """IEC 61966-2-1: 0 to 1 -> light, 0 to 1."""
    return np.asarray(np.where(signal <= 0.04045, signal / 12.92, np.power((signal + 0.055) / 1.055, 2.4)))


def light_to_srgb(light: F64) -> F64:
    """The way back from `srgb_to_light`."""
    power = 1.055 * np.power(np.maximum(light, 0.0031308), 1 / 2.4) - 0.055
    return np.asarray(np.where(light <= 0.0031308, light * 12.92, power))


_PQ = (2610 / 16384, 2523 / 4096 * 128, 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32)
_HLG = (0.17883277, 0.28466892, 0.55991073)


@dataclass(frozen=True, slots=True)
class _Curve:
    """light: float32 (16384,) of every level, 1 for reference white (scene light for HLG). signal: float32 (65536,),
    0 to 255, of the fourth root of light as a share of that of `most`: even steps to the eye."""

    light: F32
    signal: F32
    most: float


class Transfer:
    """One frame's colours as sRGB, and back. Use `transfer_of`, which keeps them."""

    def __init__(self, transfer: int, primaries: int) -> None:
        self._hlg = transfer == HLG
        self._curve = _curve(transfer)
        to_xyz = _to_xyz(primaries)
        self._to_709: F32 = np.asarray(np.linalg.inv(_to_xyz(1)) @ to_xyz, np.float32)
        self._from_709: F32 = np.asarray(np.linalg.inv(to_xyz) @ _to_xyz(1), np.float32)
        self._weights: F32 = np.asarray(to_xyz[1:2], np.float32)  # of luminance

    def shown(self, levels: U16) -> U8:
        """R'G'B' (h, w, 3), uint16 with `FRACTION` bits below one of 256 levels, as uint8 (h, w, 3) sRGB."""
        out: U8 = np.empty(levels.shape, np.uint8)
        for rows in _strips(levels):
            light, gain = self._light(levels[rows])
            share = cv2.divide(light, cv2.merge([gain] * 3), scale=_STEPS)
            np.take(_srgb(), np.clip(share, 0, _STEPS).astype(np.uint16), out=out[rows], mode="clip")
        return out

    def coded(self, rgb: U8, own: U16) -> F32:
        """uint8 (h, w, 3) sRGB as float32 (h, w, 3) R'G'B', 0 to 255. own: the frame's levels there, as `shown` takes
        them: where they are brighter than reference white, what is painted is as much brighter."""
        out: F32 = np.empty(rgb.shape, np.float32)
        for rows in _strips(rgb):
            out[rows] = self._coded(rgb[rows], own[rows])
        return out

    def _coded(self, rgb: U8, own: U16) -> F32:
        _, gain = self._light(own)
        light = np.take(_light_of_srgb(), rgb) * gain[..., None]
        light = np.maximum(cv2.transform(light, self._from_709), 0)
        if self._hlg:
            scene = light * np.float32(_WHITE / _PEAK_HLG)
            luma = np.maximum(cv2.transform(scene, self._weights), np.float32(1e-9))
            light = scene * np.power(luma, np.float32(1 / _GAMMA_HLG - 1)).reshape(*luma.shape[:2], 1)
        root = cv2.sqrt(cv2.sqrt(np.minimum(light * np.float32(1 / self._curve.most), 1)))
        return np.asarray(np.take(self._curve.signal, np.rint(root * _STEPS).astype(np.uint16)), np.float32)

    def _light(self, levels: U16) -> tuple[F32, F32]:
        """Light in BT.709 primaries, float32 (h, w, 3), 1 for reference white; and by how much its brightest channel
        exceeds that, float32 (h, w), at least 1."""
        light = np.take(self._curve.light, np.minimum(levels, np.uint16(len(self._curve.light) - 1)))
        if self._hlg:
            luma = np.maximum(cv2.transform(light, self._weights), np.float32(1e-9))
            gain = np.power(luma, np.float32(_GAMMA_HLG - 1)).reshape(*luma.shape[:2], 1)
            light = light * gain * np.float32(_PEAK_HLG / _WHITE)
        plain = np.asarray(cv2.transform(light, self._to_709), np.float32)
        red, green, blue = cv2.split(plain)  # numpy's max over three takes ten times as long
        return plain, np.maximum(np.asarray(cv2.max(cv2.max(red, green), blue), np.float32), np.float32(1))


def _strips(image: npt.NDArray[np.generic]) -> list[slice]:
    """Rows that are gone through at once: fresh memory for whole pictures would cost more than all the arithmetic."""
    rows = max(1, _STRIP // image.shape[1])
    return [slice(y, y + rows) for y in range(0, image.shape[0], rows)]


def shares(transfer: int) -> F32 | None:
    """float32 (256,): what share of an 8-bit level of limited-range luma looks in this transfer as a whole level does
    in sRGB of the same light, at most 1; above reference white as there. None for ordinary video: all of it."""
    if transfer not in (PQ, HLG):
        return None
    srgb = np.linspace(0, 1, 4096)
    light = srgb_to_light(srgb)
    if transfer == PQ:
        signal = nits_to_pq(light * _WHITE)
    else:
        signal = scene_to_hlg(np.power(light * _WHITE / _PEAK_HLG, 1 / _GAMMA_HLG))
    levels = np.clip((np.arange(256) - 16) / 219, 0, 1)
    return np.minimum(np.interp(levels, signal, np.gradient(signal, srgb)), 1).astype(np.float32)


def as_srgb(levels: F32, transfer: int) -> F32:
    """Luma of PQ or HLG, 0 to 255 full range, as sRGB luma of the same light, 0 to 255; ordinary luma as it is."""
    if transfer not in (PQ, HLG):
        return levels
    curve = _curve(transfer).light.astype(np.float64)
    light = curve if transfer == PQ else np.power(curve, _GAMMA_HLG) * (_PEAK_HLG / _WHITE)
    index = np.clip(np.rint(levels * (1 << FRACTION)), 0, len(light) - 1).astype(np.uint16)
    return np.take((light_to_srgb(np.minimum(light, 1)) * 255).astype(np.float32), index)


def transfer_of(transfer: int, primaries: int) -> Transfer | None:
    """transfer, primaries: a frame's tags, by FFmpeg's numbers. None for ordinary video, whose R'G'B' is taken as sRGB
    itself."""
    if transfer in (PQ, HLG):
        return _kept(transfer, primaries if primaries in _CHROMATICITIES else 9)
    return _kept(_LIKE_SRGB, primaries) if primaries in _WIDE else None


@cache
def _kept(transfer: int, primaries: int) -> Transfer:
    return Transfer(transfer, primaries)


@cache
def _curve(transfer: int) -> _Curve:
    signal = np.arange(256 << FRACTION) / _UNIT
    fourth = np.power(np.arange(_STEPS + 1) / _STEPS, 4)
    if transfer == PQ:
        light, most = pq_to_nits(signal) / _WHITE, _PEAK_PQ / _WHITE
        back = nits_to_pq(fourth * _PEAK_PQ)
    elif transfer == HLG:
        light, most = hlg_to_scene(signal), 1.0
        back = scene_to_hlg(fourth)
    else:
        light, most = srgb_to_light(signal), 1.0
        back = light_to_srgb(fourth)
    return _Curve(light.astype(np.float32), (back * 255).astype(np.float32), most)


@cache
def _srgb() -> U8:
    return np.rint(light_to_srgb(np.arange(_STEPS + 1) / _STEPS) * 255).astype(np.uint8)


@cache
def _light_of_srgb() -> F32:
    return srgb_to_light(np.arange(256) / 255).astype(np.float32)


def _to_xyz(primaries: int) -> F64:
    """(3, 3): linear RGB to XYZ, after SMPTE RP 177."""
    corners = np.array([[x / y, 1, (1 - x - y) / y] for x, y in _CHROMATICITIES[primaries]]).T
    x, y = _D65
    white = np.array([x / y, 1, (1 - x - y) / y])
    return np.asarray(corners * np.linalg.solve(corners, white))
