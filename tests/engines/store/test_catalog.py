"""The catalogue by value: what the published programs do with these models must stand here."""

import re

import numpy as np
import pytest

from engines.errors import ModelError
from engines.store.catalog import CORNERS, Tensor, load_catalog, parse_tensor, read_catalog

CATALOG = load_catalog()
ENTRY = """
[licences]
MIT = { text = "MIT License", gated = false }
[templates]
t = [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6], [0.7, 0.8], [0.9, 1.0]]
[origins.host]
urls = ["https://one.example/{base}/{file}", "https://two.example/{file}"]
[origins.pack]
url = "https://one.example/pack.zip"
[[model]]
name = "m"
task = "swap"
file = "m.onnx"
licence = "MIT"
template = "t"
inputs = ["in float32[?,3,8,8]"]
outputs = ["uint8[4]"]
mean = 0.5
std = [1, 2, 3]
from = ["host:v1", { use = "pack", member = "inner/m.onnx" }]
"""


def test_an_entry_is_read_whole() -> None:
    model = read_catalog(ENTRY).model("m")
    assert model.inputs == (Tensor("in", "float32", (-1, 3, 8, 8)),)
    assert model.outputs == (Tensor("", "uint8", (4,)),)
    assert (model.mean, model.std, model.divide) == ((0.5, 0.5, 0.5), (1.0, 2.0, 3.0), 255.0)
    assert [(o.url, o.member) for o in model.origins] == [
        ("https://one.example/v1/m.onnx", ""),
        ("https://two.example/m.onnx", ""),
        ("https://one.example/pack.zip", "inner/m.onnx"),
    ]
    assert read_catalog(ENTRY).template("t").points[4] == (0.9, 1.0)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('template = "t"', 'template = "u"', "unknown template 'u'"),
        ('licence = "MIT"', 'licence = "BSD"', "'m' is not sound: 'BSD'"),
        ('task = "swap"', "", "'m' is not sound.*task"),
        ('task = "swap"', 'task = "swap"\nspeed = 3', "'m' is not sound.*speed"),
        ('file = "m.onnx"', 'file = "../m.onnx"', "no plain file name"),
        ("in float32[?,3,8,8]", "in float32(3)", "is no tensor"),
        ('"host:v1"', '"nobody:v1"', "'m' is not sound: 'nobody'"),
        ('task = "swap"', 'task = "swap"\nconverter = "c"', "unknown converter 'c'"),
    ],
)
def test_an_entry_that_is_not_sound_is_refused(before: str, after: str, said: str) -> None:
    assert before in ENTRY
    with pytest.raises(ModelError, match=said):
        read_catalog(ENTRY.replace(before, after))


def test_a_name_may_stand_once() -> None:
    with pytest.raises(ModelError, match="m stands twice"):
        read_catalog(ENTRY + ENTRY[ENTRY.index("[[model]]") :])


def test_an_unknown_name_is_answered_with_what_there_is() -> None:
    with pytest.raises(ModelError, match=r"no model is called 'ghost'; there is: ghost_1_256, ghost_2_256"):
        CATALOG.model("ghost")
    with pytest.raises(ModelError, match=r"'inswaper_128'; there is: inswapper_128, inswapper_128_fp16, simswap"):
        CATALOG.model("inswaper_128")
    with pytest.raises(ModelError, match=r"'zz'; there is: face_detection_short_range, .*yunet"):
        CATALOG.model("zz")
    with pytest.raises(ModelError, match="no alignment template is called 'x'; there is: arcface_112_v1"):
        CATALOG.template("x")


@pytest.mark.parametrize(
    ("text", "tensor"),
    [
        ("in_face:0 float32[?,?,?,3]", Tensor("in_face:0", "float32", (-1, -1, -1, 3))),
        ("float16[]", Tensor("", "float16", ())),
        ("input.1 int64[1]", Tensor("input.1", "int64", (1,))),
    ],
)
def test_tensors_are_written_as_they_are_read(text: str, tensor: Tensor) -> None:
    assert parse_tensor(text) == tensor
    assert str(tensor) == text


@pytest.mark.parametrize(
    ("declared", "given", "fits"),
    [
        ("x float32[?,3]", "x float32[1,3]", True),
        ("float32[?,3]", "anything float32[7,3]", True),
        ("x float32[1,3]", "x float32[?,?]", True),
        ("x float32[?,3]", "y float32[1,3]", False),
        ("x float32[?,3]", "x float16[1,3]", False),
        ("x float32[?,3]", "x float32[1,4]", False),
        ("x float32[?,3]", "x float32[1,3,1]", False),
    ],
)
def test_a_declaration_fits_what_it_says(declared: str, given: str, fits: bool) -> None:
    assert parse_tensor(declared).fits(parse_tensor(given)) is fits


def test_the_embedded_set_is_pinned_free_and_comes_from_one_wheel() -> None:
    pins = {m.name: m.sha256[:8] for m in CATALOG.embedded()}
    assert pins == {
        "face_detection_short_range": "bbff11ce",
        "face_detection_full_range_sparse": "2c3728e6",
        "face_landmark": "1055cb9d",
        "iris_landmark": "d1744d2a",
        "selfie_segmentation": "9ee168ec",
    }
    for model in CATALOG.embedded():
        assert re.fullmatch("[0-9a-f]{64}", model.sha256)
        assert not model.licence.gated
        assert {o.wheel for o in model.origins} == {"mediapipe==0.10.21"}
        assert model.size > 0


@pytest.mark.parametrize(
    ("name", "px", "template", "mean", "std", "gated", "source"),
    [
        ("inswapper_128", 128, "arcface_128", 0, 1, True, "embedding x emap"),
        ("inswapper_128_fp16", 128, "arcface_128", 0, 1, True, "embedding x emap"),
        ("hyperswap_1a_256", 256, "arcface_128", 0.5, 0.5, True, "embedding, normed"),
        ("simswap_256", 256, "arcface_112_v1", 0.485, 0.229, True, "converted, normed"),
        ("simswap_unofficial_512", 512, "arcface_112_v1", 0, 1, True, "converted, normed"),
        ("ghost_2_256", 256, "arcface_112_v1", 0.5, 0.5, False, "converted"),
        ("hififace_unofficial_256", 256, "mtcnn_512", 0.5, 0.5, True, "converted, normed"),
        ("blendswap_256", 256, "ffhq_512", 0, 1, True, "image"),
        ("uniface_256", 256, "ffhq_512", 0.5, 0.5, True, "image"),
    ],
)
def test_the_swappers_are_called_as_published(
    name: str, px: int, template: str, mean: float, std: float, gated: bool, source: str
) -> None:
    model = CATALOG.model(name)
    assert (model.px, model.template, model.mean[0], model.std[0]) == (px, template, mean, std)
    assert (model.layout, model.order, model.licence.gated, model.source) == ("NCHW", "RGB", gated, source)
    assert {t.name for t in model.inputs} == {"source", "target"}
    assert next(t for t in model.inputs if t.name == "target").shape == (-1, 3, px, px)
    # those trained on [-1, 1] give that back
    assert model.denormalise is (mean == 0.5)


def test_models_that_are_not_as_the_others() -> None:
    assert [t.name for t in CATALOG.model("hyperswap_1c_256").outputs] == ["output", "mask"]
    assert (CATALOG.model("xseg_2").layout, CATALOG.model("xseg_2").order) == ("NHWC", "BGR")
    arcface = CATALOG.model("arcface_w600k_r50")
    assert (arcface.divide, arcface.mean[0], arcface.std[0]) == (127.5, 1, 1)
    scrfd = CATALOG.model("scrfd_det_10g")
    assert (scrfd.divide, scrfd.mean[0], scrfd.std[0], scrfd.score, scrfd.overlap) == (1, 127.5, 128, 0.5, 0.4)
    assert len(scrfd.outputs) == 9
    assert CATALOG.model("blendswap_256").source_px == 112
    assert CATALOG.model("blendswap_256").source_template == "arcface_112_v2"
    assert CATALOG.model("dfm").kind
    assert CATALOG.model("dfm").inputs[0].name == "in_face:0"
    for name in ("simswap_256", "ghost_1_256", "hififace_unofficial_256"):
        assert CATALOG.model(CATALOG.model(name).converter).task == "convert"


def test_every_model_that_is_one_file_has_its_own_name_and_an_origin_over_https() -> None:
    single = [m for m in CATALOG.models.values() if not m.kind]
    assert len({m.file for m in single}) == len(single)
    for model in single:
        assert model.origins
        assert all(o.wheel or o.url.startswith("https://") for o in model.origins)
        assert model.inputs
        assert model.outputs


def test_published_addresses_follow_their_pattern() -> None:
    urls = [o.url for o in CATALOG.model("xseg_3").origins]
    assert urls == [
        "https://github.com/facefusion/facefusion-assets/releases/download/models-3.2.0/xseg_3.onnx",
        "https://huggingface.co/facefusion/models-3.2.0/resolve/main/xseg_3.onnx",
    ]


def test_dlibs_template_is_the_corners_of_the_eyes_over_the_base_of_the_nose() -> None:
    right_outer, right_inner, left_outer, left_inner, nose = CATALOG.template("dlib_150").points
    assert right_outer[0] < right_inner[0] < nose[0] < left_inner[0] < left_outer[0]
    assert max(p[1] for p in (right_outer, right_inner, left_outer, left_inner)) < nose[1]
    # dlib lays its mean shape, 0 to 1, into the crop with a quarter of its size about it
    assert right_outer[0] == pytest.approx((0.25 + 0.1205750620789) / 1.5)
    with pytest.raises(ModelError, match=r"is by 'eyes'; write five or corners"):
        read_catalog(ENTRY.replace("[[0.1, 0.2]", "{ by = 'eyes', points = [[0.1, 0.2]").replace("1.0]]", "1.0]] }"))


def test_dlibs_network_is_compared_by_distance_and_free() -> None:
    model = CATALOG.model("dlib_resnet_v1")
    assert (model.metric, model.licence.name, model.licence.gated) == ("euclidean", "CC0", False)
    assert CATALOG.model("arcface_w600k_r50").metric == "cosine"
    np.testing.assert_allclose(np.array(model.mean) * 256, [122.782, 117.001, 104.298], atol=1e-4)


def test_templates_are_five_points_of_an_upright_face() -> None:
    assert len(CATALOG.templates) == 7
    for template in CATALOG.templates.values():
        if template.by == CORNERS:
            continue
        points = np.array(template.points)
        assert points.shape == (5, 2)
        assert (points > 0.3).all() and (points < 0.85).all()
        left, right, nose, mouth_left, mouth_right = points
        assert left[0] < nose[0] < right[0]
        assert mouth_left[0] < nose[0] < mouth_right[0]
        assert max(left[1], right[1]) < nose[1] < min(mouth_left[1], mouth_right[1])
