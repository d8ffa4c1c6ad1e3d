"""The folder of a run under way: pieces come back as they went in, and other plans are refused."""

from dataclasses import astuple, replace
from pathlib import Path

import numpy as np
import pytest

from engines.errors import OutputError
from stream.frame import Frame
from stream.identity.building import Piece
from stream.identity.observing import Observation
from tests.stream.identity.rides import observed
from tests.stream.portraits import framed
from tools.identity.work import Work, jpeg

PLAN = {"videos": ["a"], "fps": 5.0}


def frame(index: int) -> Frame:
    return framed(np.full((16, 16, 3), 90, np.uint8), 200 * index, index)


def without_picture(one: Observation) -> Observation:
    return replace(one, picture=None)


def same(a: Observation, b: Observation) -> bool:
    plain = all(
        getattr(a, name) == getattr(b, name)
        for name in ("frame", "seconds", "track", "measures", "signs", "centre", "face_box", "crop_box", "picture")
    )
    models = (a.id.embedder, a.id.metric, a.face.model) == (b.id.embedder, b.id.metric, b.face.model)
    vectors = np.array_equal(a.id.values, b.id.values) and np.array_equal(a.face.values, b.face.values)
    if a.body is None or b.body is None:
        return plain and vectors and models and a.body is b.body
    bodies = np.array_equal(a.body.values, b.body.values) and a.body.model == b.body.model
    return plain and vectors and models and bodies


def test_a_piece_comes_back_bit_for_bit(tmp_path: Path) -> None:
    work = Work(tmp_path / ".work", PLAN)
    first = without_picture(observed(frame(0), 3, seen=33.3, yaw=-12.34567, x=1.25))
    second = replace(without_picture(observed(frame(2), 4, person=50)), body=None)
    work.keep_piece(0, 2, Piece(((first,), (), (second, first))))
    found = Work(tmp_path / ".work", PLAN).piece(0, 2)
    assert found is not None and [len(faces) for faces in found.frames] == [1, 0, 2]
    assert same(found.frames[0][0], first) and same(found.frames[2][0], second) and same(found.frames[2][1], first)
    assert astuple(found.frames[0][0].measures) == astuple(first.measures)
    assert work.piece(0, 3) is None and work.piece(1, 2) is None


def test_a_piece_without_anybody(tmp_path: Path) -> None:
    work = Work(tmp_path / ".work", PLAN)
    work.keep_piece(0, 0, Piece(((), (), ())))
    found = work.piece(0, 0)
    assert found is not None and found.frames == ((), (), ())


def test_a_run_of_other_options_does_not_go_on_here(tmp_path: Path) -> None:
    Work(tmp_path / ".work", PLAN)
    Work(tmp_path / ".work", dict(PLAN))
    with pytest.raises(OutputError, match="was begun with other videos or options"):
        Work(tmp_path / ".work", PLAN | {"fps": 4.0})


def test_a_damaged_piece_is_said_to_be_one(tmp_path: Path) -> None:
    work = Work(tmp_path / ".work", PLAN)
    work.keep_piece(0, 0, Piece(((without_picture(observed(frame(0))),),)))
    path = next(tmp_path.rglob("piece_*.npz"))
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(OutputError, match="is damaged"):
        work.piece(0, 0)


def test_pictures_are_kept_and_forgotten_by_name(tmp_path: Path) -> None:
    work = Work(tmp_path / ".work", PLAN)
    rgb = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    for name in ("face_000001", "face_000002", "pair_000001"):
        work.keep_picture(name, rgb)
    assert work.picture("face_000001").read_bytes() == jpeg(rgb) == jpeg(rgb.copy())
    work.forget_others({"face_000002"})
    assert [path.name for path in work.pictures.iterdir()] == ["face_000002.jpg"]
