"""LikenessBounds of embedders: what is shipped, a user's own, and what is refused."""

from pathlib import Path

import pytest

from calib.identity.bounds import BoundsError, LikenessBounds, bounds_of, load_bounds, read_bounds

OWN = "[mine]\nsame = 0.6\ndifferent = 0.1\ndenied = 0.5\nstable = 0.3\nmerge = 0.7\nfresh = 0.3\n"


def test_the_two_embedders_have_bounds_of_their_own() -> None:
    assert set(load_bounds()) == {"arcface_w600k_r50", "dlib_resnet_v1"}
    assert bounds_of("arcface_w600k_r50") == LikenessBounds(0.4, 0.2, 0.4, 0.35, 0.5, 0.3)
    assert bounds_of("dlib_resnet_v1").same == 0.5, "a distance of .5"


def test_a_users_file_goes_first(tmp_path: Path) -> None:
    (tmp_path / "b.toml").write_text(OWN)
    assert bounds_of("mine", tmp_path / "b.toml") == LikenessBounds(0.6, 0.1, 0.5, 0.3, 0.7, 0.3)
    with pytest.raises(BoundsError, match="no bounds are known for the embedder mine; fit them"):
        bounds_of("mine")
    with pytest.raises(BoundsError, match="cannot be read"):
        bounds_of("mine", tmp_path / "none.toml")


@pytest.mark.parametrize("text", ["[a]\nsame = 1", "x", "a = 3", OWN.replace("0.1", "0.9"), OWN + "more = 1\n"])
def test_what_are_no_bounds_is_refused(text: str) -> None:
    with pytest.raises(BoundsError):
        read_bounds(text)
