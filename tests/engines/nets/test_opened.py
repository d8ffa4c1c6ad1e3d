"""From names to adapters, on a store of stand-ins; and a swap laid back into a picture."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from onnx import NodeProto, helper

from engines.align import five_points, moved, similarity
from engines.backends.compiled import installed
from engines.backends.reference import ReferenceEngine
from engines.catalog import load_catalog
from engines.errors import ModelError
from engines.nets.found import Found
from engines.nets.net import Net
from engines.nets.opened import Wanted, open_detector, open_dfm, open_net, open_swapper, usual
from engines.nets.pasted import PastedSwap
from engines.nets.swapper import Swapper
from engines.protocol import Spec
from engines.store import Store
from engines.values import F32, Region

Written = Callable[..., Path]
PLAIN = Wanted(device="cpu", precision="f32", batch=4)
EMAP = np.eye(512, dtype=np.float32)[::-1].copy()


def node(kind: str, inputs: list[str], output: str, **extra: object) -> NodeProto:
    return helper.make_node(kind, inputs, [output], **extra)


@pytest.fixture
def store(written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """inswapper (answers its input, inverted), a converter, ghost_1, a DFM and yunet, as one would have pulled them."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = tmp_path / "store"
    root.mkdir()
    catalog = load_catalog()
    one = np.array(1, np.float32)
    use = [node("ReduceSum", ["source"], "s", keepdims=0), node("Mul", ["s", "none"], "n")]
    white = [*use, node("Add", ["target", "n"], "t"), node("Sub", ["one", "t"], "out0")]
    same = [*use, node("Add", ["target", "n"], "out0")]
    none = np.array(0, np.float32)
    made = {
        "inswapper_128": written(
            catalog.model("inswapper_128"), white, {"one": one, "none": none, "emap": EMAP}, rows=1
        ),
        "ghost_1_256": written(catalog.model("ghost_1_256"), same, {"none": none}, rows=1),
        "crossface_ghost": written(
            catalog.model("crossface_ghost"), [node("Add", ["in0", "one"], "out0")], {"one": one}
        ),
    }
    for name, path in made.items():
        path.rename(root / catalog.model(name).file)
    unpinned = {n: replace(m, sha256="", size=0) for n, m in catalog.models.items()}
    return Store(root, replace(catalog, models=unpinned))


def test_a_fixed_batch_is_opened_on_the_way(store: Store) -> None:
    net = open_net(store, "inswapper_128", PLAIN)
    [out] = net.run(np.ones((3, 512), np.float32), np.full((3, 3, 128, 128), 0.25, np.float32))
    assert out.shape == (3, 3, 128, 128) and out.max() == out.min() == 0.75
    assert list((Path(str(store.root)).parent / "cache").rglob("*-rows.onnx")), "one call, not three"


def test_inswapper_comes_with_its_map(store: Store) -> None:
    swapper = open_swapper(store, "inswapper_128", PLAIN)
    fed = swapper.source(np.eye(1, 512, dtype=np.float32)[0])
    assert fed.argmax() == 511, "the map of the file reverses"


def test_ghost_comes_with_its_converter(store: Store) -> None:
    fed = open_swapper(store, "ghost_1_256", PLAIN).source(np.full(512, 2, np.float32))
    assert fed.tolist() == [[3.0] * 512]


def test_what_is_missing_is_named_with_the_command(store: Store) -> None:
    with pytest.raises(ModelError, match="models pull crossface_simswap"):
        open_swapper(store, "simswap_256", PLAIN)
    (store.root / load_catalog().model("crossface_ghost").file).unlink()
    with pytest.raises(ModelError, match="models pull crossface_ghost"):
        open_swapper(store, "ghost_1_256", PLAIN)
    with pytest.raises(ModelError, match="models compile inswapper_128 --precision int8"):
        open_net(store, "inswapper_128", Wanted("cpu", "int8"))
    with pytest.raises(ModelError, match="does not swap faces"):
        open_swapper(store, "crossface_ghost", PLAIN)
    with pytest.raises(ModelError, match="no detector of scrfd"):
        open_detector(store, "crossface_ghost", PLAIN)


def test_the_compiled_copy_is_taken_for_int8(store: Store) -> None:
    source = store.path("crossface_ghost")
    copy = installed(store.root / "compiled", "crossface_ghost", "int8", source)
    copy.parent.mkdir()
    copy.write_bytes(source.read_bytes())
    [out] = open_net(store, "crossface_ghost", Wanted("cpu", "int8")).run(np.zeros((1, 512), np.float32))
    assert out[0, 0] == 1


def test_a_users_own_dfm_opens_by_its_name(store: Store, written: Written, tmp_path: Path) -> None:
    model = load_catalog().model("dfm")
    sized = replace(
        model,
        inputs=tuple(replace(t, shape=(-1, 96, 96, t.shape[3])) for t in model.inputs),
        outputs=tuple(replace(t, shape=(-1, 96, 96, t.shape[3])) for t in model.outputs),
    )
    nodes = [
        node("Identity", ["in_face:0"], "out_celeb_face:0"),
        node("ReduceMax", ["in_face:0"], "out_face_mask:0", axes=[3]),
        node("ReduceMin", ["in_face:0"], "out_celeb_face_mask:0", axes=[3]),
    ]
    store.add(written(sized, nodes).rename(tmp_path / "anna.dfm"), "anna")
    dfm = open_dfm(store, "anna", PLAIN)
    crops = np.random.default_rng(0).integers(0, 256, (1, 96, 96, 3), np.uint8)
    out = dfm.swap(crops)
    assert dfm.side == 96 and np.array_equal(out.rgb, crops)
    np.testing.assert_allclose(out.own, crops.min(axis=3) / 255, atol=1e-6)


def test_a_detector_opens_by_its_name(store: Store, written: Written) -> None:
    model = load_catalog().model("yoloface_8n")
    table = np.zeros((1, 20, 8400), np.float32)
    table[0, :5, 7] = (100, 60, 40, 20, 0.8)
    nodes = [
        node("ReduceMean", ["in0"], "m", axes=[1, 2, 3], keepdims=0),
        node("Mul", ["m", "none"], "n"),
        node("Add", ["table", "n"], "out0"),
    ]
    written(model, nodes, {"table": table, "none": np.zeros(1, np.float32)}).rename(store.root / model.file)
    [face] = open_detector(store, "yoloface_8n", PLAIN)(np.zeros((320, 320, 3), np.uint8))
    assert isinstance(face, Found) and (face.box.x0, face.box.y1) == (80, 70)


def test_points_stay_in_f32() -> None:
    assert [usual(task, True) for task in ("detect", "landmark", "swap", "identity")] == ["f32", "f32", "bf16", "bf16"]
    assert usual("swap", False) == "f32"


def mesh_at(template: F32, side: float, x: float, y: float) -> F32:
    """A mesh whose five points stand as the template's, in a face of `side` at (x, y)."""
    mesh = np.zeros((468, 3), np.float32)
    places = template * np.float32(side) + np.array([x, y], np.float32)
    for indices, place in zip(((33, 133, 159, 145), (362, 263, 386, 374), (1, 4), (61,), (291,)), places, strict=True):
        mesh[list(indices), :2] = place
    return mesh


@pytest.mark.parametrize("boost", [1, 2])
def test_a_swap_is_laid_back_where_the_face_is(store: Store, boost: int) -> None:
    """The stand-in answers the negative: the face turns it, its surroundings stay."""
    swapper = open_swapper(store, "inswapper_128", PLAIN)
    template = load_catalog().template("arcface_128")
    points = np.asarray(template.points, np.float32)
    mesh = mesh_at(points, 150, 400, 300)
    np.testing.assert_allclose(five_points(mesh), points * 150 + [400, 300], atol=1e-3)
    picture = np.full((300, 320, 3), (200, 100, 50), np.uint8)
    made = PastedSwap(swapper, template, swapper.source(np.ones(512, np.float32)), boost)
    patch = made.swap(Region(330, 250, picture), mesh, 0.04)
    assert patch is not None
    assert abs(patch.x - 400) <= 2 and abs(patch.y - 300) <= 2 and abs(patch.rgb.shape[0] - 150) <= 3
    middle = patch.rgb[75, 75]
    assert np.abs(middle.astype(int) - (55, 155, 205)).max() <= 2 and patch.alpha[75, 75] == pytest.approx(1, abs=0.01)
    assert patch.alpha[0].max() < 0.02 and patch.alpha[:, -1].max() < 0.02
    faded = made.swap(Region(330, 250, picture), mesh, 0.04, fade=0.5)
    assert faded is not None and faded.alpha[75, 75] == pytest.approx(0.5, abs=0.01)


def test_a_turned_face_is_turned_back(store: Store) -> None:
    """Marks beside a tilted face's eyes come back in place through crop, network and paste."""
    swapper = open_swapper(store, "ghost_1_256", PLAIN)
    template = load_catalog().template("arcface_112_v1")
    points = np.asarray(template.points, np.float32) * 200 + 60
    turn = similarity(np.array([[0, 0], [1, 0]], np.float32), np.array([[20, -10], [20.94, -9.66]], np.float32))
    mesh = np.zeros((468, 3), np.float32)
    mesh[:, :2] = moved(mesh_at(np.asarray(template.points, np.float32), 200, 60, 60)[:, :2], turn)
    y, x = np.mgrid[0:320, 0:400]
    eye = moved(points, turn)[1]
    picture = np.zeros((320, 400, 3), np.uint8)
    picture[..., 1] = (255 * np.exp(-((x - eye[0]) ** 2 + (y - eye[1]) ** 2) / 60)).astype(np.uint8)
    made = PastedSwap(swapper, template, swapper.source(np.ones(512, np.float32)))
    patch = made.swap(Region(0, 0, picture), mesh, 0.04)
    assert patch is not None
    under = picture[patch.y : patch.y + patch.rgb.shape[0], patch.x : patch.x + patch.rgb.shape[1]]
    sure = patch.alpha > 0.9
    assert np.abs(patch.rgb[sure].astype(int) - under[sure]).max() < 25
    assert patch.rgb[sure][:, 1].max() > 230


def test_a_network_that_cannot_be_batched_runs_row_by_row(store: Store, written: Written) -> None:
    """One whose rows mix: several in one call would be wrong."""
    model = load_catalog().model("crossface_ghost")
    nodes = [node("ReduceMean", ["in0"], "m", axes=[0], keepdims=1), node("Add", ["in0", "m"], "out0")]
    written(model, nodes, rows=1).replace(store.root / model.file)
    [out] = open_net(store, "crossface_ghost", PLAIN).run(np.arange(3, dtype=np.float32).repeat(512).reshape(3, 512))
    assert out[:, 0].tolist() == [0, 2, 4]


def test_a_swappers_own_mask_cuts_the_patch() -> None:
    """hyperswap's mask: the left half of the crop is none of the face."""
    left = np.ones((1, 1, 256, 256), np.float32)
    left[..., :128] = 0
    inputs = {"source": Spec((-1, 512), "float32"), "target": Spec((-1, 3, 256, 256), "float32")}
    outputs = {"output": Spec((-1, 3, 256, 256), "float32"), "mask": Spec((-1, 1, 256, 256), "float32")}
    engine = ReferenceEngine(inputs, outputs, lambda feeds: {"output": feeds["target"], "mask": left})
    swapper = Swapper(Net(load_catalog().model("hyperswap_1a_256"), engine))
    template = load_catalog().template("arcface_128")
    mesh = mesh_at(np.asarray(template.points, np.float32), 256, 20, 20)
    picture = np.full((300, 300, 3), 90, np.uint8)
    patch = PastedSwap(swapper, template, np.ones((1, 512), np.float32)).swap(Region(0, 0, picture), mesh, 0.04)
    assert patch is not None
    assert patch.alpha[128, 20:120].max() == 0
    assert patch.alpha[128, 150:190].min() > 0.99
