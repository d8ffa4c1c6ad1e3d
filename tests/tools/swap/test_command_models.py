"""`understudy swap --model`: each kind of network out of a store of stand-ins, on real people found by real networks.

The stand-ins have the published names and shapes and compute a known function, so that what is painted can be told.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from onnx import NodeProto

from engines.backends import choose
from engines.backends.survey import ask
from engines.store.catalog import load_catalog
from engines.store.store import default_store
from engines.values import F32, U8, Array
from stream.perception.face_finding import NAMES as NETWORKS
from tests.engines.nets.standins import node, write, write_halving
from tests.stream.portraits import Placed, paint, photo
from tests.tools.commands import AGREED, failed, film, needs_models, times, understudy

pytestmark = needs_models
CATALOG = load_catalog()
LEFT, RIGHT = Placed("astronaut", 170, 250, 120), Placed("hopper", 470, 240, 120)
without_gpu = pytest.mark.skipif(ask("ort-cuda").usable, reason="a GPU is usable: nothing falls back")
NOISE = 14  # levels that marks may move a picture by


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The embedded networks, and stand-ins of the families."""
    root = tmp_path_factory.mktemp("store")
    real = default_store()
    for name in NETWORKS:
        shutil.copy(real.path(name), root / real.model(name).file)
    one = {"one": np.array(1, np.float32), "none": np.array(0, np.float32)}
    # an embedder that answers the crop's brightness cell by cell: the same photo is like itself
    cells = [
        node("AveragePool", ["in0"], "p", kernel_shape=[9, 9], strides=[9, 9]),
        node("Flatten", ["p"], "f"),
        node("ReduceMean", ["f"], "m", axes=[1]),
        node("Sub", ["f", "m"], "c"),
        node("Pad", ["c", "pads"], "out0"),
    ]
    put(root, "arcface_w600k_r50", cells, {"pads": np.array([0, 0, 0, 512 - 432], np.int64)})
    used = [node("ReduceSum", ["source"], "s", keepdims=0), node("Mul", ["s", "none"], "n")]
    white = [*used, node("Add", ["target", "n"], "t"), node("Sub", ["one", "t"], "out0")]
    put(root, "inswapper_128", white, one | {"emap": np.eye(512, dtype=np.float32)}, rows=1)
    red = np.array([1, 0, 0], np.float32).reshape(1, 3, 1, 1)
    # answers the source picture's mean colour: what blendswap makes of a photo can be seen
    mean = [node("ReduceMean", ["source"], "m", axes=[2, 3]), node("Mul", ["target", "none"], "t")]
    put(root, "blendswap_256", [*mean, node("Add", ["m", "t"], "out0")], one)
    put(
        root,
        "xseg_1",
        [node("Slice", ["in0", "from", "to", "axis"], "b"), node("Mul", ["b", "none"], "out0")],
        cut() | one,
    )
    put(
        root,
        "gpen_bfr_256",
        [node("Mul", ["in0", "none"], "z"), node("Add", ["z", "red"], "out0")],
        one | {"red": red * 2 - 1},
    )
    put(root, "yoloface_8n", told(RIGHT), {"none": np.zeros(1, np.float32), "table": table(RIGHT)})
    write_halving(root / "mine.onnx", CATALOG.model("dfm"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNDERSTUDY_MODELS", str(root))
        patch.setenv("UNDERSTUDY_OFFLINE", "1")
        patch.setenv("XDG_CACHE_HOME", str(root / "cache"))
        yield root


def told(_: Placed) -> list[NodeProto]:
    """A detector that answers a fixed table, whatever it is shown."""
    mean = node("ReduceMean", ["in0"], "m", axes=[1, 2, 3], keepdims=0)
    return [mean, node("Mul", ["m", "none"], "n"), node("Add", ["table", "n"], "out0")]


def table(at: Placed) -> F32:
    """One face, in the pixels of 640 x 640."""
    out = np.zeros((1, 20, 8400), np.float32)
    w = at.width
    out[0, :5, 99] = (at.x, at.y, w, 1.3 * w, 0.9)
    for i, (x, y) in enumerate(((-0.2, -0.15), (0.2, -0.15), (0, 0.05), (-0.15, 0.25), (0.15, 0.25))):
        out[0, 5 + 3 * i : 7 + 3 * i, 99] = (at.x + x * w, at.y + y * w)
    return out


def put(root: Path, name: str, nodes: list[NodeProto], weights: Mapping[str, Array], rows: int | str = "n") -> None:
    model = CATALOG.model(name)
    write(root / model.file, model, nodes, weights, rows)


def cut() -> dict[str, Array]:
    """Of the last axis, the first channel."""
    return {"from": np.array([0], np.int64), "to": np.array([1], np.int64), "axis": np.array([3], np.int64)}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pictures")
    pictures = {"two": paint([LEFT, RIGHT], (640, 480)), "astronaut": photo("astronaut"), "hopper": photo("hopper")}
    for name, rgb in pictures.items():
        cv2.imwrite(str(folder / f"{name}.png"), rgb[..., ::-1])
    return {name: folder / f"{name}.png" for name in pictures}


def read(path: Path) -> U8:
    return np.asarray(cv2.cvtColor(np.asarray(cv2.imread(str(path)), np.uint8), cv2.COLOR_BGR2RGB), np.uint8)


def swapped(files: dict[str, Path], out: Path, *words: object) -> U8:
    result = understudy("swap", AGREED, "-y", "-q", files["two"], out, *words)
    assert result.returncode == 0, result.stderr
    return read(out)


def cheek(rgb: U8, at: Placed) -> F32:
    """The mean colour below an eye."""
    x, y = round(at.x - 0.22 * at.width), round(at.y + 0.12 * at.width)
    return np.asarray(rgb[y - 4 : y + 4, x - 4 : x + 4].reshape(-1, 3).mean(axis=0), np.float32)


def test_inswapper_paints_both_faces_and_nothing_else(store: Path, files: dict[str, Path], tmp_path: Path) -> None:
    before = read(files["two"])
    out = tmp_path / "out.png"
    after = swapped(files, out, "-s", files["hopper"], "--model", "inswapper_128", "--who", "all", "--precision", "f32")
    for at in (LEFT, RIGHT):
        assert np.abs(cheek(after, at) - (255 - cheek(before, at))).max() < NOISE
    far = np.s_[:60, :]
    assert np.abs(after[far].astype(int) - before[far]).max() < NOISE


def test_pixel_boost_keeps_four_times_the_detail(store: Path, files: dict[str, Path], tmp_path: Path) -> None:
    """A face of 400 pixels through 128 is soft; through 16 tiles of 128 it is as sharp as it was."""
    big = tmp_path / "big.png"
    cv2.imwrite(str(big), paint([Placed("hopper", 320, 250, 380)], (640, 480))[..., ::-1])
    left = {}
    for boost in (0, 512):
        words = ["-s", files["hopper"], "--model", "inswapper_128", "--pixel-boost", boost, "--precision", "f32"]
        result = understudy("swap", AGREED, "-y", "-q", big, tmp_path / "out.png", *words)
        assert result.returncode == 0, result.stderr
        part = np.s_[180:300, 250:390]
        apart = 255 - read(tmp_path / "out.png")[part].astype(int) - read(big)[part]
        left[boost] = float(np.abs(apart).mean())
    assert left[512] < 0.75 * left[0]


def test_the_reference_photo_chooses_the_face(store: Path, files: dict[str, Path], tmp_path: Path) -> None:
    before = read(files["two"])
    for name, at, other in (("astronaut", LEFT, RIGHT), ("hopper", RIGHT, LEFT)):
        who = f"reference:{files[name]}"
        after = swapped(files, tmp_path / "out.png", "-s", files["hopper"], "--model", "inswapper_128", "--who", who)
        assert np.abs(cheek(after, at) - (255 - cheek(before, at))).max() < NOISE, name
        assert np.abs(cheek(after, other) - cheek(before, other)).max() < NOISE, name


def test_the_mesh_takes_a_reference_too(store: Path, files: dict[str, Path], tmp_path: Path) -> None:
    before = read(files["two"])
    after = swapped(files, tmp_path / "out.png", "-s", files["astronaut"], "--who", f"reference:{files['hopper']}")
    apart = np.abs(after.astype(int) - before).max(axis=2)
    assert apart[:, :320].max() < NOISE < apart[200:300, 420:520].max()


def test_a_picture_swapper_sees_the_photo(store: Path, files: dict[str, Path], tmp_path: Path) -> None:
    """blendswap's stand-in paints the mean colour of the source's aligned crop."""
    after = swapped(files, tmp_path / "out.png", "-s", files["hopper"], "--model", "blendswap_256", "--who", "all")
    left, right = cheek(after, LEFT), cheek(after, RIGHT)
    assert np.abs(left - right).max() < NOISE and 40 < left[0] < 220 and left[0] > left[2] + 10, "skin, not blue"


def test_a_dfm_needs_no_source(store: Path, files: dict[str, Path], tmp_path: Path) -> None:
    added = understudy("models", "add", store / "mine.onnx", "--as", "anna")
    assert added.returncode == 0 and "taken for dfm" in added.stdout
    before = read(files["two"])
    after = swapped(files, tmp_path / "out.png", "--model", "anna", "--who", "left-to-right:1")
    assert np.abs(cheek(after, LEFT) - cheek(before, LEFT) / 2).max() < NOISE
    assert np.abs(cheek(after, RIGHT) - cheek(before, RIGHT)).max() < NOISE
    two = ["-s", files["hopper"], "-s", files["astronaut"]]
    assert "anna is one person" in failed(files["two"], tmp_path / "o.png", "--model", "anna", *two)


def test_a_clip_goes_through_a_network_frame_by_frame(store: Path, files: dict[str, Path], tmp_path: Path) -> None:
    """Every frame's face is the negative of what it was; the report names the network's file."""
    clip, out, report = film(tmp_path / "clip.mp4", 9, with_face=True), tmp_path / "out.mp4", tmp_path / "run.json"
    words = ["-s", files["hopper"], "--model", "inswapper_128", "--precision", "f32", "--report", report]
    result = understudy("swap", AGREED, "-y", "-q", clip, out, *words, "--crf", 4)
    assert result.returncode == 0, result.stderr
    told = json.loads(report.read_text())
    assert [frame["route"] for frame in told["frames"]] == ["fast"] * 9
    before, after = decoded(clip), decoded(out)
    assert len(after) == 9 and times(out) == times(clip)
    for frame, old, new in zip(told["frames"], before, after, strict=True):
        x0, y0, x1, y1 = (round(v) for v in frame["tracks"][0]["box"])
        middle = np.s_[(y0 + y1) // 2 - 6 : (y0 + y1) // 2 + 6, (x0 + x1) // 2 - 6 : (x0 + x1) // 2 + 6]
        assert np.abs(new[middle].mean(axis=(0, 1)) - (255 - old[middle].mean(axis=(0, 1)))).max() < NOISE


def decoded(path: Path) -> list[U8]:
    with av.open(str(path)) as container:
        return [np.asarray(f.to_ndarray(format="rgb24"), np.uint8) for f in container.decode(video=0)]


def test_masks_and_enhancers_go_over_it(store: Path, files: dict[str, Path], tmp_path: Path) -> None:
    """XSeg's stand-in sees no face: nothing is painted. The enhancer's paints red."""
    before = read(files["two"])
    base = ["-s", files["hopper"], "--model", "inswapper_128", "--who", "all"]
    hidden = swapped(files, tmp_path / "a.png", *base, "--mask", "xseg_1")
    assert np.abs(cheek(hidden, LEFT) - cheek(before, LEFT)).max() < NOISE
    red = swapped(files, tmp_path / "b.png", *base, "--enhance", "gpen_bfr_256:1")
    assert np.abs(cheek(red, LEFT) - (255, 0, 0)).max() < 2 * NOISE
    half = swapped(files, tmp_path / "c.png", *base, "--enhance", "gpen_bfr_256:0.5")
    wanted = (np.array([255, 0, 0]) + 255 - cheek(before, LEFT)) / 2
    assert np.abs(cheek(half, LEFT) - wanted).max() < 2 * NOISE


def test_a_chosen_detector_finds_the_faces(store: Path, files: dict[str, Path], tmp_path: Path) -> None:
    """yoloface's stand-in sees the right one alone."""
    before = read(files["two"])
    base = ["-s", files["hopper"], "--model", "inswapper_128", "--who", "all"]
    after = swapped(files, tmp_path / "out.png", *base, "--detector", "yoloface_8n")
    assert np.abs(cheek(after, RIGHT) - (255 - cheek(before, RIGHT))).max() < NOISE
    assert np.abs(cheek(after, LEFT) - cheek(before, LEFT)).max() < NOISE


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--enhance", "gfpgan_1.4"], "--enhance goes with a swapping network; add --model NAME"),
        (["--pixel-boost", "512"], "--pixel-boost goes with"),
        (["--mask", "xseg_1"], "--mask goes with"),
        (["--model", "inswaper"], "no model is called 'inswaper'"),
        (["--model", "hyperswap_1a_256"], "understudy models pull hyperswap_1a_256 --accept-licence"),
        (["--model", "xseg_1"], "xseg_1 is a network that masks faces, for --mask; a swapping network is wanted"),
        (["--model", "inswapper_128", "--pixel-boost", "500"], "take 128, 256, 512, 1024"),
        (["--model", "inswapper_128", "--precision", "int8"], "models compile inswapper_128 --precision int8"),
        (["--model", "inswapper_128", "--enhance", "gfpgan_1.4"], "models pull gfpgan_1.4"),
        (["--model", "inswapper_128", "--enhance", "gpen_bfr_256:2"], "a share from 0 to 1"),
        (
            ["--model", "inswapper_128", "--mask", "gpen_bfr_256"],
            "gpen_bfr_256 is a network that sharpens faces, for --enhance; a network that masks faces is",
        ),
        (
            ["--detector", "inswapper_128"],
            "inswapper_128 is a swapping network, for --model; a face detector is wanted: scrfd_det_10g",
        ),
        (["--detector", "scrfd_2.5g"], "models pull scrfd_2.5g --accept-licence"),
        (["--who", "reference:nobody.jpg"], "there is no such photo"),
        pytest.param(
            ["--device", "cuda", "--strict-device"], "--strict-device: ort-cuda is not usable", marks=without_gpu
        ),
    ],
)
def test_what_cannot_be_is_one_line(
    store: Path, files: dict[str, Path], tmp_path: Path, words: list[str], says: str
) -> None:
    line = failed("-q", "-s", files["hopper"], files["two"], tmp_path / "out.png", *words)
    assert says in line
    assert list(tmp_path.iterdir()) == []


@without_gpu
def test_falling_back_is_said_once_and_loudly(
    store: Path, files: dict[str, Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    choose.announce.cache_clear()
    words = ["-s", files["hopper"], "--model", "inswapper_128", "--device", "cuda"]
    swapped(files, tmp_path / "out.png", *words)
    said = [r.getMessage() for r in caplog.records if "not usable" in r.getMessage()]
    assert len(said) == 1 and "models run on the CPU with OpenVINO, far slower" in said[0]
