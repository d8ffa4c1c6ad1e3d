"""`models compile` end to end on a store with one small model, and the feeds it makes of a folder."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import typer
from onnx import TensorProto, helper, numpy_helper
from typer.testing import CliRunner

from engines.errors import InputError, UnderstudyError
from engines.graph.load import save
from engines.nets.net import tensor
from engines.protocol import Spec
from engines.store.catalog import load_catalog
from engines.store.store import Store
from tools.models import compile as command
from tools.models.feeds import feeds, synthetic

SPECS = {"target": Spec((1, 3, 128, 128), "float32"), "source": Spec((1, 512), "float32")}


def photos(folder: Path, count: int = 3) -> Path:
    folder.mkdir(exist_ok=True)
    for i, image in enumerate(synthetic(160, count)):
        cv2.imwrite(str(folder / f"{i}.png"), image)
    return folder


def test_crops_become_the_networks_input(tmp_path: Path) -> None:
    model = load_catalog().model("inswapper_128")
    image = np.zeros((128, 128, 3), np.uint8)
    image[..., 2] = 255  # red, as OpenCV writes it
    cv2.imwrite(str(tmp_path / "a.png"), image)
    [batch] = feeds(model, SPECS, tmp_path)()
    assert np.array_equal(batch["target"], tensor(model, image[None, ..., ::-1]))
    assert batch["target"][0, :, 5, 5].tolist() == [1, 0, 0]
    assert np.linalg.norm(batch["source"]) == pytest.approx(1, abs=1e-5)


def test_the_same_feeds_every_time(tmp_path: Path) -> None:
    made = feeds(load_catalog().model("inswapper_128"), SPECS, photos(tmp_path / "crops"))
    first, second = list(made()), list(made())
    assert len(first) == 3
    assert all(np.array_equal(a[n], b[n]) for a, b in zip(first, second, strict=True) for n in a)
    assert not np.array_equal(first[0]["source"], first[1]["source"])


def test_arrays_beside_the_crops_are_taken(tmp_path: Path) -> None:
    folder = photos(tmp_path / "crops", 2)
    np.savez(folder / "more.npz", source=np.arange(1024, dtype=np.float64).reshape(2, 512))
    batches = list(feeds(load_catalog().model("inswapper_128"), SPECS, folder)())
    assert batches[1]["source"].tolist() == [list(range(512, 1024))]
    assert batches[1]["source"].dtype == np.float32


def test_a_picture_as_source_is_the_next_crop(tmp_path: Path) -> None:
    specs = {"target": Spec((1, 3, 256, 256), "float32"), "source": Spec((1, 3, 112, 112), "float32")}
    batches = list(feeds(load_catalog().model("blendswap_256"), specs, photos(tmp_path / "c"))())
    assert batches[0]["source"].shape == (1, 3, 112, 112)
    small = cv2.resize(batches[1]["target"][0].transpose(1, 2, 0), (112, 112), interpolation=cv2.INTER_AREA)
    assert np.abs(batches[0]["source"][0].transpose(1, 2, 0) - small).max() < 0.03


def test_folders_without_crops_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no pictures"):
        feeds(load_catalog().model("inswapper_128"), SPECS, tmp_path)
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"a\.png is no picture"):
        list(feeds(load_catalog().model("inswapper_128"), SPECS, tmp_path)())


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store that holds a small xseg-like network under the name of xseg_1, unpinned as it is in the catalogue."""
    model = load_catalog().model("xseg_1")
    graph = helper.make_graph(
        [
            helper.make_node("Transpose", ["in"], ["t"], perm=[0, 3, 1, 2]),
            helper.make_node("Conv", ["t", "w"], ["c"], kernel_shape=[3, 3], pads=[1] * 4),
            helper.make_node("Sigmoid", ["c"], ["s"]),
            helper.make_node("Transpose", ["s"], ["out"], perm=[0, 2, 3, 1]),
        ],
        "net",
        [helper.make_tensor_value_info("in", TensorProto.FLOAT, [1, 256, 256, 3])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, 256, 256, 1])],
        [numpy_helper.from_array(np.random.default_rng(0).standard_normal((1, 3, 3, 3)).astype(np.float32), "w")],
    )
    root = tmp_path / "store"
    root.mkdir()
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), root / model.file)
    catalog = replace(load_catalog(), models={"xseg_1": replace(model, sha256="", size=0)})
    made = Store(root, catalog)
    monkeypatch.setattr(command, "default_store", lambda: made)
    return made


def invoke(*arguments: str) -> str:
    app = typer.Typer()
    app.command("compile")(command.compile_)
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_int8_is_made_measured_and_installed(store: Store, tmp_path: Path) -> None:
    output = invoke("xseg_1", "--precision", "int8", "--calibrate", str(photos(tmp_path / "crops")))
    assert "PSNR" in output and "Conv" in output and "installed:" in output
    [made] = (store.root / "compiled").glob("xseg_1-int8-*.onnx")
    assert made.with_suffix(".json").is_file()


def test_fp16_without_crops_says_what_it_was_measured_on(store: Store) -> None:
    assert "soft noise" in invoke("xseg_1", "--precision", "fp16")
    assert list((store.root / "compiled").glob("xseg_1-f16-*.onnx"))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--precision", "int8"), "--calibrate FOLDER"),
        (("--precision", "fp8"), "fp16, bf16 or int8"),
        (("--precision", "bf16", "--method", "guess"), "minmax, percentile, entropy"),
    ],
)
def test_wrong_wishes_are_answered(store: Store, arguments: tuple[str, ...], says: str) -> None:
    with pytest.raises(UnderstudyError, match=says):
        invoke("xseg_1", *arguments)
    assert not (store.root / "compiled").exists()


def test_a_tflite_model_has_no_copies() -> None:
    """Told before its file, which need not be there, is looked for."""
    with pytest.raises(UnderstudyError, match="face_landmark is a TFLite file, which runs in f32 alone"):
        invoke("face_landmark", "--precision", "bf16")
