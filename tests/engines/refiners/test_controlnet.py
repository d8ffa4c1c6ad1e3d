"""ControlNet inpainting: a real pipeline of diffusers, tiny and of random weights, in its own process.

Runs where diffusers is: in this environment, or in the one whose interpreter UNDERSTUDY_DIFFUSERS names.
"""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from engines.refiners import controlnet
from engines.refiners.controlnet import ControlNet, DiffusionSettings
from engines.refiners.relief import of_mesh
from engines.refiners.worker import RefinerError
from tests.engines.refiners.programs import written
from tests.engines.scenes import bytes_of, mesh
from tests.engines.scenes import picture as pattern

PYTHON = os.environ.get("UNDERSTUDY_DIFFUSERS") or (sys.executable if importlib.util.find_spec("diffusers") else "")
SIDE = 64
IMAGE = bytes_of(pattern(SIDE, SIDE, 3))
MASK = np.zeros((SIDE, SIDE), np.float32)
MASK[16:48, 24:56] = 1
DEPTH = of_mesh(mesh(SIDE, 3.0), SIDE)
FEW = DiffusionSettings(prompt="a face", negative="", steps=5)

needs_diffusers = pytest.mark.skipif(not PYTHON, reason="diffusers is not installed; UNDERSTUDY_DIFFUSERS may name one")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("pipeline")
    program = Path(__file__).with_name("pipelines.py")
    subprocess.run([PYTHON, "-W", "ignore", str(program), str(made)], check=True, capture_output=True)
    return made


@pytest.fixture(scope="module")
def net(folder: Path) -> Iterator[ControlNet]:
    made = ControlNet(PYTHON, folder, "cpu", FEW, seconds=90)
    yield made
    made.close()


@needs_diffusers
def test_it_changes_the_picture_under_the_mask_alone(net: ControlNet) -> None:
    out = net.repaint(IMAGE, MASK, DEPTH)
    assert out.shape == IMAGE.shape and out.dtype == np.uint8
    np.testing.assert_array_equal(out[MASK == 0], IMAGE[MASK == 0])
    assert np.abs(out[MASK > 0].astype(int) - IMAGE[MASK > 0]).mean() > 5


@needs_diffusers
def test_the_same_picture_comes_again_and_a_soft_mask_mixes(net: ControlNet) -> None:
    whole = net.repaint(IMAGE, MASK, DEPTH).astype(np.float32)
    np.testing.assert_array_equal(net.repaint(IMAGE, MASK, DEPTH), whole)
    half = net.repaint(IMAGE, 0.5 * MASK, DEPTH)
    np.testing.assert_allclose(half, (whole + IMAGE) / 2, atol=1)


@needs_diffusers
def test_depth_and_normals_lead_it(net: ControlNet) -> None:
    other = np.ascontiguousarray(DEPTH[:, ::-1] * 0.5)
    there = MASK > 0
    led, otherwise = (net.repaint(IMAGE, MASK, d)[there].astype(int) for d in (DEPTH, other))
    assert np.abs(led - otherwise).max() > 0


@needs_diffusers
@pytest.mark.parametrize("other", [{"scale": 0.0}, {"strength": 1.0}, {"seed": 1}], ids=str)
def test_strength_and_scale_are_those_that_are_asked_for(net: ControlNet, other: dict[str, Any]) -> None:
    usual = net.repaint(IMAGE, MASK, DEPTH)
    net.recipe = replace(FEW, **other)
    changed = net.repaint(IMAGE, MASK, DEPTH)
    net.recipe = FEW
    assert np.any(changed != usual)


@needs_diffusers
def test_weights_that_would_have_to_be_unpickled_are_not_loaded(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "base").symlink_to(folder / "base")
    (tmp_path / "normal").symlink_to(folder / "normal")
    (tmp_path / "depth").mkdir()
    (tmp_path / "depth" / "config.json").write_bytes((folder / "depth" / "config.json").read_bytes())
    (tmp_path / "depth" / "diffusion_pytorch_model.bin").write_bytes(b"\x80\x04K\x01.")
    net = ControlNet(PYTHON, tmp_path, "cpu", FEW, seconds=90)
    with pytest.raises(RefinerError, match=r"the refiner controlnet ended; its last words: .*safetensors"):
        net.repaint(IMAGE, MASK, DEPTH)
    net.close()


def test_the_recipe_is_the_seeds() -> None:
    assert (DiffusionSettings().strength, DiffusionSettings().scale) == (0.2, 0.8)


def test_an_environment_without_diffusers_is_told(tmp_path: Path) -> None:
    if importlib.util.find_spec("diffusers"):
        pytest.skip("diffusers is here")
    net = ControlNet(sys.executable, tmp_path, "cpu", seconds=60)
    with pytest.raises(RefinerError, match=r"No module named '(diffusers|torch)'"):
        net.repaint(IMAGE, MASK, DEPTH)
    net.close()


def test_an_answer_of_another_size_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shrink = "def answer(note, arrays):\n    return {'image': arrays['image'][::2, ::2]}\n"
    path = written(tmp_path, shrink)
    monkeypatch.setattr(controlnet, "program", lambda *_: [sys.executable, str(path)])
    net = ControlNet(sys.executable, tmp_path, "cpu", seconds=30)
    with pytest.raises(RefinerError, match="gave no picture of the size"):
        net.repaint(np.asarray(cv2.resize(IMAGE, (32, 32)), np.uint8), MASK[:32, :32], DEPTH[:32, :32])
    net.close()
