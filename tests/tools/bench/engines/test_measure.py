"""Parts of `bench engines` and of calibration by themselves: feeds, ceilings, subjects, what JSON is made of them."""

import time
from pathlib import Path

import numpy as np
import pytest

from engines.backends.compiled import installed
from engines.backends.openvino import open_openvino
from engines.errors import InputError, ModelError, OutputError, UnderstudyError
from engines.graph.load import load, save
from engines.protocol import Spec
from engines.store.catalog import load_catalog
from engines.store.store import Store, default_store
from tests.engines.nets.standins import node, write
from tools.bench.engines import command as bench_engines
from tools.bench.engines import measure as enginebench
from tools.bench.engines.contenders import PRECISIONS, Contender, ContenderRow, Subject, repeated, rows
from tools.bench.engines.matmul_peak import middle, open_product, product, timed
from tools.bench.engines.measure import EngineResults, as_json, backends, standin_feeds, subject
from tools.models.feeds import feeds, is_picture, side, synthetic

CATALOG = load_catalog()


def test_the_product_is_a_product() -> None:
    """y = x w, with weights that keep the size of what goes through."""
    model = product(32)
    [weight] = [t for t in model.graph.initializer if t.name == "w"]
    w = np.frombuffer(weight.raw_data, np.float32).reshape(32, 32)
    assert w.std() == pytest.approx(32**-0.5, rel=0.1)
    assert [n.op_type for n in model.graph.node] == ["MatMul"]


@pytest.mark.parametrize("precision", PRECISIONS["openvino"])
def test_a_ceiling_opens_in_every_precision(precision: str) -> None:
    made = open_product(precision, "openvino", 1, side=64)
    x = np.ones((64, 64), np.float32)
    [y] = made.session.run({"x": x}).values()
    weight = np.frombuffer(product(64).graph.initializer[0].raw_data, np.float32).reshape(64, 64)
    # int8: ranges of -4 to 4 in 255 steps
    assert np.abs(np.asarray(y, np.float32) - x @ weight).max() < {"f32": 1e-4, "bf16": 0.05, "int8": 0.2}[precision]


def test_time_is_taken_of_one_call_and_the_middle_counts() -> None:
    assert 0.02 <= timed(lambda: time.sleep(0.02)) < 0.2
    assert middle([3.0, 1.0, 100.0]) == 3.0
    assert middle([1.0, 2.0]) == 1.5


def test_rows_are_repeated_in_every_feed() -> None:
    given = repeated(standin_feeds(), 3)
    assert {name: array.shape for name, array in given.items()} == {"target": (3, 3, 128, 128), "source": (3, 512)}
    assert np.array_equal(given["target"][0], given["target"][2])
    assert np.linalg.norm(given["source"][1].astype(np.float64)) == pytest.approx(1, abs=1e-5)


def test_a_rows_figures_follow_from_its_times() -> None:
    model = Subject("m", Path("m"), {}, 5_000_000_000, None)
    field = [Contender("openvino", "bf16", 4, None, {}, [0.3, 0.1, 0.2], 0.01)]  # type: ignore[arg-type]
    [row] = rows(model, field, {("openvino", "bf16"): 200.0})
    assert (row.model, row.backend, row.precision, row.batch, row.error) == ("m", "openvino", "bf16", 4, 0.01)
    figures = (row.ms, row.faces_per_s, row.gmacs_per_s, row.ceiling_share)
    assert figures == pytest.approx((200, 20, 100, 0.5))


def test_a_precisions_ceiling_is_the_best_runtimes() -> None:
    row = ContenderRow("m", "openvino", "f32", 1, 1.23456789, 2, 3, 0.5, 0)
    told = as_json(
        EngineResults({("openvino", "f32"): 40.0, ("ort-cpu", "f32"): 44.444, ("openvino", "int8"): 160.0}, (row,))
    )
    assert told["ceiling"] == {"f32": 44.44, "int8": 160.0}
    assert told["ceiling_by_backend"] == {"openvino f32": 40.0, "ort-cpu f32": 44.44, "openvino int8": 160.0}
    assert told["rows"] == [
        {
            "model": "m",
            "backend": "openvino",
            "precision": "f32",
            "batch": 1,
            "ms": 1.234568,
            "faces_per_s": 2,
            "gmacs_per_s": 3,
            "ceiling_share": 0.5,
            "error": 0,
        }
    ]


def test_runtimes_are_those_that_are_named_in_that_order() -> None:
    usable = backends("")
    assert "openvino" in usable
    assert backends(" openvino ,") == ["openvino"]
    with pytest.raises(UnderstudyError, match="no runtime is called 'openvin'"):
        backends("openvino,openvin")


def test_a_model_of_the_store_brings_its_compiled_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "store"
    root.mkdir()
    model = CATALOG.model("crossface_ghost")
    weight = {"w": np.eye(512, dtype=np.float32)}
    path = write(root / model.file, model, [node("MatMul", ["in0", "w"], "out0")], weight, rows=1)
    store = Store(root, CATALOG)
    monkeypatch.setattr(enginebench, "default_store", lambda: store)
    bare = subject(model.name, tmp_path, int8=True)
    assert (bare.path, bare.macs, bare.int8) == (path, 512 * 512, None)
    copy = installed(root / "compiled", model.name, "int8", path)
    copy.parent.mkdir()
    save(load(path), copy)
    assert subject(model.name, tmp_path, int8=True).int8 == copy
    assert bare.feeds["in0"].shape == (1, 512)


def test_a_result_that_cannot_be_written_is_told_before_anything_is_measured(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="there is no folder"):
        bench_engines.engines(to=tmp_path / "none" / "f.json", batch="1")


# ---- what calibration feeds


def test_a_dfm_is_fed_a_morph_and_its_own_size() -> None:
    model = CATALOG.model("dfm")
    inputs = {"in_face:0": Spec((-1, 96, 96, 3), "float32"), "morph_value:0": Spec((1,), "float32")}
    batches = list(feeds(model, inputs, None)())
    assert len(batches) == 8, "soft noise where nothing is given"
    assert batches[0]["in_face:0"].shape == (1, 96, 96, 3) and batches[0]["morph_value:0"].tolist() == [0.75]
    free = {"in_face:0": Spec((-1, -1, -1, 3), "float32")}
    assert next(iter(feeds(model, free, None)()))["in_face:0"].shape == (1, 224, 224, 3), "DeepFaceLive's usual size"


def test_sides_are_read_from_the_file_and_else_from_the_catalogue() -> None:
    model = CATALOG.model("xseg_1")
    assert side(model, Spec((-1, 128, 128, 3), "float32")) == 128
    assert side(model, Spec((-1, -1, -1, 3), "float32")) == 256
    assert [is_picture(t) for t in CATALOG.model("inswapper_128").inputs] == [False, True]


def test_noise_is_soft_coloured_and_whole() -> None:
    made = synthetic(96, 3)
    assert [(image.shape, image.dtype.name) for image in made] == [((96, 96, 3), "uint8")] * 3
    for image in made:
        assert image.min() <= 1 and image.max() >= 254, "the whole span"
        assert np.abs(np.diff(image.astype(int), axis=1)).mean() < 12, "no pixel noise"
    assert not np.array_equal(made[0], made[1])


def test_an_empty_folder_names_the_command_that_fills_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"understudy models crops xseg_1 CLIP\.\.\. --to "):
        feeds(CATALOG.model("xseg_1"), {"x": Spec((-1, 256, 256, 3), "float32")}, tmp_path)


def test_networks_of_numbers_need_no_pictures(tmp_path: Path) -> None:
    """A converter is calibrated with an .npz alone."""
    np.savez(tmp_path / "e.npz", in0=np.arange(1024, dtype=np.float64).reshape(2, 512))
    batches = list(feeds(CATALOG.model("crossface_ghost"), {"in0": Spec((-1, 512), "float32")}, tmp_path)())
    assert [float(b["in0"][0, 0]) for b in batches] == [0, 512]
    assert all(b["in0"].dtype == np.float32 and b["in0"].shape == (1, 512) for b in batches)


def test_the_standins_feeds_fit_the_standin(tmp_path: Path) -> None:
    from engines.graph.standin import standin

    save(standin(width=8, blocks=1)[0], tmp_path / "m.onnx")
    out = open_openvino(tmp_path / "m.onnx").session().run(standin_feeds())["output"]
    assert out.shape == (1, 3, 128, 128)


def test_a_tflite_model_is_refused_for_what_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is healthy: other runtimes have nothing to run of it."""
    monkeypatch.setenv("UNDERSTUDY_MODELS", str(tmp_path))
    (tmp_path / "mine.tflite").write_bytes(b"\x1c\x00\x00\x00TFL3")
    store = default_store()
    store.ledger.update("mine", file="mine.tflite", like="face_landmark", origin="added")
    with pytest.raises(ModelError, match=r"mine is a TFLite file, which OpenVINO alone runs.*models list --here"):
        subject("mine", tmp_path, int8=False)
