"""Faces cut out, swapped in one call and laid back. Networks are functions."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from engines.align import five_points, moved, similarity
from engines.backends.reference import ReferenceEngine
from engines.nets.dfm import Dfm
from engines.nets.pasted import Asked, Pasted, by_dfm, by_swapper
from engines.protocol import Spec
from engines.values import Array, Region
from tests.engines.nets.asking import CATALOG, SOURCE, TEMPLATE, asked, mesh_at, negative, one, points, swapper


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
