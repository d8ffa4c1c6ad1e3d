"""The tree of files: the seed's names to the letter, whole files only, and which pictures are done."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.errors import InputError, OutputError
from tools.relight.tree import Item, Tree, fingerprint, sources

NAMES = {
    "raw/00000.png",
    "stage_1/00000_foreground.png",
    "stage_1/00000_background.png",
    "stage_1/00000_mask.png",
    "stage_2/00000_albedo.png",
    "stage_3/00000_degraded.png",
    "stage_3/00000_params.json",
    "stage_3_5/00000_composite.png",
    "outputs/00000_input.png",
    "outputs/00000_albedo.png",
    "outputs/00000_output.png",
    "outputs/00000_foreground.png",
    "outputs/00000_metadata.json",
}


def filled(root: Path, made_of: str) -> Tree:
    tree = Tree(root)
    tree.make()
    for item in Item:
        tree.path(item, "00000").write_bytes(b"x")
    tree.write_json(Item.METADATA, "00000", {"made_of": made_of})
    return tree


def test_the_names_are_those_of_the_seed() -> None:
    assert {Tree(Path()).path(item, "00000").as_posix() for item in Item} == NAMES


def test_a_picture_is_done_when_all_its_files_are_made_of_the_same(tmp_path: Path) -> None:
    tree = filled(tmp_path, "a")
    assert tree.done("00000", "a")
    assert not tree.done("00000", "b")
    assert not tree.done("00001", "a")
    tree.path(Item.MASK, "00000").unlink()
    assert not tree.done("00000", "a")


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"\xff\xfe"])
def test_metadata_that_is_cut_short_is_not_done(tmp_path: Path, text: bytes) -> None:
    tree = filled(tmp_path, "a")
    tree.path(Item.METADATA, "00000").write_bytes(text)
    assert not tree.done("00000", "a")


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 3), (4, 5, 4)])
def test_pictures_are_png_of_the_very_values(tmp_path: Path, shape: tuple[int, ...]) -> None:
    tree = Tree(tmp_path)
    tree.make()
    pixels = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    tree.write_picture(Item.MASK, "a.b", pixels)
    read = cv2.imread(str(tmp_path / "stage_1" / "a.b_mask.png"), cv2.IMREAD_UNCHANGED)
    assert read is not None
    rgb = (
        read
        if read.ndim == 2
        else np.dstack([read[..., 2], read[..., 1], read[..., 0], *read.T[3:].transpose(0, 2, 1)])
    )
    np.testing.assert_array_equal(rgb, pixels)
    assert [p.name for p in (tmp_path / "stage_1").iterdir()] == ["a.b_mask.png"], "no part is left"


def test_what_a_killed_run_left_is_written_over(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.make()
    left = tmp_path / "stage_3" / ".a_params.json.part"
    left.write_text("half")
    tree.write_json(Item.PARAMS, "a", {"x": 1})
    assert not left.exists()
    assert json.loads((tmp_path / "stage_3" / "a_params.json").read_text()) == {"x": 1}


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="--to"):
        Tree(tmp_path / "file").make()
    with pytest.raises(OutputError, match="run the same again"):
        Tree(tmp_path / "none").write_json(Item.PARAMS, "a", {})


def test_a_fingerprint_tells_sources_and_settings_apart() -> None:
    same = fingerprint(b"a", "s")
    assert same == fingerprint(b"a", "s")
    assert len({same, fingerprint(b"b", "s"), fingerprint(b"a", "t")}) == 3


def test_pictures_of_a_folder_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b.png", "a.jpg", "c.txt", ".d.png", "e.webp"):
        (tmp_path / name).touch()
    (tmp_path / "f.png").mkdir()
    assert [p.name for p in sources(tmp_path)] == ["a.jpg", "b.png", "e.webp"]
    assert [p.name for p in sources(tmp_path, 2)] == ["a.jpg", "b.png"]


def test_two_pictures_with_one_output_are_told(tmp_path: Path) -> None:
    for name in ("a.jpg", "a.png"):
        (tmp_path / name).touch()
    with pytest.raises(InputError, match=r"a\.jpg and a\.png would have the same outputs"):
        sources(tmp_path)


def test_a_folder_without_pictures_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no pictures"):
        sources(tmp_path)
    with pytest.raises(InputError, match="there is no folder"):
        sources(tmp_path / "none")
