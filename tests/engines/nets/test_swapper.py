"""Every swapper of the catalogue on stand-ins that compute a known function: source, colours, places, mask, boost."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from onnx import NodeProto

from engines.backends.openvino import open_openvino
from engines.backends.reference import ReferenceEngine
from engines.errors import ModelError
from engines.nets.net import Net
from engines.nets.swapper import Swapper, read_emap
from engines.protocol import Session, Spec
from engines.store.catalog import load_catalog
from engines.values import F32, U8, Array
from tests.engines.nets.standins import node

Opened = Callable[..., Net]
Written = Callable[..., Path]
SWAPPERS = [m.name for m in load_catalog().models.values() if m.task == "swap"]
PICTURED = [n for n in SWAPPERS if n.startswith(("blendswap", "uniface"))]
IDENTIFIED = [n for n in SWAPPERS if n not in PICTURED]
EMAP = np.random.default_rng(7).standard_normal((512, 512)).astype(np.float32)


def answer(name: str) -> str:
    return load_catalog().model(name).outputs[0].name or "out0"


def with_mask(name: str, nodes: list[NodeProto]) -> list[NodeProto]:
    """hyperswap has a second output: half of what the target shows in its red channel."""
    if not name.startswith("hyperswap"):
        return nodes
    return [
        *nodes,
        node("Slice", ["target", "zero", "one", "one"], "red"),
        node("Mul", ["red", "half"], "mask"),
    ]


WEIGHTS: dict[str, Array] = {
    "zero": np.array([0], np.int64),
    "one": np.array([1], np.int64),
    "three": np.array([3], np.int64),
    "half": np.array(0.5, np.float32),
    "none": np.array(0, np.float32),
    "shape": np.array([0, 3, 1, 1], np.int64),
}


def converter(opened: Opened, name: str) -> Net | None:
    """e -> 2 e + 1, so that a converter left out, or normed at the wrong place, shows."""
    wanted = load_catalog().model(name).converter
    if not wanted:
        return None
    weights = {"two": np.array(2, np.float32), "plus": np.array(1, np.float32)}
    return opened(wanted, [node("Mul", ["in0", "two"], "m"), node("Add", ["m", "plus"], "out0")], weights)


def swapper(opened: Opened, name: str, nodes: list[NodeProto], rows: int | str = "n") -> Swapper:
    # `source` must be used by the graph, or a runtime may drop it
    kept = [
        node("ReduceSum", ["source"], "sum", keepdims=0),
        node("Mul", ["sum", "none"], "nothing"),
        node("Add", ["target", "nothing"], "same"),
    ]
    net = opened(name, with_mask(name, [*kept, *nodes]), WEIGHTS, rows)
    return Swapper(net, converter(opened, name), EMAP if name.startswith("inswapper") else None)


def crops(name: str, n: int = 2, k: int = 1) -> U8:
    side = load_catalog().model(name).px * k
    return np.random.default_rng(3).integers(0, 256, (n, side, side, 3), np.uint8)


def source(made: Swapper) -> F32:
    if made.net.model.name in PICTURED:
        side = made.net.model.source_px
        return made.source_picture(np.full((side, side, 3), 128, np.uint8))
    return made.source(np.linspace(-1, 1, 512, dtype=np.float32))


def seen_back(name: str, given: F32) -> F32:
    """What comes back from a network that answers with its input. simswap_256 normalises, but does not undo it."""
    if name == "simswap_256":
        mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
        return np.asarray(np.clip((given / 255 - mean) / std, 0, 1) * 255, np.float32)
    return given


@pytest.mark.parametrize("name", SWAPPERS)
def test_an_identity_gives_back_the_crop(opened: Opened, name: str) -> None:
    made = swapper(opened, name, [node("Identity", ["same"], answer(name))])
    given = crops(name)
    wanted = seen_back(name, given.astype(np.float32))
    out = made.swap(given, source(made))
    assert out.rgb.dtype == np.uint8 and out.rgb.shape == given.shape
    assert np.abs(out.rgb - wanted).max() <= 1


@pytest.mark.parametrize("name", ["inswapper_128", "hyperswap_1a_256", "ghost_1_256", "uniface_256"])
def test_the_first_channel_is_red_and_rows_are_rows(opened: Opened, name: str) -> None:
    """Answers channel 0 at every channel, rows and columns exchanged."""
    nodes = [
        node("Slice", ["same", "zero", "one", "one"], "first"),
        node("Concat", ["first", "first", "first"], "all", axis=1),
        node("Transpose", ["all"], answer(name), perm=[0, 1, 3, 2]),
    ]
    made = swapper(opened, name, nodes)
    given = crops(name)
    out = made.swap(given, source(made)).rgb
    assert np.abs(out.astype(int) - given[..., :1].transpose(0, 2, 1, 3)).max() <= 1


def fed_source(name: str, embedding: F32) -> F32:
    """What each published program computes, written out once more from the facts."""
    unit = embedding / np.linalg.norm(embedding)
    converted = 2 * embedding + 1
    if name.startswith("inswapper"):
        mapped = unit @ EMAP
        return np.asarray(mapped / np.linalg.norm(mapped), np.float32)
    if name.startswith("hyperswap"):
        return unit
    return converted if name.startswith("ghost") else np.asarray(converted / np.linalg.norm(converted), np.float32)


@pytest.mark.parametrize("name", IDENTIFIED)
def test_the_source_is_what_its_publisher_feeds(opened: Opened, name: str) -> None:
    made = swapper(opened, name, [node("Identity", ["same"], answer(name))])
    embedding = np.random.default_rng(1).standard_normal(512).astype(np.float32) * 20
    np.testing.assert_allclose(made.source(embedding), fed_source(name, embedding)[None], rtol=2e-3, atol=1e-4)


@pytest.mark.parametrize("name", ["inswapper_128", "hyperswap_1a_256", "simswap_256"])
def test_each_face_gets_its_own_source(opened: Opened, name: str) -> None:
    """Answers the first three numbers of `source` as a colour."""
    nodes = [
        node("Slice", ["source", "zero", "three", "one"], "rgb"),
        node("Reshape", ["rgb", "shape"], "colour"),
        node("Mul", ["same", "none"], "black"),
        node("Add", ["black", "colour"], answer(name)),
    ]
    made = swapper(opened, name, nodes)
    two = np.zeros((2, 512), np.float32)
    two[0, 0] = two[1, 2] = 1
    out = made.swap(crops(name), two).rgb
    low = 128 if made.net.model.denormalise else 0
    assert out[0, 0, 0].tolist() == [255, low, low] and out[1, 9, 9].tolist() == [low, low, 255]
    assert made.swap(crops(name), two[:1]).rgb[1, 0, 0].tolist() == [255, low, low], "one source serves all"


@pytest.mark.parametrize("name", PICTURED)
def test_pictures_as_source_are_rgb_from_0_to_1(opened: Opened, name: str) -> None:
    made = swapper(opened, name, [node("Identity", ["same"], answer(name))])
    side = made.net.model.source_px
    assert side == (112 if name.startswith("blendswap") else 256)
    photo = np.zeros((side, side, 3), np.uint8)
    photo[0, 1] = (255, 51, 0)
    fed = made.source_picture(photo)
    assert fed.shape == (1, 3, side, side)
    np.testing.assert_allclose(fed[0, :, 0, 1], [1, 0.2, 0], atol=1e-6)
    assert fed[0, :, 1, 0].tolist() == [0, 0, 0]


def test_hyperswaps_own_mask_is_returned(opened: Opened) -> None:
    made = swapper(opened, "hyperswap_1b_256", [node("Identity", ["same"], "output")])
    given = crops("hyperswap_1b_256")
    mask = made.swap(given, source(made)).mask
    assert mask is not None and mask.shape == (2, 256, 256)
    np.testing.assert_allclose(mask, np.clip((given[..., 0] / 127.5 - 1) / 2, 0, 1), atol=1e-3)


def test_others_give_no_mask(opened: Opened) -> None:
    made = swapper(opened, "ghost_2_256", [node("Identity", ["same"], "out0")])
    assert made.swap(crops("ghost_2_256"), source(made)).mask is None


def test_the_map_of_embeddings_is_the_last_stored_tensor(written: Written) -> None:
    model = load_catalog().model("inswapper_128")
    nodes = [node("MatMul", ["source", "emap"], "e"), node("Identity", ["target"], "out0")]
    path = written(model, nodes, {"other": EMAP.T.copy(), "emap": EMAP})
    assert np.array_equal(read_emap(path), EMAP)
    half = written(model, nodes, {"emap": EMAP.astype(np.float16)})
    assert read_emap(half).dtype == np.float32
    with pytest.raises(ModelError, match="no inswapper file"):
        read_emap(written(model, [node("Identity", ["target"], "out0")], {"emap": EMAP, "last": EMAP[:3]}))


def test_what_a_swapper_needs_is_asked_for(opened: Opened) -> None:
    with pytest.raises(ModelError, match="models pull crossface_ghost"):
        Swapper(opened("ghost_1_256", [node("Identity", ["target"], "out0")]))
    with pytest.raises(ModelError, match="map of embeddings"):
        Swapper(opened("inswapper_128", [node("Identity", ["target"], "out0")]))


def counted(calls: list[int]) -> Net:
    """inswapper as a numpy function: answers its input, and notes how many rows each call has."""

    def function(feeds: Mapping[str, Array]) -> dict[str, Array]:
        calls.append(len(feeds["target"]))
        assert len(feeds["source"]) == len(feeds["target"])
        return {"output": feeds["target"]}

    inputs = {"target": Spec((-1, 3, 128, 128), "float32"), "source": Spec((-1, 512), "float32")}
    engine = ReferenceEngine(inputs, {"output": Spec((-1, 3, 128, 128), "float32")}, function)
    return Net(load_catalog().model("inswapper_128"), engine)


def test_pixel_boost_of_512_is_one_call_of_sixteen_rows() -> None:
    calls: list[int] = []
    made = Swapper(counted(calls), emap=EMAP)
    given = crops("inswapper_128", n=1, k=4)
    out = made.swap(given, source(made))
    assert calls == [16]
    assert np.array_equal(out.rgb, given)
    made.swap(crops("inswapper_128", n=2, k=2), np.eye(2, 512, dtype=np.float32))
    assert calls == [16, 8]


def test_a_session_given_to_the_net_is_the_one_that_runs() -> None:
    """The way a micro-batcher is put under an adapter."""
    seen: list[tuple[int, ...]] = []

    class Watched:
        def __init__(self, inner: Session) -> None:
            self._inner = inner

        def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
            seen.append(feeds["target"].shape)
            return self._inner.run(feeds)

        def close(self) -> None:
            self._inner.close()

    inputs = {"target": Spec((-1, 3, 128, 128), "float32"), "source": Spec((-1, 512), "float32")}
    engine = ReferenceEngine(
        inputs, {"output": Spec((-1, 3, 128, 128), "float32")}, lambda feeds: {"output": feeds["target"]}
    )
    net = Net(load_catalog().model("inswapper_128"), engine, Watched(engine.session()))
    Swapper(net, emap=EMAP).swap(crops("inswapper_128", n=3), np.ones((1, 512), np.float32))
    assert seen == [(3, 3, 128, 128)]


@pytest.mark.parametrize("rows", [1, "n"])
def test_a_file_of_fixed_batch_gives_the_same(opened: Opened, rows: int | str) -> None:
    made = swapper(opened, "inswapper_128", [node("Identity", ["same"], "out0")], rows)
    given = crops("inswapper_128", n=3)
    assert np.abs(made.swap(given, source(made)).rgb.astype(int) - given).max() <= 1


def test_dfm_files_open_by_any_ending(written: Written) -> None:
    """A .dfm is ONNX under another name."""
    model = load_catalog().model("crossface_ghost")
    path = written(model, [node("Identity", ["in0"], "out0")])
    renamed = path.rename(path.with_suffix(".dfm"))
    x = np.ones((1, 512), np.float32)
    assert np.array_equal(open_openvino(renamed).session().run({"in0": x})["out0"], x)
