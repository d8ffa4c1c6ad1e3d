"""Faces as `Together` is asked for them: an even colour at a known place, and an inner painter of an even colour."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from engines.backends.reference import ReferenceEngine
from engines.nets.net import Net
from engines.nets.pasted import Asked
from engines.nets.swapper import Swapper
from engines.protocol import Spec
from engines.store.catalog import load_catalog
from engines.values import F32, Array, Patch, Region

CATALOG = load_catalog()
TEMPLATE = CATALOG.template("arcface_128")


def mesh_at(template: F32, side: float, x: float, y: float) -> F32:
    """A mesh whose five points stand as the template's, in a face of `side` at (x, y)."""
    mesh = np.zeros((468, 3), np.float32)
    places = template * np.float32(side) + np.array([x, y], np.float32)
    for indices, place in zip(((33, 133, 159, 145), (362, 263, 386, 374), (1, 4), (61,), (291,)), places, strict=True):
        mesh[list(indices), :2] = place
    return mesh


def points(name: str = "arcface_128") -> F32:
    return np.asarray(CATALOG.template(name).points, np.float32)


def asked(side: float = 150, x: float = 400, y: float = 300, rgb: tuple[int, int, int] = (200, 100, 50)) -> Asked:
    """A face of an even colour, in a view of 320 x 300 whose corner lies at (330, 250)."""
    return Asked(Region(330, 250, np.full((300, 320, 3), rgb, np.uint8)), mesh_at(points(), side, x, y))


def one(laid: list[Patch | None]) -> Patch:
    [patch] = laid
    assert patch is not None
    return patch


def even(level: float) -> Callable[[Sequence[Asked]], list[Patch | None]]:
    """Paints (10, 20, 30) over the whole view with this alpha."""

    def paint(faces: Sequence[Asked]) -> list[Patch | None]:
        shape = faces[0].view.rgb.shape[:2]
        rgb = np.full((*shape, 3), (10, 20, 30), np.uint8)
        return [Patch(f.view.x, f.view.y, rgb, np.full(shape, level * f.fade, np.float32)) for f in faces]

    return paint


EMAP = np.eye(512, dtype=np.float32)
Function = Callable[[Mapping[str, Array]], Mapping[str, Array]]


def swapper(name: str, function: Function) -> Swapper:
    """A catalogued swapper of pictures whose network is `function`."""
    model = CATALOG.model(name)
    inputs = {t.name: Spec((-1, *t.shape[1:]), "float32") for t in model.inputs}
    outputs = {t.name or "output": Spec((-1, *t.shape[1:]), "float32") for t in model.outputs}
    return Swapper(Net(model, ReferenceEngine(inputs, outputs, function)), emap=EMAP)


def negative(feeds: Mapping[str, Array]) -> Mapping[str, Array]:
    return {"output": 1 - np.asarray(feeds["target"], np.float32)}


SOURCE = np.eye(1, 512, dtype=np.float32)
