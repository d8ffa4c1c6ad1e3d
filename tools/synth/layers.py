"""What lies in front of a face at one moment, as layers, and the sheets that such layers are cut from.

The model of the picture: `I = (1 - alpha) rho B(x + warp) + alpha F`, for opaque things (alpha towards 1), veils
(alpha, and F the airlight) and clear ones (rho, warp, and alpha for the specular spots) alike.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

import cv2
import numpy as np

from engines.values import F32, U8


class LayerKind(StrEnum):
    OPAQUE = "opaque"
    VEIL = "veil"
    GLASS = "glass"


@dataclass(frozen=True, slots=True)
class Layers:
    """foreground: float32 (h, w, 3), 0 to 255. alpha: (h, w). rho: (h, w, 3), transmission. warp: (h, w, 2), pixels
    (dx, dy) from where the background is seen. region: (h, w), where the thing is, soft. All float32, 0 to 1 but
    warp."""

    kind: LayerKind
    foreground: F32
    alpha: F32
    rho: F32
    warp: F32
    region: F32

    def over(self, image: F32 | U8) -> F32:
        """The picture (h, w, 3) with the thing in front of it, float32 0 to 255."""
        back = np.asarray(image, np.float32)
        if self.kind is LayerKind.GLASS:
            h, w = self.alpha.shape
            x, y = np.meshgrid(np.arange(w, dtype=np.float32), np.arange(h, dtype=np.float32))
            where = (x + self.warp[..., 0], y + self.warp[..., 1])
            back = self.rho * cv2.remap(back, *where, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        a = self.alpha[..., None]
        return np.clip((1 - a) * back + a * self.foreground, 0, 255).astype(np.float32)

    def map(self, kind: LayerKind) -> F32:
        """float32 (h, w): the label map of one kind: alpha of opaque things and veils, region of clear ones."""
        if kind is not self.kind:
            return np.zeros_like(self.alpha)
        return self.region if kind is LayerKind.GLASS else self.alpha

    def faded(self, amount: float) -> "Layers":
        """Thinner by a factor 0 to 1, as a veil that forms or leaves."""
        return replace(
            self, alpha=(self.alpha * amount).astype(np.float32), region=(self.region * amount).astype(np.float32)
        )


@dataclass(frozen=True, slots=True)
class Sheet:
    """A thing on its own square, to be placed: the same fields as Layers, warp as a share of the sheet's placed
    side."""

    kind: LayerKind
    foreground: F32
    alpha: F32
    rho: F32
    warp: F32
    region: F32

    @property
    def side(self) -> int:
        return int(self.alpha.shape[0])

    def placed(self, matrix: F32, size: tuple[int, int], blur: float = 0.0) -> Layers:
        """Laid into a picture of `size` (h, w) by `matrix` (2, 3), sheet pixels to picture pixels; blur: sigma of
        defocus."""
        scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))

        def lay(a: F32, outside: float = 0.0) -> F32:
            border = (outside,) * 4
            out = cv2.warpAffine(
                a, matrix, size[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=border
            )
            return np.asarray(out if blur <= 0 else cv2.GaussianBlur(out, (0, 0), blur), np.float32)

        # colour travels premultiplied: a soft edge must not pull in what lies beside the thing
        alpha = np.asarray(np.clip(lay(self.alpha), 0, 1), np.float32)
        thick = lay(np.ascontiguousarray(self.foreground * self.alpha[..., None]))
        colour = np.asarray(thick / np.maximum(alpha, 1e-3)[..., None], np.float32)
        region = np.asarray(np.clip(lay(self.region), 0, 1), np.float32)
        if self.kind is not LayerKind.GLASS:
            h, w = size
            return Layers(
                self.kind, colour, alpha, np.ones((h, w, 3), np.float32), np.zeros((h, w, 2), np.float32), region
            )
        turn = (matrix[:, :2] / scale).T  # the displacement turns with the sheet
        warp = lay(np.ascontiguousarray(self.warp * self.region[..., None])) @ turn * (scale * self.side)
        rho = 1 + lay(np.ascontiguousarray((self.rho - 1) * self.region[..., None]))
        return Layers(self.kind, colour, alpha, rho.astype(np.float32), warp.astype(np.float32), region)


def opaque(colour: F32, alpha: F32) -> Sheet:
    """A sheet of something opaque. colour: float32 (s, s, 3), 0 to 255; alpha: float32 (s, s)."""
    side = alpha.shape[0]
    clear = np.ones((side, side, 3), np.float32)
    return Sheet(LayerKind.OPAQUE, colour, alpha, clear, np.zeros((side, side, 2), np.float32), alpha)


def placement(side: int, centre: tuple[float, float], size: float, angle: float, flip: bool = False) -> F32:
    """float32 (2, 3): a sheet of `side` pixels laid with its middle at `centre`, `size` pixels wide, turned by `angle`
    radians (clockwise on screen)."""
    k = size / side
    c, s = k * np.cos(angle), k * np.sin(angle)
    m = np.array([[-c if flip else c, -s], [-s if flip else s, c]], np.float32)
    middle = np.full(2, side / 2 - 0.5, np.float32)
    return np.concatenate([m, (np.asarray(centre, np.float32) - m @ middle)[:, None]], 1).astype(np.float32)
