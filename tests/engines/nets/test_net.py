"""What each catalogued model is fed and how its answer is read, pinned against the published values, one by one."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from engines.backends.reference import ReferenceEngine
from engines.errors import ModelError
from engines.nets.net import Net, as_bytes, bound, pictures, tensor
from engines.protocol import Spec
from engines.store.catalog import load_catalog
from engines.values import U8, Array

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
# model: side, layout, order, what a byte of 0 and one of 255 become in each channel the network sees
SEEN: dict[str, tuple[int, str, str, tuple[float, ...], tuple[float, ...]]] = {
    "inswapper_128": (128, "NCHW", "RGB", (0,) * 3, (1,) * 3),
    "hyperswap_1a_256": (256, "NCHW", "RGB", (-1,) * 3, (1,) * 3),
    "simswap_256": (256, "NCHW", "RGB", (-2.1179, -2.0357, -1.8044), (2.2489, 2.4286, 2.64)),
    "simswap_unofficial_512": (512, "NCHW", "RGB", (0,) * 3, (1,) * 3),
    "ghost_1_256": (256, "NCHW", "RGB", (-1,) * 3, (1,) * 3),
    "hififace_unofficial_256": (256, "NCHW", "RGB", (-1,) * 3, (1,) * 3),
    "blendswap_256": (256, "NCHW", "RGB", (0,) * 3, (1,) * 3),
    "uniface_256": (256, "NCHW", "RGB", (-1,) * 3, (1,) * 3),
    "arcface_w600k_r50": (112, "NCHW", "RGB", (-1,) * 3, (1,) * 3),
    "scrfd_det_10g": (640, "NCHW", "RGB", (-127.5 / 128,) * 3, (127.5 / 128,) * 3),
    "retinaface_10g": (640, "NCHW", "RGB", (-127.5 / 128,) * 3, (127.5 / 128,) * 3),
    "yunet_2023_mar": (640, "NCHW", "BGR", (0,) * 3, (255,) * 3),
    "yoloface_8n": (640, "NCHW", "BGR", (0,) * 3, (1,) * 3),
    "2dfan4": (256, "NCHW", "BGR", (0,) * 3, (1,) * 3),
    "xseg_1": (256, "NHWC", "BGR", (0,) * 3, (1,) * 3),
    "bisenet_resnet_18": (512, "NCHW", "RGB", (-2.1179, -2.0357, -1.8044), (2.2489, 2.4286, 2.64)),
    "gfpgan_1.4": (512, "NCHW", "RGB", (-1,) * 3, (1,) * 3),
    "dfm": (0, "NHWC", "BGR", (0,) * 3, (1,) * 3),
}


def marked() -> U8:
    """(1, 2, 3, 3) RGB, black but for one whole red, one green and one blue pixel at places of their own."""
    image = np.zeros((1, 2, 3, 3), np.uint8)
    image[0, 0, 0, 0] = image[0, 0, 2, 1] = image[0, 1, 1, 2] = 255
    return image


@pytest.mark.parametrize("name", SEEN)
def test_the_network_sees_the_published_values(name: str) -> None:
    side, layout, order, low, high = SEEN[name]
    model = load_catalog().model(name)
    assert model.px == side
    seen = tensor(model, marked())
    assert seen.dtype == np.float32 and seen.flags.c_contiguous
    assert seen.shape == ((1, 3, 2, 3) if layout == "NCHW" else (1, 2, 3, 3))
    wanted = np.tile(np.asarray(low, np.float32).reshape(3, 1, 1), (1, 2, 3))
    for channel, (row, column) in zip("RGB", ((0, 0), (0, 2), (1, 1)), strict=True):
        c = order.index(channel)
        wanted[c, row, column] = high[c]
    got = seen[0] if layout == "NCHW" else seen[0].transpose(2, 0, 1)
    np.testing.assert_allclose(got, wanted, atol=2e-4)


@pytest.mark.parametrize("name", ["inswapper_128", "hyperswap_1a_256", "ghost_1_256", "dfm", "xseg_1", "gfpgan_1.4"])
def test_what_goes_in_comes_back(name: str) -> None:
    """A picture through `tensor` and `pictures` is itself, for models whose answer is normalised as their input."""
    model = load_catalog().model(name)
    image = np.random.default_rng(0).integers(0, 256, (2, 4, 5, 3), np.uint8)
    assert np.array_equal(as_bytes(pictures(model, tensor(model, image))), image)


def test_only_the_catalogued_answers_are_denormalised() -> None:
    kinds = {m.name: m.denormalise for m in load_catalog().models.values() if m.task == "swap"}
    assert {n.split("_")[0] for n, given in kinds.items() if given} == {"ghost", "hififace", "hyperswap", "uniface"}
    model = load_catalog().model("ghost_1_256")
    output = np.full((1, 3, 1, 1), -0.5, np.float32)
    assert pictures(model, output)[0, 0, 0, 0] == 0.25
    assert pictures(replace(model, denormalise=False), output)[0, 0, 0, 0] == 0, "clipped to what can be shown"


def test_tensors_are_found_by_name_or_else_by_place() -> None:
    model = load_catalog().model("inswapper_128")
    swapped = {"target": Spec((1, 3, 128, 128), "float32"), "source": Spec((1, 512), "float32")}
    assert bound(model, model.inputs, swapped) == ["source", "target"]
    scrfd = load_catalog().model("scrfd_det_10g")
    numbered = {
        str(440 + i): Spec((rows, width), "float32")
        for i, (rows, width) in enumerate((r, w) for w in (1, 4, 10) for r in (12800, 3200, 800))
    }
    assert bound(scrfd, scrfd.outputs, numbered) == list(numbered)


def test_another_models_file_is_refused() -> None:
    model = load_catalog().model("inswapper_128")
    wrong = {"target": Spec((1, 3, 256, 256), "float32"), "source": Spec((1, 512), "float32")}
    with pytest.raises(ModelError, match=r"no inswapper_128: it lacks target .*256"):
        bound(model, model.inputs, wrong)


def test_rows_go_in_one_call_or_one_by_one() -> None:
    model = load_catalog().model("crossface_ghost")
    calls: list[int] = []

    def engine(rows: int) -> ReferenceEngine:
        def double(feeds: Mapping[str, Array]) -> dict[str, Array]:
            calls.append(len(feeds["in"]))
            return {"out": np.multiply(feeds["in"], 2, dtype=np.float32)}

        return ReferenceEngine({"in": Spec((rows, 512), "float32")}, {"out": Spec((rows, 512), "float32")}, double)

    x = np.arange(3 * 512, dtype=np.float32).reshape(3, 512)
    for rows, wanted in ((-1, [3]), (1, [1, 1, 1])):
        calls.clear()
        [out] = Net(model, engine(rows)).run(x)
        assert calls == wanted
        assert np.array_equal(out, 2 * x)


def test_half_precision_files_are_fed_half_precision() -> None:
    model = load_catalog().model("crossface_ghost")
    spec = Spec((-1, 512), "float16")
    net = Net(model, ReferenceEngine({"in": spec}, {"out": spec}, lambda feeds: {"out": feeds["in"]}))
    [out] = net.run(np.full((1, 512), 1 / 3, np.float32))
    assert out.dtype == np.float32 and out[0, 0] == np.float32(np.float16(1 / 3))
