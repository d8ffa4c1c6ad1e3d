"""`understudy models` as a user types it, with a folder as mirror and a store of its own."""

import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from typer.testing import CliRunner, Result

from engines.errors import ModelError
from engines.store.store import default_store
from tools.models.command import STARTER, app, complete, starters


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty store, a mirror with one file, and no network."""
    (tmp_path / "mirror").mkdir()
    monkeypatch.setenv("UNDERSTUDY_MODELS", str(tmp_path / "store"))
    monkeypatch.setenv("UNDERSTUDY_MIRROR", str(tmp_path / "mirror"))
    monkeypatch.setenv("UNDERSTUDY_OFFLINE", "1")
    (tmp_path / "mirror" / "2dfan4.onnx").write_bytes(b"points")
    (tmp_path / "mirror" / "inswapper_128.onnx").write_bytes(b"swap")
    return tmp_path


def call(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def refused(*words: str) -> str:
    result = call(*words)
    assert isinstance(result.exception, ModelError)
    return str(result.exception)


def swapper(path: Path, side: int) -> Path:
    weight = numpy_helper.from_array(np.zeros((1, 3, side, side), np.float32), "w")
    given = {"target": [1, 3, side, side], "source": [1, 512]}
    inputs = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in given.items()]
    outputs = [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 3, side, side])]
    graph = helper.make_graph([helper.make_node("Identity", ["w"], ["output"])], "g", inputs, outputs, [weight])
    onnx.save(helper.make_model(graph), str(path))
    return path


def test_list_shows_every_model_its_licence_and_what_is_here(root: Path) -> None:
    call("pull", "2dfan4", "--quiet")
    lines = {line.split()[0]: line.split() for line in call("list").stdout.splitlines()[2:] if line.strip()}
    assert lines["2dfan4"][1:] == ["landmark", "256", "px", "BGR", "MIT", "0.0", "yes"]
    assert lines["inswapper_128"][1:] == ["swap", "128", "px", "RGB", "non-commercial", "~555", "no"]
    assert lines["blendswap_256"][1:] == ["swap", "256", "px", "RGB", "non-commercial", "?", "no"]
    assert lines["dfm"][-2:] == ["bring", "yours"]
    assert set(default_store().catalog.models) <= set(lines)
    assert "Start with these:" in call("list").stdout
    here = call("list", "--here").stdout
    assert "Start with" not in here
    assert "2dfan4" in here
    assert "inswapper" not in here


def test_list_shows_one_task(root: Path) -> None:
    lines = call("list", "--task", "enhance").stdout.splitlines()
    names = [line.split()[0] for line in lines[2:] if "enhance" in line]
    assert set(names) == {m.name for m in default_store().catalog.models.values() if m.task == "enhance"}
    assert not any("Start with" in line or "inswapper" in line for line in lines)
    assert "--task 'look': there is detect" in refused("list", "--task", "look")


def test_the_first_commands_pull_models_that_exist_with_the_licences_that_they_want(root: Path) -> None:
    catalog = default_store().catalog
    for command, why in starters(default_store()):
        assert command.startswith("understudy models pull") and len(command) <= STARTER
        words = command.split()[3:]
        names = [word for word in words if not word.startswith("-")]
        gated = any(catalog.model(name).licence.gated for name in names)
        assert ("--accept-licence" in words) == gated
        assert " MB" in why


def test_names_are_completed(root: Path) -> None:
    assert complete("inswapper") == ["inswapper_128", "inswapper_128_fp16"]
    assert "dfm" not in complete("d")


def test_pull_prints_where_the_file_is(root: Path) -> None:
    result = call("pull", "2dfan4")
    assert result.stdout.strip() == str(root / "store" / "2dfan4.onnx")
    assert (root / "store" / "2dfan4.onnx").read_bytes() == b"points"
    assert call("path", "2dfan4").stdout == result.stdout
    assert call("path").stdout.strip() == str(root / "store")


def test_pull_without_a_name_means_the_embedded_set(root: Path) -> None:
    assert "face_detection_short_range is not in" in refused("pull", "-q")
    real = default_store({})
    if not all(real.holds(m.name) for m in real.catalog.embedded()):
        pytest.skip("the embedded models are not in the user's store")
    for model in real.catalog.embedded():
        shutil.copy(real.path(model.name), root / "mirror")
    count = len(real.catalog.embedded())
    assert len(call("pull", "-q").stdout.splitlines()) == count
    assert call("verify").stdout.count("whole") == count


def test_a_restricted_licence_is_shown_and_wants_a_yes(root: Path) -> None:
    assert "--accept-licence" in refused("pull", "inswapper_128")
    assert not (root / "store" / "inswapper_128.onnx").exists()
    result = call("pull", "inswapper_128", "--accept-licence", "-q")
    assert result.exit_code == 0
    assert "non-commercial use only" in result.stderr
    assert (root / "store" / "inswapper_128.onnx").read_bytes() == b"swap"


def test_a_wrong_name_is_told_before_anything_is_fetched(root: Path) -> None:
    assert "no model is called 'inswaper'" in refused("pull", "2dfan4", "inswaper")
    assert not (root / "store").exists()


def test_offline_says_what_is_missing(root: Path) -> None:
    told = refused("pull", "xseg_1")
    assert "UNDERSTUDY_OFFLINE" in told
    assert "xseg_1.onnx" in told


def test_verify_names_the_changed_file_and_fails(root: Path) -> None:
    assert "no models are in" in call("verify").stdout
    call("pull", "2dfan4", "-q")
    (root / "store" / "2dfan4.onnx").write_bytes(b"paints")
    result = call("verify")
    assert "2dfan4" in result.stderr
    assert str(result.exception) == "1 of 1 models are not as they should be: 2dfan4"


def test_add_says_what_it_took_the_file_for(root: Path) -> None:
    result = call("add", str(swapper(root / "mine.onnx", 256)), "--as", "look")
    assert "look: taken for simswap_256 (SimSwap; task swap)" in result.stdout
    assert "target float32[1,3,256,256]" in result.stdout
    assert "ghost_1_256" in result.stdout
    assert "look" in call("list", "--here").stdout
    assert call("path", "look").stdout.strip() == str(root / "store" / "look.onnx")
    assert "look: removed" in call("remove", "look").stdout


def test_add_refuses_the_wrong_file_for_a_name(root: Path) -> None:
    assert "is not inswapper_128: it declares" in refused(
        "add", str(swapper(root / "m.onnx", 64)), "--as", "inswapper_128"
    )
    assert "is no file" in refused("add", str(root / "none.onnx"), "--as", "look")


def test_remove_says_whether_there_was_one(root: Path) -> None:
    call("pull", "2dfan4", "-q")
    assert call("remove", "2dfan4").stdout == "2dfan4: removed\n"
    assert call("remove", "2dfan4").stdout == "2dfan4: was not here\n"
