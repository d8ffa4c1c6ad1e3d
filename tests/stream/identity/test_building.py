"""A run over videos: which frames are looked at, what is kept, when it stops, and that it goes on where it stopped."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from calib.identity.bounds import bounds_of
from calib.identity.stopping import StopReason
from engines.errors import InputError
from engines.values import U8
from stream.frame import Frame
from stream.identity.building import Built, Piece, SetBuilding, face_name
from stream.identity.observing import Observation
from tests.calib.identity.candidates import CLEAR, OPEN, SHUT, SMILING
from tests.stream.identity.rides import grey, observed

BOUNDS = bounds_of("arcface_w600k_r50")
Script = Callable[[Frame], list[Observation]]


class Shelf:
    """Keeps in memory what a folder would."""

    def __init__(self) -> None:
        self.pieces: dict[tuple[int, int], Piece] = {}
        self.pictures: dict[str, U8] = {}

    def piece(self, video: int, number: int) -> Piece | None:
        return self.pieces.get((video, number))

    def keep_piece(self, video: int, number: int, piece: Piece) -> None:
        self.pieces[video, number] = piece

    def keep_picture(self, name: str, rgb: U8) -> None:
        self.pictures[name] = rgb

    def forget_others(self, names: set[str]) -> None:
        self.pictures = {name: rgb for name, rgb in self.pictures.items() if name in names}


def run(
    videos: Sequence[Path], script: Script, shelf: Shelf | None = None, people: int | None = None, fps: float = 5,
    told: Callable[[int, float], None] = lambda video, seconds: None,
) -> tuple[Built, list[float]]:  # fmt: skip
    """What came of it, and the seconds of the frames that were looked at."""
    looked: list[float] = []

    def observe(frame: Frame) -> list[Observation]:
        looked.append(round(frame.seconds, 3))
        return script(frame)

    building = SetBuilding(observe, lambda: None, shelf or Shelf(), BOUNDS, fps, people)
    return building.run([str(video) for video in videos], told), looked


def one_face(frame: Frame) -> list[Observation]:
    return [observed(frame, seen=7.0 * frame.index, yaw=(frame.index * 5) % 40 - 20)]


def test_so_many_frames_a_second_are_looked_at_whatever_the_rate(tmp_path: Path) -> None:
    video = grey(tmp_path / "a.mkv", 30, rate=10)
    assert run([video], one_face)[1] == pytest.approx([0.2 * i for i in range(15)])
    assert run([video], one_face, fps=1)[1] == [0, 1, 2]
    assert len(run([video], one_face, fps=60)[1]) == 30


def test_pictures_of_what_may_be_saved_are_kept_and_others_go(tmp_path: Path) -> None:
    shelf = Shelf()
    built, _ = run([grey(tmp_path / "a.mkv", 60)], one_face, shelf)
    [person] = built.main
    sets = built.gathering.people[person].sets()
    numbers = {r.candidate.number for r in (*sets.anchors, *sets.coverage, *sets.challenges)}
    assert sets.anchors and sets.coverage
    assert {face_name(n) for n in numbers} <= set(shelf.pictures) and numbers <= set(built.saved)
    assert len(shelf.pictures) < 60
    saved = built.saved[sets.anchors[0].candidate.number]
    assert saved.seconds == pytest.approx(saved.frame / 5) and saved.video == 0


@pytest.mark.parametrize("killed", [0, 7, 25, 40, 59])
def test_a_run_that_was_stopped_goes_on_to_the_same_result(tmp_path: Path, killed: int) -> None:
    video = grey(tmp_path / "a.mkv", 60)
    whole, shelf = Shelf(), Shelf()
    expected, looked = run([video], one_face, whole)
    count = 0

    def told(_: int, __: float) -> None:
        nonlocal count
        count += 1
        if count > killed:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run([video], one_face, shelf, told=told)
    again, second = run([video], one_face, shelf)
    assert second == looked[len(looked) - len(second) :] and len(second) == 60 - killed // 25 * 25
    assert set(shelf.pictures) == set(whole.pictures)
    numbers = [[r.candidate.number for r in built.gathering.people[0].sets().coverage] for built in (expected, again)]
    assert numbers[0] == numbers[1] and again.looked == expected.looked == 60


def test_it_stops_when_all_is_covered_and_looks_no_further(tmp_path: Path) -> None:
    poses = [(yaw, pitch, signs) for yaw in (-40, -20, -10, 0, 10, 20, 40) for pitch in (-30, -10, 0, 10, 30)
             for signs in (CLEAR, SMILING, OPEN, SHUT)]  # fmt: skip

    def ride(frame: Frame) -> list[Observation]:
        if frame.index < 3:
            return [observed(frame)]
        yaw, pitch, signs = poses[(frame.index - 3) % len(poses)]
        return [observed(frame, yaw=yaw, pitch=pitch, signs=signs, seen=(9 * frame.index) % 360)]

    video = grey(tmp_path / "a.mkv", 400)
    built, looked = run([video, tmp_path / "never opened.mkv"], ride)
    assert built.stopped is StopReason.COVERED
    assert 100 < len(looked) < 200
    assert built.gathering.people[0].satisfied()


def test_two_people_who_are_shown_together_make_pairs(tmp_path: Path) -> None:
    def couple(frame: Frame) -> list[Observation]:
        second = observed(frame, 1, person=90, seen=3.0 * frame.index, x=10, occlusion=0.5 if frame.index < 10 else 0)
        return [observed(frame, 0, seen=3.0 * frame.index), second]

    built, _ = run([grey(tmp_path / "a.mkv", 60)], couple, people=2)
    assert len(built.main) == 2 and 1 <= len(built.pairs) <= 3
    assert all(pair.candidates[0].frame >= 10 for pair in built.pairs), "both must be seen well"
    alone, _ = run([grey(tmp_path / "b.mkv", 60)], couple, people=1)
    assert alone.pairs == () and len(alone.main) == 1


def test_several_videos_show_the_same_people(tmp_path: Path) -> None:
    videos = [grey(tmp_path / f"{i}.mkv", 20) for i in range(2)]
    built, looked = run(videos, one_face)
    assert len(built.main) == 1 and len(looked) == 40
    assert {built.saved[r.candidate.number].video for r in built.gathering.people[0].sets().coverage} == {0, 1}


def test_nobody_and_no_video(tmp_path: Path) -> None:
    built, looked = run([grey(tmp_path / "a.mkv", 10)], lambda frame: [])
    assert built.main == () and built.looked == len(looked) == 10 and built.stopped is StopReason.ENDED
    with pytest.raises(InputError):
        run([tmp_path / "none.mkv"], one_face)
