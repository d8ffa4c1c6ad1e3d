"""DINOv2's and SigLIP's adapters on stand-ins that answer in their shapes; the real files are not here to be tried."""

import numpy as np
import pytest

from engines.backends.reference import ReferenceEngine
from engines.nets.net import Net
from engines.nets.vision import DINO, SIGLIP, Vision
from engines.protocol import Spec
from engines.store.catalog import load_catalog
from engines.values import Array

RED = np.zeros((40, 30, 3), np.uint8)
RED[..., 0] = 255
GREY = np.full((224, 224, 3), 128, np.uint8)


def opened(name: str) -> Vision:
    """A network whose first token is the picture's mean colours, in the model's own normalisation."""
    model = load_catalog().model(name)
    tokens, width = model.outputs[0].name, model.outputs[0].shape[-1]

    def answer(feeds: dict[str, Array]) -> dict[str, Array]:
        colours = np.asarray(feeds["pixel_values"], np.float32).mean(axis=(2, 3))
        first = np.zeros((len(colours), width), np.float32)
        first[:, :3] = colours
        out: dict[str, Array] = {tokens: np.stack([first, np.ones_like(first)], axis=1)}
        return out | {other.name: first for other in model.outputs[1:]}

    outputs = {tokens: Spec((-1, -1, width), "float32")}
    outputs |= {other.name: Spec((-1, width), "float32") for other in model.outputs[1:]}
    engine = ReferenceEngine({"pixel_values": Spec((-1, 3, 224, 224), "float32")}, outputs, answer)  # type: ignore[arg-type]
    return Vision(Net(model, engine))


@pytest.mark.parametrize(("name", "version"), [(DINO, "dinov2-vits14-v1"), (SIGLIP, "siglip-base-224-v1")])
def test_crops_of_any_size_become_directions(name: str, version: str) -> None:
    vision = opened(name)
    out = vision.embed([RED, GREY, RED])
    assert vision.version == version
    assert out.shape == (3, vision.net.model.outputs[0].shape[-1])
    np.testing.assert_allclose(np.linalg.norm(out, axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(out[0], out[2])
    assert out[0] @ out[1] < 0.99


def test_they_see_pixels_as_they_were_trained() -> None:
    raw = (np.array([1, 0, 0]) - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    np.testing.assert_allclose(opened(DINO).embed([RED])[0, :3], raw / np.linalg.norm(raw), atol=1e-5)
    raw = np.array([1.0, -1, -1])
    np.testing.assert_allclose(opened(SIGLIP).embed([RED])[0, :3], raw / np.linalg.norm(raw), atol=1e-5)
