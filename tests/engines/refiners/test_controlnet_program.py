"""What the ControlNet program asks of diffusers and makes of the answer. torch and diffusers are small stand-ins of
their interface; the real ones are asked in test_controlnet.py, where they are installed."""

import contextlib
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from engines.refiners.controlnet_program import load, repaint

IMAGE = np.random.default_rng(1).integers(0, 256, (16, 24, 3), np.uint8)
ARRAYS = {"image": IMAGE, "mask": IMAGE[..., 0], "depth": IMAGE[::-1], "normal": 255 - IMAGE}


class Generator:
    """torch's: on a device, with a seed."""

    def __init__(self, device: str) -> None:
        self.seed = (device, 0)

    def manual_seed(self, seed: int) -> "Generator":
        self.seed = (self.seed[0], seed)
        return self


class Opened:
    """What `from_pretrained` was given, and where the pipeline went."""

    def __init__(self, folder: str, given: dict[str, Any]) -> None:
        self.folder, self.given, self.place = folder, given, ""

    def set_progress_bar_config(self, **given: Any) -> None:
        self.bar = given  # how much it shows

    def to(self, place: str) -> "Opened":
        self.place = place
        return self


def library(cuda: bool) -> dict[str, ModuleType]:
    torch, diffusers = ModuleType("torch"), ModuleType("diffusers")
    opener = SimpleNamespace(from_pretrained=lambda folder, **given: Opened(folder, given))
    vars(torch).update(
        cuda=SimpleNamespace(is_available=lambda: cuda),
        float16="float16",
        float32="float32",
        Generator=Generator,
        inference_mode=contextlib.nullcontext,
    )
    vars(diffusers).update(
        ControlNetModel=opener, StableDiffusionControlNetInpaintPipeline=opener, MultiControlNetModel=list
    )
    return {"torch": torch, "diffusers": diffusers}


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, module in library(cuda=False).items():
        monkeypatch.setitem(sys.modules, name, module)


@pytest.mark.parametrize(
    ("cuda", "device", "place", "kind"),
    [(False, "", "cpu", "float32"), (True, "", "cuda", "float16"), (True, "cuda:1", "cuda:1", "float16")],
)
def test_local_safetensors_alone_are_opened_in_half_on_a_gpu(
    monkeypatch: pytest.MonkeyPatch, cuda: bool, device: str, place: str, kind: str
) -> None:
    for name, module in library(cuda).items():
        monkeypatch.setitem(sys.modules, name, module)
    pipe = load("base", "depth", "normal", device)
    nets = pipe.given["controlnet"]
    assert (pipe.folder, pipe.place, pipe.bar) == ("base", place, {"disable": True})
    assert [net.folder for net in nets] == ["depth", "normal"], "in the order in which their maps are given"
    for one in (pipe, *nets):
        assert one.given["local_files_only"] and one.given["use_safetensors"] and one.given["torch_dtype"] == kind
    assert pipe.given["safety_checker"] is None


@pytest.mark.usefixtures("installed")
def test_the_note_and_the_maps_reach_the_pipeline() -> None:
    asked: dict[str, Any] = {}

    def pipe(**given: Any) -> SimpleNamespace:
        asked.update(given)
        return SimpleNamespace(images=[np.zeros((16, 24, 3), np.float32)])

    repaint(pipe, {"prompt": "a face", "steps": 7, "strength": 0.5, "seed": 9, "scale": 0.25}, ARRAYS)
    assert (asked["prompt"], asked["negative_prompt"], asked["num_inference_steps"]) == ("a face", "", 7)
    assert (asked["strength"], asked["guidance_scale"], asked["controlnet_conditioning_scale"]) == (
        0.5,
        7.5,
        [0.25] * 2,
    )
    assert (asked["width"], asked["height"], asked["generator"].seed) == (24, 16, ("cpu", 9))
    maps = [asked["image"], asked["mask_image"], *asked["control_image"]]
    for given, name in zip(maps, ("image", "mask", "depth", "normal"), strict=True):
        assert np.array_equal(np.asarray(given), ARRAYS[name]), name


@pytest.mark.usefixtures("installed")
def test_the_answer_is_rounded_to_bytes_and_kept_within_them() -> None:
    levels = np.array([-0.2, 0, 0.4 / 255, 0.6 / 255, 254.6 / 255, 1.3], np.float32)
    out = repaint(lambda **given: SimpleNamespace(images=[levels.reshape(1, 2, 3)]), {}, ARRAYS)
    assert out.dtype == np.uint8 and out.flags.c_contiguous
    assert out.ravel().tolist() == [0, 0, 0, 1, 255, 255]
