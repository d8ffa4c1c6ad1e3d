"""What every session of the live server gets: its own swap, the label and the mark; and the bare path for measuring."""

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from engines.errors import SourceError
from engines.store import default_store
from engines.values import U8
from stream.frame import Frame, Route
from stream.label import Label, Place, draw
from stream.live.ladder import Rung
from stream.metrics import Metered, Metrics
from stream.planes import Planes
from tests.tools.serve.served import FACE
from tools.serve.house import NETWORKS, Bare, House
from tools.serve.settings import USUAL, Settings

SIZE = (640, 360)
models = [
    pytest.mark.models,
    pytest.mark.skipif(not all(default_store().holds(n) for n in NETWORKS), reason="models are not in the store"),
]


@pytest.fixture(autouse=True)
def own_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNDERSTUDY_SIGNING", str(tmp_path / "signing"))
    monkeypatch.setenv("UNDERSTUDY_JOURNAL", str(tmp_path / "journal.jsonl"))


def room() -> U8:
    """A picture that nobody is in, planar yuv420p."""
    width, height = SIZE
    noise = np.random.default_rng(2).normal(110, 18, (height // 4, width // 4)).astype(np.float32)
    plane: U8 = np.full((height * 3 // 2, width), 128, np.uint8)
    plane[:height] = np.clip(cv2.resize(noise, SIZE), 16, 235)
    return plane


def frame(index: int = 0) -> Frame:
    image = av.VideoFrame.from_ndarray(room(), format="yuv420p")
    return Frame(index, index * 3000, Fraction(1, 90_000), Planes.of(image), 0.0)


def luma(picture: object) -> U8:
    assert isinstance(picture, Planes)
    return np.asarray(picture.to_av().to_ndarray()[: SIZE[1]], np.uint8)


def shown(settings: Settings) -> tuple[U8, tuple[slice, slice]]:
    """How far each sample of luma moved on its way through a session, and where the label would be."""
    swap = House(settings).swap(FACE)(Metered(Metrics()))
    out = swap(frame())
    swap.close()
    assert (out.route, out.rung, out.faces, out.held) == (Route.PASS, Rung.FULL, 0, False)
    patch = draw(settings.label or USUAL, *SIZE)
    moved = np.abs(luma(out.picture).astype(int) - room()[: SIZE[1]]).astype(np.uint8)
    return moved, np.s_[patch.y : patch.y + patch.alpha.shape[0], patch.x : patch.x + patch.alpha.shape[1]]


class TestMarks:
    pytestmark = models

    def test_every_picture_is_labelled_and_marked(self) -> None:
        moved, label = shown(Settings())
        assert moved[label].mean() > 30, "words that people see"
        moved[label] = 0
        assert moved.max() == 1 and moved.mean() > 0.1, "a mark that programs read, one level at most"

    def test_the_label_goes_where_it_is_wanted(self) -> None:
        moved, label = shown(Settings(label=Label("altered", Place.TOP_RIGHT)))
        assert label[0].start < 40 and label[1].start > SIZE[0] // 2 and moved[label].mean() > 30

    def test_without_label_there_is_the_mark_alone(self) -> None:
        assert shown(Settings(label=None))[0].max() == 1

    def test_without_both_a_picture_passes_bit_for_bit_and_that_is_logged(self, tmp_path: Path) -> None:
        assert shown(Settings(label=None, mark=False, because="a test of the path"))[0].max() == 0
        assert "a test of the path" in (tmp_path / "journal.jsonl").read_text()

    def test_a_session_without_any_face_to_put_in_is_refused(self) -> None:
        with pytest.raises(SourceError, match="upload one"):
            House(Settings()).swap(None)


def test_the_bare_path_changes_nothing() -> None:
    bare, one = Bare(Metered(Metrics())), frame(3)
    out = bare(one)
    assert out.picture is one.picture and out.route is Route.PASS and not out.held
    bare.close()


def test_what_viewers_are_told_is_the_labels_words() -> None:
    assert Settings().disclosure == "Face replaced by Understudy"
    assert Settings(label=Label("Not me")).disclosure == "Not me"
    assert Settings(label=None).disclosure == "AI-altered", "told, even where it is not shown"
