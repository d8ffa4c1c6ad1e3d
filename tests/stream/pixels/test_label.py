"""The visible label: where it lies, that it can be read, and that it cannot be made invisible."""

import av
import numpy as np
import pytest

from stream.pixels.label import Label, LabelError, Place, draw
from stream.pixels.planes import Planes

SIZES = [(1280, 720), (720, 1280), (3840, 2160), (360, 288), (161, 91)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("place", list(Place))
def test_it_lies_inside_at_its_place(size: tuple[int, int], place: Place) -> None:
    width, height = size
    patch = draw(Label(place=place), width, height)
    h, w = patch.alpha.shape
    assert patch.rgb.shape == (h, w, 3)
    assert patch.x >= 0 and patch.x + w <= width and patch.y >= 0 and patch.y + h <= height
    centre_x, centre_y = patch.x + w / 2, patch.y + h / 2
    assert (centre_y < height / 2) == place.startswith("top")
    if w < width * 0.6:
        assert (centre_x < width * 0.4) == place.endswith("left")
        assert (centre_x > width * 0.6) == place.endswith("right")


@pytest.mark.parametrize("size", SIZES[:4])
def test_letters_stand_out(size: tuple[int, int]) -> None:
    patch = draw(Label(), *size)
    ink = patch.rgb.min(axis=2) > 200
    assert 0.03 < ink.mean() < 0.5
    rows = np.flatnonzero(ink.any(axis=1))
    tall = rows[-1] - rows[0] + 1
    assert tall >= 7
    assert rows[0] >= 2 and rows[-1] < patch.rgb.shape[0] - 2, "letters are cut off"
    columns = np.flatnonzero(ink.any(axis=0))
    assert columns[0] >= 1 and columns[-1] < patch.rgb.shape[1] - 1, "letters are cut off"


def test_long_words_shrink_to_fit() -> None:
    patch = draw(Label(words="W" * 80), 640, 360)
    assert patch.rgb.shape[1] <= 640
    columns = np.flatnonzero((patch.rgb.min(axis=2) > 120).any(axis=0))
    assert columns[-1] < patch.rgb.shape[1] - 1


def test_bigger_is_bigger() -> None:
    small, large = (draw(Label(size=size), 1280, 720).rgb.shape[0] for size in (0.02, 0.06))
    assert large > 2 * small


def test_pasted_on_a_frame() -> None:
    frame = av.VideoFrame.from_ndarray(np.full((360, 640, 3), 128, np.uint8), format="rgb24").reformat(format="yuv420p")
    picture = Planes.of(frame)
    patch = draw(Label(), 640, 360)
    pasted = picture.pasted((patch,)).to_av().to_ndarray(format="gray").astype(int)
    changed = pasted != picture.to_av().to_ndarray(format="gray")
    h, w = patch.alpha.shape
    assert changed[patch.y : patch.y + h, patch.x : patch.x + w].mean() > 0.9
    changed[patch.y : patch.y + h, patch.x : patch.x + w] = False
    assert not changed.any()


@pytest.mark.parametrize(
    "settings",
    [{"words": " "}, {"words": "x" * 81}, {"words": "日本"}, {"words": "a\nb"}, {"size": 0.001}, {"opacity": 0.0}],
)
def test_a_label_nobody_can_read_is_refused(settings: dict[str, object]) -> None:
    with pytest.raises(LabelError):
        Label(**settings)  # type: ignore[arg-type]
