"""The clip of which all is known: its mix, its spells, what is laid and what it is called."""

from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from engines.errors import InputError
from engines.mesh.topology import CANONICAL, OVAL
from engines.occlusion.network import NONE, OPAQUE, TRANSPARENT
from engines.values import F32, U8
from tests.tools.synth.people import photo
from tools.synth import mixed
from tools.synth.crops import UNSURE
from tools.synth.mixed import SEEN_THROUGH, SOLID, OccluderSpan, Truth, cast_for, laid, spells, thing, write

FACE = np.ascontiguousarray(photo(1)[30:280, 40:260], np.uint8)  # 250 x 220
MESH = (CANONICAL * 9 + np.array([110, 130, 0])).astype(np.float32)


@pytest.mark.parametrize("frames", [120, 240, 300, 599, 600, 1111])
def test_the_mix_is_as_promised(frames: int) -> None:
    row = spells(frames)
    for kind, share in ((OPAQUE, 0.15), (TRANSPARENT, 0.05)):
        assert sum(s.length for s in row if s.kind == kind) == round(share * frames)
    assert row[0].first > 0
    for a, b in pairwise(row):
        assert b.first >= a.first + a.length + 10, "clear frames lie between"
    last = row[-1].first + row[-1].length
    assert frames - 10 >= last > frames / 2


def test_transparent_spells_are_spread_among_the_opaque_ones() -> None:
    kinds = [s.kind for s in spells(1600)]
    assert kinds.count(TRANSPARENT) == 4
    at = [i for i, k in enumerate(kinds) if k == TRANSPARENT]
    assert np.diff(at).min() >= 3


@pytest.mark.parametrize("frames", [0, 20, 90])
def test_a_clip_too_short_for_the_mix_is_refused(frames: int) -> None:
    with pytest.raises(InputError, match=r"take 120 or more"):
        spells(frames)


def test_a_thing_comes_stays_and_goes() -> None:
    spell = OccluderSpan(OPAQUE, 10, 9)
    shares = [spell.there(i) for i in range(9, 21)]
    assert shares[0] == 0
    assert shares[1:4] == pytest.approx([1 / 3, 2 / 3, 1])
    assert shares[3:8] == [1] * 5
    assert shares[7:] == pytest.approx([1, 2 / 3, 1 / 3, 0, 0])


@pytest.mark.parametrize("name", [*SOLID, *SEEN_THROUGH])
def test_things_are_drawn_by_their_seed(name: str) -> None:
    one, same, other = (laid(FACE, MESH, thing(name, MESH, np.random.default_rng(s)), 1.0, 3)[0] for s in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 10


@pytest.mark.parametrize(
    ("kind", "names"), [(OPAQUE, SOLID), (TRANSPARENT, SEEN_THROUGH)], ids=["opaque", "transparent"]
)
def test_what_is_chosen_for_a_spell_is_seen_and_is_what_it_says(kind: int, names: tuple[str, ...]) -> None:
    spell = OccluderSpan(kind, 0, 15)
    for number, name in enumerate(names):
        found = cast_for(spell, number, FACE, MESH, np.random.default_rng(number))
        assert found.kind == name
        image, label = laid(FACE, MESH, found, 1.0, spell.length // 2)
        assert label == kind
        face = cv2.fillConvexPoly(np.zeros(FACE.shape[:2], np.uint8), MESH[OVAL, :2].astype(np.int32), 1) > 0
        assert (np.abs(image - FACE).max(2) > 10)[face].mean() > 0.12


def test_what_has_not_come_yet_changes_nothing() -> None:
    cup = thing("cup", MESH, np.random.default_rng(3))
    image, label = laid(FACE, MESH, cup, 0.0, 0)
    assert label == NONE
    np.testing.assert_array_equal(image, FACE)


def test_a_face_too_small_to_be_covered_visibly_is_told() -> None:
    far = (MESH * 0 + np.array([-900, -900, 0])).astype(np.float32)
    with pytest.raises(InputError, match=r"nothing opaque can be seen before this face"):
        cast_for(OccluderSpan(OPAQUE, 0, 15), 0, FACE, far, np.random.default_rng(0))


def clip(path: Path, frames: int) -> Path:
    with av.open(str(path), "w") as sink:
        stream = sink.add_stream("libx264", rate=25, options={"crf": "8", "preset": "ultrafast"})
        stream.height, stream.width = FACE.shape[:2]
        stream.pix_fmt = "yuv420p"
        for _ in range(frames):
            sink.mux(stream.encode(av.VideoFrame.from_ndarray(FACE, format="rgb24")))
        sink.mux(stream.encode(None))
    return path


def pictures(path: Path) -> list[U8]:
    with av.open(str(path)) as source:
        return [np.asarray(f.to_ndarray(format="rgb24"), np.uint8) for f in source.decode(video=0)]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clip(tmp_path_factory.mktemp("clip") / "plain.mp4", 120)


@pytest.fixture(scope="module")
def made(plain: Path) -> tuple[Path, Truth]:
    out = plain.with_name("mixed.mp4")
    return out, write(plain, out, [MESH] * 120, seed=4)


def changed(path: Path, plain: Path) -> F32:
    """By how many levels each frame's face differs from the clear clip's, the worst tenth of its pixels."""
    pairs = zip(pictures(path), pictures(plain), strict=True)
    return np.array([np.percentile(np.abs(a.astype(int) - b), 98) for a, b in pairs], np.float32)


def test_every_frame_is_written_and_classed(made: tuple[Path, Truth], plain: Path) -> None:
    path, truth = made[0], made[1].kinds
    assert len(truth) == len(pictures(path)) == 120
    assert truth.count(NONE) >= 96
    assert 12 <= truth.count(OPAQUE) <= 18
    assert 3 <= truth.count(TRANSPARENT) <= 6
    inside = {i for s in spells(120) for i in range(s.first, s.first + s.length)}
    assert {i for i, kind in enumerate(truth) if kind != NONE} <= inside


def test_every_frame_is_told_what_is_before_its_face(made: tuple[Path, Truth]) -> None:
    truth = made[1]
    named = {s.kind: set(truth.things[s.first : s.first + s.length]) for s in spells(120)}
    assert named == {OPAQUE: {SOLID[0]}, TRANSPARENT: {SEEN_THROUGH[0]}}
    outside = [i for i in range(120) if all(not s.there(i) for s in spells(120))]
    assert {truth.things[i] for i in outside} == {""}


def test_a_clip_of_the_whole_mix_shows_each_thing() -> None:
    row = spells(mixed.ALL)
    assert [s.kind for s in row].count(OPAQUE) >= len(SOLID)
    assert [s.kind for s in row].count(TRANSPARENT) >= len(SEEN_THROUGH)
    assert max(s.length for s in row) <= mixed.SPELL + 2


def test_clear_frames_stay_as_they_were_and_covered_ones_do_not(made: tuple[Path, Truth], plain: Path) -> None:
    path, truth = made[0], made[1].kinds
    levels = changed(path, plain)
    outside = [i for i in range(120) if all(not s.there(i) for s in spells(120))]
    assert levels[outside].max() < 8
    covered = [i for i, kind in enumerate(truth) if kind in (OPAQUE, TRANSPARENT)]
    assert levels[covered].min() > 10


def test_the_same_seed_makes_the_same_classes(made: tuple[Path, Truth], plain: Path, tmp_path: Path) -> None:
    assert write(plain, tmp_path / "again.mp4", [MESH] * 120, seed=4) == made[1]


def test_a_frame_without_a_face_has_no_class(plain: Path, tmp_path: Path) -> None:
    spell = spells(120)[0]
    seen: list[F32 | None] = [MESH] * 120
    seen[3] = seen[spell.first + 4] = None
    truth = write(plain, tmp_path / "gaps.mp4", seen, seed=4).kinds
    assert truth[3] == truth[spell.first + 4] == UNSURE
    assert truth[4] == NONE
    assert mixed.SHARES == {OPAQUE: 0.15, TRANSPARENT: 0.05}
