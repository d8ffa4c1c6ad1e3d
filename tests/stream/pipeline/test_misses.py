"""The account of missed faces: spans by value, and what a user is told."""

from engines.values import Box
from stream.pipeline.choices import OnMiss
from stream.pipeline.guard import Missed, Reason
from stream.pipeline.misses import MissLog, clock, end_warnings, in_words, unused

BOX = Box(10, 20, 30, 44)
LOST, TURNED = Missed(1, Reason.LOST, BOX), Missed(2, Reason.UNPAINTED, BOX)


def log(frames: int, missed: dict[int, tuple[Missed, ...]]) -> MissLog:
    """At 25 frames a second; a face is painted in every frame."""
    made = MissLog()
    for index in range(frames):
        made.add(index / 25, True, missed.get(index, ()))
    return made


def test_frames_in_a_row_are_one_span() -> None:
    made = log(60, dict.fromkeys((*range(10, 20), *range(40, 42)), (LOST,)))
    assert (made.frames, made.painted) == (12, 60)
    assert [(s.start, s.end, s.frames) for s in made.spans] == [(0.4, 0.76, 10), (1.6, 1.64, 2)]
    assert made.spans[0].as_json() == {
        "track": 1,
        "reason": "lost",
        "start_s": 0.4,
        "end_s": 0.76,
        "frames": 10,
        "box": [10.0, 20.0, 30.0, 44.0],
    }


def test_faces_and_reasons_are_told_apart_and_a_frame_counts_once() -> None:
    made = log(30, dict.fromkeys(range(5, 10), (LOST, TURNED)))
    assert made.frames == 5
    assert [(s.track, s.reason) for s in made.spans] == [(1, Reason.LOST), (2, Reason.UNPAINTED)]


def test_a_short_gap_does_not_split_and_time_that_goes_back_does() -> None:
    made = log(30, {5: (LOST,), 8: (LOST,)})
    assert [s.frames for s in made.spans] == [2]
    made.add(0.0, True, (LOST,))
    assert [s.frames for s in made.spans] == [1, 2]


def test_nothing_missed_is_nothing_said() -> None:
    assert in_words(log(30, {}), 30, shown=True) == ()
    assert in_words(MissLog(), 0, shown=True) == ()


def test_a_face_that_was_seen_and_never_painted_is_not_one_that_was_not_seen() -> None:
    made = MissLog()
    made.add(0.0, False, (TURNED,))
    assert in_words(made, 1, shown=True) == (
        "no face was painted: one that was wanted was missed in 1 of 1 frames (0:00.0 turned too far away or at the"
        " picture's edge); it shows as it is; --on-miss blur covers it",
    )


def test_what_was_missed_is_told_with_its_times() -> None:
    made = log(60, dict.fromkeys(range(10, 20), (LOST,)))
    (said,) = in_words(made, 60, shown=True)
    assert said == (
        "a face to paint was missed in 10 of 60 frames (0:00.4 to 0:00.8 lost from sight); it shows as it is;"
        " --on-miss blur covers it"
    )
    assert in_words(made, 60, shown=False)[0].endswith("it was covered")


def test_many_spans_are_cut_short() -> None:
    made = log(500, dict.fromkeys(range(0, 500, 20), (TURNED,)))
    assert in_words(made, 500, shown=True)[0].count("turned too far") == 3
    assert "and 22 times more, see --report" in in_words(made, 500, shown=True)[0]


def test_a_clip_in_which_nobody_was_painted_says_so() -> None:
    made = MissLog()
    made.add(0.0, False, ())
    (said,) = in_words(made, 1, shown=True)
    assert said.startswith("no face was painted")


def test_times_as_people_read_them() -> None:
    assert [clock(s) for s in (0, 59.96, 61.25, 600)] == ["0:00.0", "1:00.0", "1:01.2", "10:00.0"]


def test_a_source_that_nobody_took_is_named() -> None:
    made = MissLog()
    for sources in ({0}, {0, 2}, ()):
        made.add(0.0, bool(sources), (), sources=sources)
    assert made.sources == {0: 2, 2: 1}
    (said,) = unused(made, ("ann.jpg", "bob.jpg", "cy.jpg"))
    assert said == "source 2 (bob.jpg) was put on no face; look at --who and --map"
    assert unused(made, ("", "", ""))[0].startswith("source 2 was put on no face")
    assert unused(MissLog(), ("a", "b")) == (), "that no face was painted is said already"


def test_an_account_is_gone_on_with() -> None:
    first = log(60, dict.fromkeys(range(10, 20), (LOST,)))
    second = MissLog(first.frames, first.painted, first.covered, first.spans, {1: 4})
    second.add(2.4, True, (LOST,))
    assert (second.frames, second.painted) == (11, 61)
    assert [(s.start, s.frames) for s in second.spans] == [(0.4, 10), (2.4, 1)]
    assert second.sources == {1: 4} and first.sources == {}
    assert first.frames == 10 and len(first.spans) == 1


def test_faces_beyond_those_that_are_followed_are_told() -> None:
    made = MissLog()
    made.add(0.0, True, ())
    assert in_words(made, 1, True) == ()
    for faces in (0, 18, 3):
        made.beyond(faces)
    assert in_words(made, 1, True) == ("18 faces at once were more than are followed, and show as they are",)


def test_the_end_of_a_job_tells_misses_and_then_sources_that_nobody_took() -> None:
    made = MissLog()
    made.add(0.0, True, (LOST,), sources={0})
    names = ("ann.jpg", "bob.jpg")
    for on_miss, shown in ((None, True), (OnMiss.SHOW, True), (OnMiss.BLUR, False), (OnMiss.HOLD, False)):
        assert end_warnings(made, 1, on_miss, names) == (*in_words(made, 1, shown), *unused(made, names))
        assert len(end_warnings(made, 1, on_miss, names)) == 2
