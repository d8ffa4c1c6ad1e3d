"""The options of swapping networks: what they mean, what goes together, and what a troupe makes of sizes."""

from functools import partial
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from engines.backends.reference import ReferenceEngine
from engines.errors import ModelError, UnderstudyError
from engines.nets.net import Net
from engines.nets.pasted import Asked
from engines.nets.shared import SharedEngines
from engines.nets.swapper import Swapper
from engines.protocol import Spec
from engines.store.catalog import load_catalog
from engines.store.store import Store
from engines.values import Region
from stream.perception.face_selection import Rule, Who
from tests.engines.nets.standins import node, write
from tests.stream.portraits import needs_models, networks, photo
from tools.swap import chosen
from tools.swap.chosen import Chosen, baked, read, read_share
from tools.swap.ensemble import Ensemble, for_files
from tools.swap.troupe import check_boost, open_eyes, open_likeness, read_photos, read_sources

NOTHING = ("auto", 0, 0.75, None, None, None, False)


def test_nothing_said_is_the_mesh() -> None:
    assert read(None, *NOTHING) == Chosen()
    assert read("", *NOTHING).model == ""


def test_everything_said_is_kept() -> None:
    got = read("ghost_1_256", "int8", 512, 0.2, "gpen_bfr_256:0.3", ["xseg_1", "xseg_2"], "yunet_2023_mar", True)
    assert got == Chosen(
        "ghost_1_256", "int8", 512, 0.2, "gpen_bfr_256", 0.3, ("xseg_1", "xseg_2"), "yunet_2023_mar", True
    )


def test_a_detector_and_a_strict_device_need_no_model() -> None:
    got = read(None, "auto", 0, 0.75, None, None, "yunet_2023_mar", True)
    assert (got.model, got.detector, got.strict) == ("", "yunet_2023_mar", True)


@pytest.mark.parametrize(
    ("given", "option"),
    [
        (("f32", 0, 0.75, None, None), "--precision"),
        (("auto", 256, 0.75, None, None), "--pixel-boost"),
        (("auto", 0, 0.75, "gfpgan_1.4", None), "--enhance"),
        (("auto", 0, 0.75, None, ["xseg_1"]), "--mask"),
    ],
)
def test_what_needs_a_model_says_so(given: tuple[str, int, float, str | None, list[str] | None], option: str) -> None:
    with pytest.raises(UnderstudyError, match=f"^{option} goes with a swapping network; add --model NAME"):
        read(None, *given, None, False)
    assert read("inswapper_128", *given, None, False).model == "inswapper_128"


@pytest.mark.parametrize(
    ("text", "meant"),
    [("a", ("a", 0.8)), ("a:0", ("a", 0.0)), ("a:1", ("a", 1.0)), ("gfpgan_1.4:.25", ("gfpgan_1.4", 0.25))],
)
def test_shares_are_read(text: str, meant: tuple[str, float]) -> None:
    assert read_share(text) == meant


@pytest.mark.parametrize("text", [":0.5", "a:", "a:1.1", "a:-0.1", "a:much", "a:nan"])
def test_shares_that_are_none_are_told(text: str) -> None:
    with pytest.raises(UnderstudyError, match="NAME:SHARE with a share from 0 to 1"):
        read_share(text)


@pytest.mark.parametrize(("own", "side", "tiles"), [(128, 128, 1), (128, 512, 16), (256, 512, 4), (128, 1024, 64)])
def test_boost_counts_tiles(own: int, side: int, tiles: int) -> None:
    assert check_boost("net", own, side) == tiles


@pytest.mark.parametrize(("own", "side"), [(128, 500), (256, 128), (128, 2048), (128, 64)])
def test_boost_refuses_other_sizes_and_names_some(own: int, side: int) -> None:
    with pytest.raises(UnderstudyError, match=rf"--pixel-boost {side}: net has {own} pixels; take {own}, {2 * own}, "):
        check_boost("net", own, side)


def test_only_a_dfm_brings_its_own_face(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNDERSTUDY_MODELS", str(tmp_path / "store"))
    assert baked(Chosen()) == [] and baked(Chosen("inswapper_128")) == []
    store = Store(tmp_path / "store", load_catalog())
    dfm = load_catalog().model("dfm")
    nodes = [node("Identity", ["in_face:0"], "out_celeb_face:0")]
    nodes += [node("ReduceMax", ["in_face:0"], f"out_{kind}:0", axes=[3]) for kind in ("face_mask", "celeb_face_mask")]
    store.add(write(tmp_path / "anna.dfm", dfm, nodes), "anna")
    assert baked(Chosen("anna")) == [str(tmp_path / "store" / "anna.dfm")]
    with pytest.raises(ModelError, match="no model is called"):
        baked(Chosen("bert"))


def test_the_words_of_precision_are_those_of_the_engines() -> None:
    from engines.backends.openvino import PRECISIONS

    assert {p.value for p in chosen.Precision} == {"auto", *PRECISIONS}


def test_nobody_is_opened_who_was_not_asked_for(tmp_path: Path) -> None:
    store = Store(tmp_path, load_catalog())
    assert open_eyes(Chosen(), "cpu", store) == (None, {})
    assert open_likeness([Rule(0, Who("all"))], None, store, "cpu", False) is None  # type: ignore[arg-type]


class TestSources:
    pytestmark = needs_models

    def photos(self, folder: Path) -> list[Path]:
        import cv2

        for name in ("hopper", "astronaut"):
            cv2.imwrite(str(folder / f"{name}.png"), photo(name)[..., ::-1])
        return [folder / "hopper.png", folder / "astronaut.png"]

    def swapper(self, name: str) -> Swapper:
        model = load_catalog().model(name)
        inputs = {t.name: Spec((-1, *t.shape[1:]), "float32") for t in model.inputs}
        target = inputs["target"]
        return Swapper(Net(model, ReferenceEngine(inputs, {"o": target}, lambda feeds: {"o": feeds["target"]})))

    def test_a_picture_swapper_gets_a_row_a_person_and_says_what_it_left(self, tmp_path: Path) -> None:
        store = Store(tmp_path / "store", load_catalog())
        hopper, astronaut = self.photos(tmp_path)
        people = [partial(read_photos, photos) for photos in ([hopper], [astronaut, hopper])]
        rows, notes = read_sources(self.swapper("uniface_256"), people, networks(), store, None)  # type: ignore[arg-type]
        assert rows.shape == (2, 3, 256, 256) and rows.min() >= 0 and rows.max() <= 1
        assert np.abs(rows[0] - rows[1]).mean() > 0.05
        assert notes == (f"uniface_256 takes one picture of a person: {astronaut} is used",)

    def test_an_embedding_swapper_asks_for_the_embedder(self, tmp_path: Path) -> None:
        store = Store(tmp_path / "store", load_catalog(), offline=True)
        model = load_catalog().model("inswapper_128")
        (tmp_path / "store").mkdir()
        weights = {"none": np.array(0, np.float32), "emap": np.eye(512, dtype=np.float32)}
        nodes = [node("ReduceSum", ["source"], "s", keepdims=0), node("Mul", ["s", "none"], "n")]
        write(tmp_path / "store" / model.file, model, [*nodes, node("Add", ["target", "n"], "out0")], weights)
        with pytest.raises(ModelError, match="arcface_w600k_r50 is not in"):
            for_files(Chosen("inswapper_128", "f32"), "cpu", store, networks()).sources(
                [partial(read_photos, self.photos(tmp_path))]
            )

    def test_a_reference_asks_for_the_embedder_and_says_why(self, tmp_path: Path) -> None:
        store = Store(tmp_path / "store", load_catalog())
        rules = [Rule(0, Who("reference", photo=str(self.photos(tmp_path)[0])))]
        with pytest.raises(ModelError, match=r"compares faces with arcface_w600k_r50: .* --accept-licence"):
            open_likeness(rules, networks(), store, "cpu", False)

    def test_two_streams_share_a_troupes_networks(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Two rooms with faces of their own on one swapper: their faces meet in one call."""
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        (tmp_path / "store").mkdir()
        model = load_catalog().model("uniface_256")
        mean = [node("ReduceMean", ["source"], "m", axes=[2, 3]), node("Mul", ["target", "none"], "t")]
        weights = {"none": np.array(0, np.float32)}
        write(tmp_path / "store" / model.file, model, [*mean, node("Add", ["m", "t"], "out0")], weights)
        store = Store(tmp_path / "store", load_catalog())
        ensemble = Ensemble(Chosen("uniface_256", "f32"), "cpu", store, networks(), SharedEngines(wait=60))
        read = [ensemble.sources([partial(read_photos, [path])]) for path in self.photos(tmp_path)]
        rooms = [ensemble.troupe(sources, i) for i, sources in enumerate(read)]
        mesh = np.zeros((468, 3), np.float32)
        mesh[[362, 263, 386, 374], 0], mesh[[1, 4, 61, 291], 1] = 40, 40
        mesh += np.array([20, 20, 0], np.float32)
        faces = [Asked(Region(0, 0, np.zeros((90, 90, 3), np.uint8)), mesh) for _ in rooms]
        shown: dict[int, float] = {}

        def paint(i: int) -> None:
            [patch] = rooms[i].together([faces[i]])
            assert patch is not None
            shown[i] = float(patch.rgb.mean())

        threads = [Thread(target=paint, args=(i,)) for i in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        [(calls, rows)] = ensemble.hub.calls.values()
        ensemble.close()
        assert (calls, rows) == (1, 2)
        assert abs(shown[0] - shown[1]) > 3, "each its own person"
