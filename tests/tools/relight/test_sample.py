"""One picture from file to files, with the real networks: the stages fit together, bit for bit."""

import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.relight.linear import to_linear, to_srgb
from engines.values import U8
from tests.tools.commands import needs_models, portrait
from tests.tools.relight.subjects import config, write
from tools.relight.read_settings import read_settings
from tools.relight.sample import RelightJob, SampleOutcome, Studio, make, open_studio
from tools.relight.settings import PersonMethod
from tools.relight.tree import Item, Tree

pytestmark = needs_models


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> RelightJob:
    folder = tmp_path_factory.mktemp("relit")
    Tree(folder / "out").make()
    return RelightJob(folder / "out", read_settings(config(folder)), PersonMethod.GRABCUT)


@pytest.fixture(scope="module")
def studio(job: RelightJob) -> Iterator[Studio]:
    with open_studio(job.settings, job.method, None) as opened:
        yield opened


@pytest.fixture(scope="module")
def photo() -> U8:
    return np.ascontiguousarray(portrait()[:300, 90:360])


@pytest.fixture(scope="module")
def made(job: RelightJob, studio: Studio, photo: U8, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = write(tmp_path_factory.mktemp("in") / "collins.png", photo)
    assert make(job, path, studio).outcome is SampleOutcome.MADE
    assert make(job, path, studio).outcome is SampleOutcome.KEPT
    return "collins"


def read(job: RelightJob, item: Item, name: str) -> U8:
    pixels = cv2.imread(str(Tree(job.root).path(item, name)), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    order = {3: [2, 1, 0], 4: [2, 1, 0, 3]}
    return np.asarray(pixels if pixels.ndim == 2 else pixels[..., order[pixels.shape[2]]], np.uint8)


def test_the_ground_of_the_output_is_the_inputs_bit_for_bit(job: RelightJob, made: str, photo: U8) -> None:
    foreground, output = read(job, Item.FOREGROUND, made), read(job, Item.OUTPUT, made)
    ground = foreground[..., 3] == 0
    assert 0.1 < ground.mean() < 0.9
    np.testing.assert_array_equal(output[ground], photo[ground])
    assert (output != photo).any(2)[~ground].mean() > 0.5
    for item in (Item.RAW, Item.INPUT):
        np.testing.assert_array_equal(read(job, item, made), photo)


def test_the_mask_is_two_valued_and_foreground_and_background_are_the_picture(
    job: RelightJob, made: str, photo: U8
) -> None:
    mask = read(job, Item.MASK, made)
    assert set(np.unique(mask)) == {0, 255}
    foreground, background = read(job, Item.FOREGROUND, made), read(job, Item.BACKGROUND, made)
    np.testing.assert_array_equal(foreground[..., 3], 255 - background[..., 3])
    np.testing.assert_array_equal(mask > 0, foreground[..., 3] > 127)
    np.testing.assert_array_equal(np.where(foreground[..., 3:] > 0, foreground[..., :3], background[..., :3]), photo)
    assert not background[foreground[..., 3] == 255][:, :3].any()


def test_the_composite_is_what_stages_1_and_3_make(job: RelightJob, made: str) -> None:
    foreground, background = read(job, Item.FOREGROUND, made), read(job, Item.BACKGROUND, made)
    degraded, composite = read(job, Item.DEGRADED, made), read(job, Item.COMPOSITE, made)
    share = foreground[..., 3:] / np.float32(255)
    again = to_linear(degraded[..., :3]) * share + to_linear(background[..., :3]) * (1 - share)
    assert np.abs(to_srgb(np.asarray(again, np.float32)).astype(int) - composite).max() <= 1
    np.testing.assert_array_equal(degraded[..., 3], foreground[..., 3])


def test_outputs_are_those_of_the_stages(job: RelightJob, made: str) -> None:
    for one, other in (
        (Item.OUTPUT, Item.COMPOSITE),
        (Item.OUTPUT_ALBEDO, Item.ALBEDO),
        (Item.OUTPUT_FOREGROUND, Item.FOREGROUND),
    ):
        assert Tree(job.root).path(one, made).read_bytes() == Tree(job.root).path(other, made).read_bytes()


def test_the_metadata_holds_the_parameters_and_names_every_file(job: RelightJob, made: str) -> None:
    tree = Tree(job.root)
    params = json.loads(tree.path(Item.PARAMS, made).read_text())
    told = json.loads(tree.path(Item.METADATA, made).read_text())
    assert told["lighting"] == params
    assert told["segmentation"]["method"] == "grabcut"
    assert (told["width"], told["height"]) == (270, 300)
    assert told["seed"] == 0
    for place in told["files"].values():
        assert (job.root / place).is_file()
    assert str(job.root) not in json.dumps(told), "the same bytes wherever it runs"


@pytest.mark.parametrize("missing", [Item.ALBEDO, Item.METADATA])
def test_what_is_missing_is_made_again_with_the_same_bytes(
    job: RelightJob, studio: Studio, made: str, photo: U8, tmp_path: Path, missing: Item
) -> None:
    tree, path = Tree(job.root), write(tmp_path / "collins.png", photo)
    before = {item: tree.path(item, made).read_bytes() for item in Item}
    tree.path(missing, made).unlink()
    assert make(job, path, studio).outcome is SampleOutcome.MADE
    assert {item: tree.path(item, made).read_bytes() for item in Item} == before


def test_a_picture_without_a_face_and_one_that_is_damaged(job: RelightJob, studio: Studio, tmp_path: Path) -> None:
    wall = write(tmp_path / "wall.png", np.full((120, 160, 3), 130, np.uint8))
    assert make(job, wall, studio).outcome is SampleOutcome.NO_FACE
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    result = make(job, broken, studio)
    assert result.outcome is SampleOutcome.FAILED
    assert "broken.png" in result.why
    assert "\n" not in result.why


def test_a_face_that_no_mask_holds_is_no_person(job: RelightJob, studio: Studio, photo: U8) -> None:
    nobody = Studio(studio.detector, studio.landmarks, lambda rgb, _: np.zeros(rgb.shape[:2], np.float32), None)
    assert nobody.subject(photo, job.settings) is SampleOutcome.NO_PERSON


def test_pictures_that_lie_in_raw_already_are_left_there(
    job: RelightJob, studio: Studio, photo: U8, tmp_path: Path
) -> None:
    here = RelightJob(tmp_path, job.settings, job.method)
    Tree(tmp_path).make()
    source = write(tmp_path / "raw" / "00000.png", photo)
    before = source.stat().st_mtime_ns
    assert make(here, source, studio).outcome is SampleOutcome.MADE
    assert source.stat().st_mtime_ns == before
    assert make(here, source, studio).outcome is SampleOutcome.KEPT
