"""What is wanted of a swap: as people write it, what goes with what, and what is said where it does not."""

from dataclasses import fields, replace
from enum import StrEnum
from pathlib import Path

import pytest

from engines.errors import UnderstudyError
from stream.pipeline.choices import Device, OnMiss, Precision, RefinerName, Routing
from stream.pipeline.spec import KINDS, Enhance, SwapSpec, read_enhance, read_spec

PHOTO = Path("face.png")


def test_nothing_said_is_the_embedded_mesh_on_the_largest_face() -> None:
    spec = read_spec({}, ((PHOTO,),))
    assert spec == SwapSpec(source=((PHOTO,),))
    assert (spec.model, spec.routing, spec.refiner, spec.device) == (None, "auto", "inverted", "auto")
    assert [rule.who.kind for rule in spec.rules] == ["largest"]
    assert read_spec(dict.fromkeys(KINDS)) == SwapSpec(), "None is not said"


def test_every_option_is_kept_in_its_field(tmp_path: Path) -> None:
    file = tmp_path / "own.onnx"
    file.touch()
    told: dict[str, object] = {
        "who": "all",
        "map": [],
        "device": "cpu",
        "strict_device": True,
        "model": "ghost_1_256",
        "precision": "int8",
        "pixel_boost": 512,
        "morph": 0.2,
        "enhance": "gpen_bfr_256:0.3",
        "mask": ["xseg_1", "xseg_2"],
        "detector": "yunet_2023_mar",
        "routing": "xseg",
        "refiner": "dkt",
        "occlusion": str(file),
        "eyewear": str(file),
        "light": str(file),
        "thresholds": file,
        "strength": 1,
        "most_faces": 3,
        "on_miss": "blur",
        "strict_faces": True,
    }
    assert told.keys() == KINDS.keys() == {f.name for f in fields(SwapSpec)} - {"source"}
    assert read_spec(told) == SwapSpec(
        who="all",
        device=Device.CPU,
        strict_device=True,
        model="ghost_1_256",
        precision=Precision.INT8,
        pixel_boost=512,
        morph=0.2,
        enhance=Enhance("gpen_bfr_256", 0.3),
        mask=("xseg_1", "xseg_2"),
        detector="yunet_2023_mar",
        routing=Routing.XSEG,
        refiner=RefinerName.DKT,
        occlusion=file,
        eyewear=file,
        light=file,
        thresholds=file,
        most_faces=3,
        on_miss=OnMiss.BLUR,
        strict_faces=True,
    )


WRONG: dict[type, object] = {int: "four", float: "half", bool: 1, str: 5, list: 5, Path: 7}


@pytest.mark.parametrize("name", KINDS)
def test_a_value_of_another_kind_is_refused_by_its_options_name(name: str) -> None:
    kind = KINDS[name]
    wrong = "nonsense" if issubclass(kind, StrEnum) else WRONG[kind]
    with pytest.raises(UnderstudyError, match=f"^--{name.replace('_', '-')}"):
        read_spec({name: wrong})


@pytest.mark.parametrize(("name", "value"), [("pixel_boost", True), ("strength", True), ("mask", ["a", 1])])
def test_truth_is_no_number_and_a_list_holds_texts(name: str, value: object) -> None:
    with pytest.raises(UnderstudyError, match=f"^--{name.replace('_', '-')}"):
        read_spec({name: value})


def test_an_unknown_name_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(UnderstudyError, match=r"no option is called colour; known are who, .*strict_faces"):
        read_spec({"colour": "red"})


def test_a_text_is_a_list_of_one() -> None:
    assert read_spec({"mask": "xseg_1", "model": "inswapper_128"}).mask == ("xseg_1",)


@pytest.mark.parametrize(
    ("name", "value"), [("precision", "f32"), ("pixel_boost", 256), ("enhance", "gfpgan_1.4"), ("mask", ["xseg_1"])]
)
def test_what_needs_a_model_says_so(name: str, value: object) -> None:
    with pytest.raises(UnderstudyError, match=f"^--{name.replace('_', '-')} goes with a swapping network; add --model"):
        read_spec({name: value})
    assert read_spec({name: value, "model": "inswapper_128"}).model == "inswapper_128"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"pixel_boost": 4096}, "--pixel-boost 4096: write the side in pixels, at most 2048"),
        ({"pixel_boost": -1}, "--pixel-boost -1"),
        ({"morph": 1.5}, "--morph 1.5: write a number from 0 to 1"),
        ({"strength": -0.1}, "--strength -0.1"),
        ({"strength": float("nan")}, "--strength nan"),
        ({"most_faces": 0}, "--most-faces 0"),
        ({"occlusion": "nowhere.onnx"}, "--occlusion nowhere.onnx is no file"),
        ({"eyewear": "nowhere.onnx"}, "--eyewear nowhere.onnx is no file"),
        ({"light": "nowhere.onnx"}, "--light nowhere.onnx is no file"),
        ({"thresholds": "nowhere.toml"}, "--thresholds nowhere.toml is no file"),
        ({"who": "nonsense"}, "'nonsense' names nobody"),
        ({"who": "all", "map": ["1=all"]}, "--who and --map exclude each other"),
        ({"map": ["7=all"]}, "SOURCE from 1 to 1"),
        ({"who": "reference:nobody.jpg"}, "reference:nobody.jpg: there is no such photo"),
    ],
)
def test_what_cannot_be_is_refused_with_the_fix(change: dict[str, object], words: str) -> None:
    with pytest.raises(UnderstudyError) as refused:
        read_spec({"model": "inswapper_128"} | change, ((PHOTO,),))
    assert words in str(refused.value)


def test_several_people_go_by_maps_or_from_left_to_right() -> None:
    people = ((PHOTO,), (PHOTO,))
    assert [(r.source, r.who.n) for r in read_spec({}, people).rules] == [(0, 1), (1, 2)]
    assert [(r.source, r.who.kind) for r in read_spec({"map": ["2=all"]}, people).rules] == [(1, "all")]
    with pytest.raises(UnderstudyError, match="--who all with 2 sources"):
        read_spec({"who": "all"}, people)


@pytest.mark.parametrize(
    ("text", "meant"),
    [("a", ("a", 0.8)), ("a:0", ("a", 0.0)), ("a:1", ("a", 1.0)), ("gfpgan_1.4:.25", ("gfpgan_1.4", 0.25))],
)
def test_shares_are_read(text: str, meant: tuple[str, float]) -> None:
    assert read_enhance(text) == Enhance(*meant)


@pytest.mark.parametrize("text", [":0.5", "a:", "a:1.1", "a:-0.1", "a:much", "a:nan"])
def test_shares_that_are_none_are_told(text: str) -> None:
    with pytest.raises(UnderstudyError, match="NAME:SHARE with a share from 0 to 1"):
        read_enhance(text)


def test_live_never_shows_a_face_to_paint() -> None:
    assert SwapSpec().for_live().on_miss is OnMiss.HOLD
    assert SwapSpec(on_miss=OnMiss.BLUR).for_live().on_miss is OnMiss.BLUR
    with pytest.raises(UnderstudyError, match="take hold or blur"):
        SwapSpec(on_miss=OnMiss.SHOW).for_live()


def test_specs_that_differ_in_people_alone_share_their_networks() -> None:
    one = SwapSpec(source=((PHOTO,),), who="all", strength=0.5)
    other = SwapSpec(source=((Path("b.png"),),), map=("1=largest",))
    assert one.networks == other.networks
    assert hash(one.networks) == hash(other.networks)
    for change in ({"model": "inswapper_128"}, {"device": Device.CUDA}, {"strict_device": True}, {"detector": "x"}):
        assert replace(one, **change).networks != one.networks


def test_the_words_of_precision_are_those_of_the_engines() -> None:
    from engines.backends.openvino import PRECISIONS

    assert {p.value for p in Precision} == {"auto", *PRECISIONS}
