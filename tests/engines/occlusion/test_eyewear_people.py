"""The eyewear network that ships, on real people: two in the public domain, and the clips of the evaluation data."""

from functools import cache
from pathlib import Path

import av
import numpy as np
import pytest

from engines.backends.choose import open_engine
from engines.detector import Detector
from engines.landmarks import Landmarks
from engines.mesh.shape import fit
from engines.occlusion.eyewear import HEIGHT, WEIGHTS, WIDTH, EyewearNet, Worn
from engines.values import U8
from tests.stream.portraits import needs_models, networks, photo
from tools.synth.bank import MeshFinder

CLIPS = Path(__file__).parents[3] / "../shared/data/clips"
WEARING = {"portrait_d12.mp4", "grid_lbax4n.mpg"}
shipped = pytest.mark.skipif(not WEIGHTS.is_file(), reason="the eyewear network is not built")
pytestmark = [*needs_models, shipped]


@cache
def finder() -> MeshFinder:
    return MeshFinder(Detector(networks().detector), Landmarks(networks().landmarks))


@cache
def net() -> EyewearNet:
    return EyewearNet(open_engine(WEIGHTS, "cpu", "bf16"))


def seen(image: U8) -> Worn | None:
    mesh = finder().mesh(image)
    return None if mesh is None else net().run(image, fit(mesh))


def test_the_file_is_small() -> None:
    assert WEIGHTS.stat().st_size < 4e5
    assert sum(p.stat().st_size for p in WEIGHTS.parent.glob("*.onnx")) <= 8e6


def test_grace_hopper_wears_spectacles_and_eileen_collins_none() -> None:
    hers, none = seen(photo("hopper")), seen(photo("astronaut"))
    assert hers is not None and none is not None
    assert hers.worn > 4
    assert none.worn < -4
    assert none.map.max() < 0.3


def test_hers_are_found_where_they_are() -> None:
    """Heavy upper rims, a bridge, thin lower rims; nothing on the cheeks, and the lenses are clear."""
    hers = seen(photo("hopper"))
    assert hers is not None
    middle = WIDTH // 2
    assert hers.map[20:45, middle - 4 : middle + 4].max(0).min() > 0.7
    for side in (slice(30, 60), slice(100, 130)):
        assert hers.map[10:40, side].max(0).min() > 0.5
    assert hers.map[HEIGHT - 12 :].max() < 0.3
    assert 0.02 < (hers.map > 0.5).mean() < 0.25


def frames(path: Path, every: int, most: int) -> list[U8]:
    out = []
    with av.open(str(path)) as clip:
        for i, frame in enumerate(clip.decode(video=0)):
            if i % every == 0:
                out.append(np.ascontiguousarray(frame.to_ndarray(format="rgb24"), np.uint8))
            if len(out) == most:
                break
    # people who sign stand in the middle of a wide picture
    return [np.ascontiguousarray(f[20:320, 150:450]) for f in out] if "asl" in path.name else out


@pytest.mark.eval
@pytest.mark.parametrize("path", sorted(CLIPS.glob("*.m*")), ids=lambda p: p.stem)
def test_who_wears_spectacles_in_the_clips(path: Path) -> None:
    answers = [w.worn for f in frames(path, 12, 6) if (w := seen(f)) is not None]
    assert answers
    if path.name in WEARING:
        assert min(answers) > 0 and np.mean(answers) > 0.8
    else:
        assert max(answers) < 1.5 and np.mean(answers) < -1
