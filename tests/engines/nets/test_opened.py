"""From names to adapters, on a store of stand-ins."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engines.backends.choose import open_engine
from engines.backends.compiled import installed
from engines.backends.cuda import Gpu
from engines.backends.openvino import OpenVinoEngine
from engines.backends.reference import ReferenceEngine
from engines.errors import ModelError
from engines.nets import opened
from engines.nets.opened import (
    RunOptions,
    open_dfm,
    open_embedder,
    open_enhancer,
    open_finder,
    open_net,
    open_swapper,
    open_visible,
    usual,
)
from engines.nets.shared import SharedEngines
from engines.protocol import Engine
from engines.store.catalog import load_catalog
from engines.store.store import Store
from engines.values import Array
from tests.engines.nets.standins import node

Written = Callable[..., Path]
PLAIN = RunOptions(device="cpu", precision="f32", batch=4)
EMAP = np.eye(512, dtype=np.float32)[::-1].copy()


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
        open_net(store, "inswapper_128", RunOptions("cpu", "int8"))
    with pytest.raises(ModelError, match="crossface_ghost is of the task convert; a swapping network is wanted: "):
        open_swapper(store, "crossface_ghost", PLAIN)
    with pytest.raises(ModelError, match="a face detector is wanted: scrfd_det_10g"):
        open_finder(store, "crossface_ghost", PLAIN)


def test_the_compiled_copy_is_taken_for_int8(store: Store) -> None:
    source = store.path("crossface_ghost")
    copy = installed(store.root / "compiled", "crossface_ghost", "int8", source)
    copy.parent.mkdir()
    copy.write_bytes(source.read_bytes())
    [out] = open_net(store, "crossface_ghost", RunOptions("cpu", "int8")).run(np.zeros((1, 512), np.float32))
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
    hub = SharedEngines(wait=0)
    shared = [open_dfm(store, "anna", replace(PLAIN, hub=hub, stream=i)) for i in range(2)]
    for one in shared:
        assert np.array_equal(one.swap(crops).rgb, crops)
    [(calls, rows)] = hub.calls.values()
    hub.close()
    assert (calls, rows) == (2, 2), "one engine for both"


def test_streams_of_a_hub_share_the_map_and_the_converter(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second stream reads no file again; both give the same source."""
    hub = SharedEngines(wait=0)
    face = np.full(512, 2, np.float32)
    for name in ("inswapper_128", "ghost_1_256"):
        first = open_swapper(store, name, replace(PLAIN, hub=hub, stream="a"))
        want = open_swapper(store, name, PLAIN).source(face)
        with monkeypatch.context() as patch:
            patch.setattr(opened, "read_emap", None)
            patch.setattr(opened, "open_engine", None)
            second = open_swapper(store, name, replace(PLAIN, hub=hub, stream="b"))
        for one in (first, second):
            np.testing.assert_array_equal(one.source(face), want)
    hub.close()


@pytest.mark.parametrize(("side", "threads", "streams"), [(1, 2, 1), (2, 2, 2), (4, 2, 2)])
def test_rows_go_side_by_side_as_far_as_there_are_threads(store: Store, side: int, threads: int, streams: int) -> None:
    engine = opened.opened(store.path("inswapper_128"), "f32", RunOptions("cpu", threads=threads, batch=4, side=side))
    assert isinstance(engine, OpenVinoEngine)
    assert engine.streams == streams and engine.parts is (streams > 1)


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
    [face] = open_finder(store, "yoloface_8n", PLAIN).whole(np.zeros((320, 320, 3), np.uint8))
    assert (face.box.x0, face.box.y1) == (80, 70)


@pytest.mark.parametrize(
    ("backend", "bf16", "points", "swap", "enhance"),
    [
        ("openvino", True, "f32", "bf16", "bf16"),
        ("openvino", False, "f32", "f32", "f32"),
        ("ort-cpu", True, "f32", "f32", "f32"),
        ("ort-cuda", True, "f32", "f16", "f32"),
        ("tensorrt", True, "f32", "bf16", "bf16"),
        ("tensorrt", False, "f32", "f16", "f32"),
    ],
)
def test_points_stay_in_f32_and_the_rest_takes_what_is_safe(
    backend: str, bf16: bool, points: str, swap: str, enhance: str
) -> None:
    assert [usual(task, backend, bf16) for task in ("detect", "landmark")] == [points] * 2
    assert [usual(task, backend, bf16) for task in ("swap", "identity", "occlusion")] == [swap] * 3
    assert usual("enhance", backend, bf16) == enhance


def test_the_precision_follows_the_runtime_that_is_picked(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    path = store.path("ghost_1_256")
    monkeypatch.setattr(opened, "has_bf16", lambda: True)
    monkeypatch.setattr(opened, "gpu", lambda: Gpu("T4", "75", 13000))
    for backend, wanted in (("openvino", "bf16"), ("ort-cuda", "f16"), ("tensorrt", "f16")):
        monkeypatch.setattr(opened, "choose", lambda path, device, strict, it=backend: it)
        assert opened.chosen("swap", path, RunOptions()) == wanted
        assert opened.chosen("swap", path, RunOptions(precision="int8")) == "int8", "what is asked for goes first"
    assert Gpu("A100", "80", 13000).has_bf16 and Gpu("B200", "100", 13000).has_bf16
    assert not Gpu("T4", "75", 13000).has_bf16


def test_a_network_that_cannot_be_batched_runs_row_by_row(store: Store, written: Written) -> None:
    """One whose rows mix: several in one call would be wrong."""
    model = load_catalog().model("crossface_ghost")
    nodes = [node("ReduceMean", ["in0"], "m", axes=[0], keepdims=1), node("Add", ["in0", "m"], "out0")]
    written(model, nodes, rows=1).replace(store.root / model.file)
    [out] = open_net(store, "crossface_ghost", PLAIN).run(np.arange(3, dtype=np.float32).repeat(512).reshape(3, 512))
    assert out[:, 0].tolist() == [0, 2, 4]


def test_more_rows_than_a_call_may_have_go_in_several(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """inswapper's stand-in, opened for 4 rows: 10 rows are asked."""
    rows: list[int] = []

    def watched(*given: Any, **more: Any) -> Engine:
        engine = open_engine(*given, **more)
        session = engine.session()

        def run(feeds: Mapping[str, Array]) -> Mapping[str, Array]:
            rows.append(len(feeds["target"]))
            return session.run(feeds)

        return ReferenceEngine(engine.inputs, engine.outputs, run)

    monkeypatch.setattr(opened, "open_engine", watched)
    net = open_net(store, "inswapper_128", PLAIN)
    level = np.linspace(0, 1, 10, dtype=np.float32)
    pictures = np.broadcast_to(level[:, None, None, None], (10, 3, 128, 128))
    [out] = net.run(np.ones((10, 512), np.float32), pictures)
    assert rows == [4, 4, 2]
    np.testing.assert_allclose(out[:, 0, 0, 0], 1 - level, atol=1e-6)


def test_enhancer_embedder_and_masks_open_by_their_names(store: Store, written: Written) -> None:
    """Each a stand-in that can be told from the others by what it answers."""
    catalog = load_catalog()
    one = {"one": np.array(1, np.float32)}
    enhance = [node("Neg", ["in0"], "out0")]
    written(catalog.model("gpen_bfr_256"), enhance).rename(store.root / "gpen_bfr_256.onnx")
    embed = [node("ReduceMean", ["in0"], "m", axes=[2, 3], keepdims=0), node("Tile", ["m", "n"], "t")]
    embed += [node("Slice", ["t", "a", "b", "axis"], "out0")]
    ends = {"n": np.array([1, 171], np.int64), "a": np.array([0], np.int64), "b": np.array([512], np.int64)}
    written(catalog.model("arcface_w600k_r50"), embed, ends | {"axis": np.array([1], np.int64)}).rename(
        store.root / "arcface_w600k_r50.onnx"
    )
    seen = [node("ReduceMean", ["in0"], "out0", axes=[3], keepdims=1)]
    written(catalog.model("xseg_2"), seen, one).rename(store.root / "xseg_2.onnx")
    grey = np.full((1, 256, 256, 3), 51, np.uint8)
    assert open_enhancer(store, "gpen_bfr_256", PLAIN).enhance(grey, 1).max() == 204
    out = open_embedder(store, PLAIN).embed(np.full((2, 112, 112, 3), 255, np.uint8))
    assert out.shape == (2, 512) and np.allclose(out, 1)
    visible, model = open_visible(store, "xseg_2", PLAIN)
    assert model.template == "dfl_whole_face"
    np.testing.assert_allclose(visible(grey), np.full((1, 256, 256), 0.2), atol=1e-6)


def test_bisenet_says_what_is_face(store: Store, written: Written) -> None:
    """Label 1 (skin) where red, 17 (hair) elsewhere."""
    catalog = load_catalog()
    pick = np.zeros((19, 3, 1, 1), np.float32)
    pick[1, 0], pick[17, 0] = 1, -1
    written(catalog.model("bisenet_resnet_18"), [node("Conv", ["in0", "pick"], "out0")], {"pick": pick}).rename(
        store.root / "bisenet_resnet_18.onnx"
    )
    crop = np.zeros((1, 512, 512, 3), np.uint8)
    crop[:, :, 256:, 0] = 255
    visible, _ = open_visible(store, "bisenet_resnet_18", PLAIN)
    seen = visible(crop)
    assert seen[0, :, :256].max() == 0 and seen[0, :, 256:].min() == 1


def test_a_network_of_another_task_is_refused(store: Store) -> None:
    for open_, says in ((open_enhancer, "sharpens faces"), (open_visible, "masks faces")):
        with pytest.raises(
            ModelError, match=f"ghost_1_256 is a swapping network, for --model; a network that {says} is"
        ):
            open_(store, "ghost_1_256", PLAIN)
    with pytest.raises(ModelError, match=r"a network that tells people apart is wanted: .*arcface_w600k_r50"):
        open_embedder(store, PLAIN, "ghost_1_256")
    with pytest.raises(ModelError, match="models pull arcface_w600k_r50 --accept-licence"):
        open_embedder(store, PLAIN)
