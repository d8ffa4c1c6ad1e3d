"""Whose faces an API call puts in: what it takes, what consent has to say, what is refused."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.errors import InputError, SourceError
from stream.consent.consent import ConsentError, Given
from understudy_video.people import checked, settle, several

CONSENT = "Ann Lee, 2026-11-30, our demo"
GREY = np.full((20, 30, 3), 90, np.uint8)


def photo(folder: Path, name: str = "a.png") -> Path:
    cv2.imwrite(str(folder / name), GREY)
    return folder / name


def test_paths_arrays_and_lists_of_them_are_people(tmp_path: Path) -> None:
    a, b = photo(tmp_path), photo(tmp_path, "b.png")
    settled = settle([a, GREY, [str(b), GREY]], CONSENT)
    shapes = [[rgb.shape for _, rgb in photos()] for photos in settled.people]
    assert shapes == [[GREY.shape], [GREY.shape], [GREY.shape] * 2]
    assert [name for name, _ in settled.people[2]()] == ["b.png", "photo 2"]
    assert settled.consent.given == (Given.API,) * 3
    assert settled.consent.as_json(records=True)["sources"][0]["name"] == "a.png"
    assert len({source.sha256 for source in settled.consent.sources}) == 3


def test_whose_own_face_it_is_is_told() -> None:
    assert settle([GREY], "self, 2026-11-30, a test").consent.sources[0].is_self
    assert not settle([GREY], CONSENT).consent.sources[0].is_self


@pytest.mark.parametrize("consent", [None, "", "yes", "Ann Lee, 2026-11-30", "Ann, , demo"])
def test_consent_says_who_when_and_what_for(consent: str | None) -> None:
    with pytest.raises(ConsentError, match="who agreed, when and to what"):
        settle([GREY], consent)


def test_a_name_that_is_nobodys_and_a_photo_that_is_none_are_told(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="nobody-of-this-name"):
        settle(["nobody-of-this-name"], CONSENT)
    (tmp_path / "a.png").write_text("no picture")
    with pytest.raises(InputError, match=r"a\.png"):
        settle([tmp_path / "a.png"], CONSENT)
    with pytest.raises(SourceError, match="without a photo"):
        settle([[]], CONSENT)


@pytest.mark.parametrize("bad", [GREY.astype(np.float32), GREY[..., 0], np.zeros((4, 4, 4), np.uint8), GREY[:0]])
def test_a_picture_is_bytes_in_three_colours(bad: np.ndarray) -> None:
    with pytest.raises(SourceError, match=r"uint8 \(height, width, 3\) RGB"):
        checked(bad)


def test_several_people_are_a_list_of_lists() -> None:
    assert several("a.jpg") == ["a.jpg"]
    assert several(["a.jpg", "b.jpg"]) == [["a.jpg", "b.jpg"]], "two photos of one person"
    assert several([["a.jpg"], ["b.jpg", "c.jpg"]]) == [["a.jpg"], ["b.jpg", "c.jpg"]]
    assert several(GREY)[0] is GREY
