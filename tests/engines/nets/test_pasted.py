"""Faces cut out, swapped in one call and laid back; cut by masks, gone over by an enhancer. Networks are functions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

from engines.align import five_points, moved, similarity
from engines.backends.reference import ReferenceEngine
from engines.nets.dfm import Dfm
from engines.nets.enhancer import Enhancer
from engines.nets.masked import Masked, onto
from engines.nets.net import Net
from engines.nets.pasted import Asked, Pasted, by_dfm, by_swapper
from engines.nets.sharpened import Sharpened, composed, over
from engines.nets.swapper import Swapper
from engines.protocol import Spec
from engines.store.catalog import load_catalog
from engines.values import F32, U8, Array, Patch, Region

CATALOG = load_catalog()
TEMPLATE = CATALOG.template("arcface_128")
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


SOURCE = np.eye(1, 512, dtype=np.float32)


@pytest.mark.parametrize("boost", [1, 2, 4])
def test_a_swap_is_laid_back_where_the_face_is(boost: int) -> None:
    """The network answers the negative: the face turns it, its surroundings stay."""
    np.testing.assert_allclose(five_points(asked().mesh), points() * 150 + [400, 300], atol=1e-3)
    made = Pasted(by_swapper(swapper("inswapper_128", negative), SOURCE), TEMPLATE, 128 * boost)
    patch = one(made([asked()]))
    assert abs(patch.x - 400) <= 2 and abs(patch.y - 300) <= 2 and abs(patch.rgb.shape[0] - 150) <= 3
    assert np.abs(patch.rgb[75, 75].astype(int) - (55, 155, 205)).max() <= 2
    assert patch.alpha[75, 75] == pytest.approx(1, abs=0.01)
    assert patch.alpha[0].max() < 0.02 and patch.alpha[:, -1].max() < 0.02
    faded = one(made([replace(asked(), fade=0.5)]))
    assert faded.alpha[75, 75] == pytest.approx(0.5, abs=0.01)


def test_a_turned_face_is_turned_back() -> None:
    """Marks beside a tilted face's eyes come back in place through crop, network and paste."""
    place = points() * 200 + 60
    turn = similarity(np.array([[0, 0], [1, 0]], np.float32), np.array([[20, -10], [20.94, -9.66]], np.float32))
    mesh = np.zeros((468, 3), np.float32)
    mesh[:, :2] = moved(mesh_at(points(), 200, 60, 60)[:, :2], turn)
    y, x = np.mgrid[0:320, 0:400]
    eye = moved(place, turn)[1]
    picture = np.zeros((320, 400, 3), np.uint8)
    picture[..., 1] = (255 * np.exp(-((x - eye[0]) ** 2 + (y - eye[1]) ** 2) / 60)).astype(np.uint8)
    same = swapper("inswapper_128", lambda feeds: {"output": feeds["target"]})
    patch = one(Pasted(by_swapper(same, SOURCE), TEMPLATE, 256)([Asked(Region(0, 0, picture), mesh)]))
    under = picture[patch.y : patch.y + patch.rgb.shape[0], patch.x : patch.x + patch.rgb.shape[1]]
    sure = patch.alpha > 0.9
    assert np.abs(patch.rgb[sure].astype(int) - under[sure]).max() < 25
    assert patch.rgb[sure][:, 1].max() > 230


def test_all_faces_of_a_frame_are_one_call_and_each_gets_its_own_person() -> None:
    """The network paints a source's first number as grey. One face lies outside its view."""
    calls: list[int] = []

    def painted(feeds: Mapping[str, Array]) -> Mapping[str, Array]:
        calls.append(len(feeds["target"]))
        level = np.asarray(feeds["source"], np.float32)[:, :1, None, None]
        return {"output": np.broadcast_to(level, np.shape(feeds["target"])).astype(np.float32)}

    people = np.zeros((2, 512), np.float32)
    people[:, 0] = (0.2, 0.8)
    made = Pasted(by_swapper(swapper("inswapper_128", painted), people), TEMPLATE, 128)
    away = replace(asked(), mesh=mesh_at(points(), 150, 4000, 300))
    laid = made([replace(asked(), person=1), away, asked()])
    assert calls == [3]
    first, second, third = laid
    assert first is not None and second is None and third is not None
    assert (first.rgb[75, 75, 0], third.rgb[75, 75, 0]) == (204, 51)
    assert made([]) == [] and calls == [3]


def test_pixel_boost_is_one_call_for_all_tiles_of_all_faces() -> None:
    calls: list[int] = []

    def counted(feeds: Mapping[str, Array]) -> Mapping[str, Array]:
        calls.append(len(feeds["target"]))
        return {"output": feeds["target"]}

    made = Pasted(by_swapper(swapper("inswapper_128", counted), SOURCE), TEMPLATE, 512)
    one(made([asked()]))
    assert calls == [16], "one engine call a face, not 16"
    made([asked(), asked()])
    assert calls == [16, 32]


def test_a_swappers_own_mask_cuts_the_patch() -> None:
    """hyperswap's mask: the left half of the crop is none of the face."""
    left = np.ones((1, 1, 256, 256), np.float32)
    left[..., :128] = 0
    made = swapper("hyperswap_1a_256", lambda feeds: {"output": feeds["target"], "mask": left})
    view = Asked(Region(0, 0, np.full((300, 300, 3), 90, np.uint8)), mesh_at(points(), 256, 20, 20))
    patch = one(Pasted(by_swapper(made, SOURCE), TEMPLATE, 256)([view]))
    assert patch.alpha[128, 20:120].max() == 0
    assert patch.alpha[128, 150:190].min() > 0.99


def dfm(size: int = 96) -> Dfm:
    """Its face is its input times the morph; it is itself in the upper half, the old face was in the left half."""
    model = CATALOG.model("dfm")
    sized = {t.name: Spec((-1, size, size, t.shape[3]), "float32") for t in (*model.inputs, *model.outputs)}
    half = np.zeros((1, size, size, 1), np.float32)
    upper, left = half.copy(), half.copy()
    upper[:, : size // 2], left[:, :, : size // 2] = 1, 1

    def function(feeds: Mapping[str, Array]) -> Mapping[str, Array]:
        face = np.asarray(feeds["in_face:0"], np.float32) * np.asarray(feeds["morph_value:0"], np.float32)
        return {model.outputs[0].name: left, model.outputs[1].name: face, model.outputs[2].name: upper}

    inputs = {model.inputs[0].name: sized[model.inputs[0].name], "morph_value:0": Spec((1,), "float32")}
    outputs = {t.name: sized[t.name] for t in model.outputs}
    return Dfm(model, ReferenceEngine(inputs, outputs, function))


def test_a_dfm_is_cut_by_both_its_masks_and_morphs() -> None:
    made = Pasted(by_dfm(dfm(), 0.5), CATALOG.template("dfl_whole_face"), 96)
    view = Asked(Region(0, 0, np.full((300, 300, 3), 100, np.uint8)), mesh_at(points("dfl_whole_face"), 192, 50, 50))
    patch = one(made([view]))
    assert abs(int(patch.rgb[40, 40, 0]) - 50) <= 1
    assert patch.alpha[60, 60] == pytest.approx(1, abs=0.01), "in both"
    assert patch.alpha[60, 130] < 0.01 and patch.alpha[130, 60] < 0.01, "in one of them"
    assert patch.alpha[60, 80:100].max() > 0.05 and np.all(np.diff(patch.alpha[60, 70:110]) <= 1e-4), "a soft edge"
    assert patch.alpha[60, 97:].max() < 0.06, "shrunk: hardly anything beyond the mask"


def even(level: float) -> Callable[[Sequence[Asked]], list[Patch | None]]:
    """Paints (10, 20, 30) over the whole view with this alpha."""

    def paint(faces: Sequence[Asked]) -> list[Patch | None]:
        shape = faces[0].view.rgb.shape[:2]
        rgb = np.full((*shape, 3), (10, 20, 30), np.uint8)
        return [Patch(f.view.x, f.view.y, rgb, np.full(shape, level * f.fade, np.float32)) for f in faces]

    return paint


def test_a_mask_network_leaves_half_transparent_pixels_their_half() -> None:
    """Visible: 0 on the left, 0.4 in the middle, 1 on the right of the crop."""
    seen: list[U8] = []

    def visible(crops: U8) -> F32:
        seen.append(crops)
        strip = np.repeat(np.array([0, 0.4, 1], np.float32), [86, 84, 86])
        return np.broadcast_to(strip, (len(crops), 256, 256)).astype(np.float32)

    face = asked(side=256, x=350, y=270)
    made = Masked(even(0.8), visible, TEMPLATE, 256)
    patch = one(made([face]))
    assert seen[0].shape == (1, 256, 256, 3) and np.array_equal(seen[0][0, 5, 5], (200, 100, 50))
    row = patch.alpha[100]
    assert row[40] == 0 and row[148] == pytest.approx(0.4, abs=1e-5) and row[250] == pytest.approx(0.8)
    faded = one(made([replace(face, fade=0.5)])).alpha[100]
    assert faded[148] == pytest.approx(0.2, abs=1e-5) and faded[250] == pytest.approx(0.4)
    assert Masked(lambda faces: [None], visible, TEMPLATE, 256)([face]) == [None]
    assert len(seen) == 2, "nobody is asked about nothing"


def test_values_of_a_crop_come_into_the_pixels_of_a_patch() -> None:
    """The crop's columns count; half the size, and the patch begins 6 to the right."""
    columns = np.broadcast_to(np.arange(32, dtype=np.float32), (32, 32)).copy()
    matrix = np.array([[0.5, 0, 1], [0, 0.5, 0]], np.float32)
    view = Asked(Region(100, 50, np.zeros((40, 40, 3), np.uint8)), np.zeros((468, 3), np.float32))
    patch = Patch(106, 52, np.zeros((4, 8, 3), np.uint8), np.zeros((4, 8), np.float32))
    np.testing.assert_allclose(onto(columns, matrix, view, patch)[2], (np.arange(8) + 6) * 0.5 + 1, atol=0.03)


def brighter() -> Enhancer:
    """Answers white, whatever it sees."""
    model = CATALOG.model("gpen_bfr_256")
    spec = Spec((-1, 3, 256, 256), "float32")
    white = ReferenceEngine({"i": spec}, {"o": spec}, lambda feeds: {"o": np.ones_like(feeds["i"])})
    return Enhancer(Net(model, white))


def test_an_enhancer_works_within_the_swaps_own_mask() -> None:
    face = asked(side=256, x=350, y=270)
    inner = one(even(0.8)([face]))
    left = inner.alpha.copy()
    left[:, :148] = 0
    masked = replace(inner, alpha=left)
    patch = one(Sharpened(lambda faces: [masked], brighter(), TEMPLATE, 1.0)([face]))
    assert patch.alpha[:, :148].max() == 0, "untouched stays untouched"
    shown = composed(face.view, patch).rgb[148, 200].astype(int)
    below = np.array([200, 100, 50]) + 0.8 * (np.array([10, 20, 30]) - [200, 100, 50])
    assert np.abs(shown - (below + 0.8 * (255 - below))).max() <= 1.5
    weak = one(Sharpened(lambda faces: [masked], brighter(), TEMPLATE, 0.0)([face]))
    assert np.abs(composed(face.view, weak).rgb[148, 200] - below).max() <= 1.5, "strength 0 changes nothing"


def test_two_patches_become_one_that_shows_the_same() -> None:
    rng = np.random.default_rng(3)
    view = Region(5, 7, rng.integers(0, 256, (20, 30, 3), np.uint8))
    below = Patch(9, 10, rng.integers(0, 256, (8, 9, 3), np.uint8), rng.random((8, 9), np.float32))
    above, mask = rng.uniform(0, 255, (8, 9, 3)).astype(np.float32), rng.random((8, 9), np.float32)
    mask[0], below.alpha[0] = 0, 0
    got = composed(view, over(below, above, mask)).rgb[3:11, 4:13].astype(float)
    first = view.rgb[3:11, 4:13] + below.alpha[..., None] * (below.rgb.astype(float) - view.rgb[3:11, 4:13])
    wanted = first + mask[..., None] * (above - first)
    assert np.abs(got - wanted).max() <= 1.1
    assert np.array_equal(got[0], view.rgb[3, 4:13])


def test_the_order_of_a_chain_is_swap_sharpen_mask() -> None:
    """What the mask network hides stays hidden from the enhancer, too."""
    face = asked()
    negated = Pasted(by_swapper(swapper("inswapper_128", negative), SOURCE), TEMPLATE, 128)
    nothing = Masked(
        Sharpened(negated, brighter(), TEMPLATE, 1.0), lambda c: np.zeros(c.shape[:3], np.float32), TEMPLATE, 64
    )
    assert one(nothing([face])).alpha.max() == 0
