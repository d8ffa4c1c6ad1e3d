"""A live session's pictures carry a label that people see and a mark that programs read."""

import json
from datetime import UTC, datetime
from pathlib import Path

import av
import numpy as np
import pytest

from engines.values import U8, Rect
from engines.watermark.detect import detect
from stream.marks.keys import Identity, local_identity
from stream.marks.layers import Marking, MarkingError
from stream.marks.live import live_mark
from stream.picture import Picture
from stream.pixels.geometry import Geometry
from stream.pixels.label import Label, Place, draw
from stream.pixels.planes import Planes
from tests.engines.watermark.scenes import scene

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture
def identity(tmp_path: Path) -> Identity:
    return local_identity(tmp_path / "keys" / "signing")


def planes(luma: U8) -> Planes:
    height, width = luma.shape
    whole = np.vstack([luma, np.full((height // 2, width), 128, np.uint8)])
    return Planes.of(av.VideoFrame.from_ndarray(whole, format="yuv420p"))


def luma_of(picture: Picture) -> U8:
    assert isinstance(picture, Planes)
    return np.asarray(picture.to_av().to_ndarray()[: picture.height], np.uint8)


def test_every_picture_is_labelled_and_marked(identity: Identity) -> None:
    hook = live_mark("room 7", NOW, identity=identity)
    shown = [luma_of(hook(planes(luma))) for luma in scene(40)]
    found = detect(shown, thorough=False)
    assert found.payload is not None and found.payload == hook.payload
    assert found.payload.producer == identity.producer
    patch = draw(Label(), 640, 360)
    height, width = patch.rgb.shape[:2]
    for plain, seen in zip(scene(40), shown, strict=True):
        moved = np.abs(plain.astype(int) - seen)
        assert moved[patch.y : patch.y + height, patch.x : patch.x + width].mean() > 20
        moved[patch.y : patch.y + height, patch.x : patch.x + width] = 0
        assert moved.max() == 1


def test_the_label_is_placed_and_worded_as_asked(identity: Identity) -> None:
    top, bottom = (
        live_mark("room", NOW, label=Label("a b c", place), identity=identity)(planes(scene(1)[0]))
        for place in (Label().place.TOP_RIGHT, Label().place.BOTTOM_LEFT)
    )
    drawn = [np.abs(luma_of(one).astype(int) - scene(1)[0]) > 1 for one in (top, bottom)]
    assert drawn[0][:40, 320:].mean() > 0.02 and not drawn[0][180:].any() and not drawn[0][:, :320].any()
    assert drawn[1][320:, :320].mean() > 0.02 and not drawn[1][:180].any() and not drawn[1][:, 320:].any()


def test_a_label_follows_the_size_of_the_pictures(identity: Identity) -> None:
    hook = live_mark("room", NOW, identity=identity)
    for size in ((640, 360), (320, 180), (360, 640)):
        out = hook(planes(scene(1, *size)[0]))
        assert (out.width, out.height) == size
        assert np.abs(luma_of(out).astype(int) - scene(1, *size)[0]).max() > 20


def test_no_label_is_a_choice_but_no_mark_is_logged(
    identity: Identity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNDERSTUDY_JOURNAL", str(tmp_path / "log.jsonl"))
    bare = live_mark("room", NOW, label=None, identity=identity)(planes(scene(1)[0]))
    assert np.abs(luma_of(bare).astype(int) - scene(1)[0]).max() == 1
    assert not (tmp_path / "log.jsonl").exists()
    with pytest.raises(MarkingError, match="not silently"):
        Marking(watermark=False)
    hook = live_mark("room 9", NOW, Marking(watermark=False, because="a rehearsal"), None, identity)
    picture = planes(scene(1)[0])
    assert hook(picture) is picture and hook.payload is None
    (line,) = map(json.loads, (tmp_path / "log.jsonl").read_text().splitlines())
    assert (line["output"], line["off"], line["because"]) == ("room 9", ["invisible watermark"], "a rehearsal")


def test_two_sessions_have_two_numbers(identity: Identity) -> None:
    one, two = (live_mark("room", NOW, identity=identity).payload for _ in range(2))
    assert one is not None and two is not None
    assert one.session != two.session and one.producer == two.producer


class Plain:
    """A picture of another kind."""

    width, height = 64, 36

    def rgb(self, rect: Rect) -> U8:
        return np.zeros((rect.h, rect.w, 3), np.uint8)

    @property
    def origin(self) -> Geometry:
        return Geometry(self.width, self.height)

    def small(self, width: int, height: int) -> U8:
        return np.zeros((height, width, 3), np.uint8)

    def pasted(self, patches: object) -> "Plain":
        return self


def test_what_cannot_be_marked_does_not_slip_through(identity: Identity) -> None:
    with pytest.raises(TypeError, match="not on Plain"):
        live_mark("room", NOW, identity=identity)(Plain())


def test_a_label_is_drawn_anew_when_it_changes(identity: Identity) -> None:
    hook = live_mark("room 7", NOW, Marking(watermark=False, because="test"), Label("One"), identity)
    grey = np.full((360, 640), 128, np.uint8)
    hook(planes(grey))
    hook.relabel(Label("Another", Place.TOP_RIGHT))
    seen = luma_of(hook(planes(grey)))
    patch = draw(Label("Another", Place.TOP_RIGHT), 640, 360)
    height, width = patch.rgb.shape[:2]
    assert np.abs(seen.astype(int) - grey)[patch.y : patch.y + height, patch.x : patch.x + width].mean() > 20
    assert (seen[-100:, :200] == grey[-100:, :200]).all(), "nothing is left in the old place"
