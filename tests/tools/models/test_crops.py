"""`models crops` as a user calls it: aligned faces of clips and pictures, as many as asked, and what is refused."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.align import five_points, moved, to_template
from engines.detector import Detector
from engines.landmarks import Landmarks
from engines.mesh.source import locate
from engines.store.catalog import load_catalog
from engines.values import U8
from tests.stream.portraits import Placed, networks, paint
from tests.tools.commands import film, needs_models, portrait, understudy
from tools.models.crops import looks

pytestmark = needs_models


def picture(folder: Path, rgb: U8, name: str = "in.png") -> Path:
    cv2.imwrite(str(folder / name), rgb[..., ::-1])
    return folder / name


def refused(*words: object) -> str:
    result = understudy("models", "crops", *words)
    assert result.returncode == 2
    (line,) = result.stderr.splitlines()
    return line


def test_a_crop_has_the_points_where_the_models_template_has_them(tmp_path: Path) -> None:
    """Found again in the crop: eyes, nose and mouth within a fiftieth of its side."""
    result = understudy("models", "crops", "inswapper_128", picture(tmp_path, portrait()), "--to", tmp_path / "out")
    assert result.returncode == 0 and "wrote 1 crops for inswapper_128" in result.stdout
    [path] = (tmp_path / "out").iterdir()
    crop = np.asarray(cv2.imread(str(path)), np.uint8)[..., ::-1]
    assert crop.shape == (128, 128, 3)
    models, template = networks(), load_catalog().template("arcface_128")
    detector, landmarks = Detector(models.detector), Landmarks(models.landmarks)
    around = cv2.copyMakeBorder(np.ascontiguousarray(crop), 64, 64, 64, 64, cv2.BORDER_REPLICATE)
    mesh, _ = locate("crop", np.asarray(around, np.uint8), detector, landmarks)
    wanted = np.asarray(template.points, np.float32) * 128
    # a similarity cannot lay all five on the template: what it leaves on the photo itself is left here, too
    whole, _ = locate("photo", portrait(), detector, landmarks)
    left = moved(five_points(whole), to_template(five_points(whole), template, 128))
    assert np.abs(five_points(mesh) - 64 - left).max() < 128 / 25
    assert np.abs(left - wanted).mean() < 128 / 20


def test_every_face_of_a_picture_is_taken_up_to_the_most(tmp_path: Path) -> None:
    two = picture(tmp_path, paint([Placed("astronaut", 170, 250, 120), Placed("hopper", 470, 240, 120)], (640, 480)))
    for most, count in ((9, 2), (1, 1)):
        out = tmp_path / f"out{most}"
        assert understudy("models", "crops", "xseg_1", two, "--to", out, "--most", most).returncode == 0
        shapes = [np.asarray(cv2.imread(str(p))).shape for p in sorted(out.iterdir())]
        assert shapes == [(256, 256, 3)] * count


def test_a_clip_is_looked_at_now_and_then(tmp_path: Path) -> None:
    clip = film(tmp_path / "clip.mp4", 31, with_face=True)
    assert [rgb.shape for rgb in looks([clip], 0.5)] == [(256, 256, 3)] * 3
    assert len(list(looks([clip, picture(tmp_path, portrait())], 9))) == 2
    assert len(list(looks([clip], 0))) == 31


def test_what_cannot_be_collected_is_one_line(tmp_path: Path) -> None:
    photo, to = picture(tmp_path, portrait()), tmp_path / "out"
    assert "no model is called 'inswaper'" in refused("inswaper", photo, "--to", to)
    assert "takes no aligned crops" in refused("scrfd_2.5g", photo, "--to", to)
    assert "there is no file" in refused("xseg_1", tmp_path / "gone.mp4", "--to", to)
    assert "cannot be made" in refused("xseg_1", photo, "--to", photo / "sub")
    grey = picture(tmp_path, np.full((200, 200, 3), 90, np.uint8), "grey.png")
    assert "no face was seen in" in refused("xseg_1", grey, "--to", to)


def test_the_crops_are_what_compile_takes(tmp_path: Path) -> None:
    from engines.protocol import Spec
    from tools.models.feeds import feeds

    out = tmp_path / "out"
    assert understudy("models", "crops", "xseg_2", picture(tmp_path, portrait()), "--to", out).returncode == 0
    model = load_catalog().model("xseg_2")
    [batch] = feeds(model, {"x": Spec((-1, 256, 256, 3), "float32")}, out)()
    crop = np.asarray(cv2.imread(str(next(out.iterdir()))), np.float32)
    assert batch["x"].shape == (1, 256, 256, 3) and np.abs(batch["x"][0] - crop / 255).max() < 1e-6, "BGR, 0 to 1"


@pytest.mark.parametrize("every", ["-1", "x"])
def test_seconds_are_numbers(tmp_path: Path, every: str) -> None:
    assert understudy("models", "crops", "xseg_1", "a.png", "--to", tmp_path, "--every", every).returncode == 2
