"""The clock that is carried on, by value: packets in, packets with their new times out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.media.clock import WRAP, Clock

BASE = Fraction(1, 90_000)
VIDEO, SOUND, WORDS = 0, 1, 2
FRAME, BLOCK = 3600, 2880  # ticks: 40 ms of picture, 32 ms of sound


@dataclass(slots=True)
class Stamped:
    stream_index: int
    pts: int | None
    dts: int | None
    duration: int | None = None
    time_base: Fraction = BASE


def run(packets: Iterable[Stamped], jumps: bool = True, wraps: bool = True) -> tuple[dict[int, list[int]], int]:
    """The decoding times that leave, by stream, and the seams."""
    clock: Clock[Stamped] = Clock(VIDEO, [SOUND], Fraction(25), jumps, wraps)
    left = [out for packet in packets for out in clock.pass_on(packet)] + clock.flush()
    times: dict[int, list[int]] = {}
    for packet in left:
        assert packet.dts is not None
        times.setdefault(packet.stream_index, []).append(packet.dts)
    return times, clock.seams


def piece(at: int, frames: int = 25, sound: bool = True, lag: int = 0) -> Iterator[Stamped]:
    """A recording from tick `at` on, interleaved. lag: ticks that sound begins later."""
    packets = [Stamped(VIDEO, at + FRAME * i, at + FRAME * i) for i in range(frames)]
    if sound:
        blocks = -(-FRAME * frames // BLOCK)
        packets += [Stamped(SOUND, at + lag + BLOCK * i, at + lag + BLOCK * i, BLOCK) for i in range(blocks)]
    return iter(sorted(packets, key=lambda p: (p.dts or 0, p.stream_index)))


def steps(times: list[int]) -> set[int]:
    return {b - a for a, b in pairwise(times)}


def test_an_even_clock_is_left_alone() -> None:
    times, seams = run(piece(777, 50))
    assert times == {VIDEO: [777 + FRAME * i for i in range(50)], SOUND: [777 + BLOCK * i for i in range(63)]}
    assert seams == 0


@pytest.mark.parametrize(
    "second",
    [0, 900_000, 90_000 * 1800, 90_000 * 26 * 3600, 900_000 + 20 * FRAME, 900_000 - 90_000 * 3],
    ids=["to 0", "again", "30 min ahead", "26 h ahead", "a little back", "3 s back"],
)
@pytest.mark.parametrize("sound", [True, False])
def test_the_second_recording_goes_on_where_the_first_ends(second: int, sound: bool) -> None:
    times, seams = run([*piece(900_000, sound=sound), *piece(second, sound=sound)])
    assert seams == 1
    assert times[VIDEO] == [900_000 + FRAME * i for i in range(50)]
    if sound:
        assert times[SOUND] == [900_000 + BLOCK * i for i in range(64)]


def test_sound_and_picture_move_together() -> None:
    """Sound that begins 0.3 s after the picture does so after the seam too."""
    times, _ = run([*piece(90_000, lag=27_000), *piece(0, lag=27_000)])
    assert times[VIDEO] == [90_000 + FRAME * i for i in range(50)]
    assert times[SOUND][0] - times[VIDEO][0] == 27_000
    first = times[SOUND][32] - times[VIDEO][25]
    assert 27_000 <= first <= 27_000 + BLOCK  # its own packets do not overlap


def test_sound_of_the_next_recording_that_lies_before_the_last_pictures_waits_for_them() -> None:
    one, two = list(piece(0)), list(piece(0))
    last = [p for p in one if p.stream_index == VIDEO][-3:]
    early = [p for p in one if all(p is not q for q in last)] + [p for p in two if p.stream_index == SOUND][:3] + last
    late = [p for p in two if all(p is not q for q in early)]
    times, seams = run([*early, *late])
    assert seams == 1
    assert steps(times[VIDEO]) == {FRAME}


def test_a_wrap_is_no_seam() -> None:
    times, seams = run(
        Stamped(p.stream_index, p.pts, (p.dts or 0) % WRAP, p.duration) for p in piece(WRAP - 30_000, 50)
    )
    assert seams == 0
    assert steps(times[VIDEO]) == {FRAME} and steps(times[SOUND]) == {BLOCK}


def test_a_gap_in_one_stream_stays_however_long() -> None:
    whole = list(piece(0, 1000))
    times, seams = run(p for p in whole if p.stream_index == SOUND or not 20 < (p.dts or 0) // FRAME < 700)
    assert seams == 0
    assert max(steps(times[VIDEO])) == 680 * FRAME


def test_a_short_gap_in_all_streams_stays() -> None:
    times, seams = run([*piece(0), *piece(90_000 * 9)])
    assert seams == 0
    assert times[VIDEO][25] == 90_000 * 9


def test_a_leap_stays_a_gap_where_the_formats_clock_does_not_jump() -> None:
    times, seams = run([*piece(0), *piece(90_000 * 1800)], jumps=False, wraps=False)
    assert seams == 0
    assert times[VIDEO][25] == 90_000 * 1800


def test_a_restart_is_carried_on_in_any_format() -> None:
    times, _ = run([*piece(0), *piece(0)], jumps=False, wraps=False)
    assert times[VIDEO] == [FRAME * i for i in range(50)]


def test_reordered_pictures_join_by_what_is_shown() -> None:
    """The second recording shows its first picture two frames after it is decoded, the first one at once."""
    one = [Stamped(VIDEO, FRAME * i, FRAME * i) for i in range(10)]
    shown = [2, 5, 3, 4, 8, 6, 7, 11, 9, 10]
    two = [Stamped(VIDEO, FRAME * s, FRAME * i) for i, s in enumerate(shown)]
    clock: Clock[Stamped] = Clock(VIDEO, [], Fraction(25), True, True)
    left = [out for packet in [*one, *two] for out in clock.pass_on(packet)] + clock.flush()
    assert sorted(p.pts or 0 for p in left) == [FRAME * i for i in range(20)]


def test_sound_that_grows_longer_than_the_picture_is_waited_for() -> None:
    """Each recording has 72 ms more sound than picture: two of them are let be, then the picture waits."""

    def long(at: int) -> Iterator[Stamped]:
        return (p for p in piece(at, 27) if p.stream_index == SOUND or (p.dts or 0) < at + 25 * FRAME)

    times, _ = run([*long(0), *long(0), *long(0)])
    assert steps(times[SOUND]) == {BLOCK}
    assert steps(times[VIDEO][:50]) == {FRAME}
    assert times[VIDEO][50] == times[SOUND][2 * 34]


def test_one_wild_time_costs_one_frames_duration() -> None:
    packets = list(piece(0, 50, sound=False))
    packets[20].pts = packets[20].dts = 90_000 * 7200
    times, _ = run(packets)
    assert times[VIDEO] == [FRAME * i for i in range(50)]


def test_a_display_time_of_the_clock_behind_the_seam_is_mended() -> None:
    one = [Stamped(VIDEO, FRAME * (i + 1), FRAME * i) for i in range(10)]
    one[-1].pts = 90_000 * 1800
    two = [Stamped(VIDEO, 90_000 * 1800 + FRAME * (i + 1), 90_000 * 1800 + FRAME * i) for i in range(10)]
    clock: Clock[Stamped] = Clock(VIDEO, [], Fraction(25), True, True)
    left = [out for packet in [*one, *two] for out in clock.pass_on(packet)] + clock.flush()
    assert [p.pts for p in left] == [FRAME * (i + 1) for i in range(20)]


def test_pictures_whose_decoding_time_is_known_only_later_are_no_restart() -> None:
    """As Matroska's demuxer gives them: the first packets have none."""
    shown, decoded = [0, 4, 2, 1, 3, 8, 6], [None, None, None, 1, 2, 3, 4]
    times = [(s * FRAME, None if d is None else d * FRAME) for s, d in zip(shown, decoded, strict=True)]
    clock: Clock[Stamped] = Clock(VIDEO, [], Fraction(25), False, False)
    left = [out for s, d in times for out in clock.pass_on(Stamped(VIDEO, s, d))]
    assert [(p.pts, p.dts) for p in left] == times and clock.seams == 0


def test_a_restart_is_seen_where_there_are_no_decoding_times_at_all() -> None:
    clock: Clock[Stamped] = Clock(VIDEO, [], Fraction(25), False, False)
    shown = [i * FRAME for i in (0, 2, 1, 4, 3, *range(5, 50))]
    left = [out for s in [*shown, *shown] for out in clock.pass_on(Stamped(VIDEO, s, None))] + clock.flush()
    assert sorted(p.pts or 0 for p in left) == [i * FRAME for i in range(100)]


def test_words_follow_the_clock_that_is_nearest() -> None:
    words = [Stamped(WORDS, at, at) for at in (FRAME * 12, FRAME * 12)]
    one, two = list(piece(0)), list(piece(0))
    times, _ = run([*one[:24], words[0], *one[24:], *two[:24], words[1], *two[24:]])
    assert times[WORDS] == [FRAME * 12, FRAME * 37]


def test_sound_that_only_the_second_recording_has_begins_with_it() -> None:
    two = sorted(piece(0), key=lambda p: (p.dts or 0, -p.stream_index))  # the sound's first packet comes first
    times, seams = run([*piece(0, 60, sound=False), *two])
    assert seams == 1
    assert times[SOUND][0] == times[VIDEO][60] == 60 * FRAME


def test_sound_that_the_file_holds_after_the_picture_stays_where_it_is() -> None:
    whole = list(piece(0, 100))
    times, seams = run([*(p for p in whole if p.stream_index == VIDEO), *(p for p in whole if p.stream_index == SOUND)])
    assert seams == 0
    assert times[SOUND] == [BLOCK * i for i in range(125)]


def test_packets_without_times_pass() -> None:
    clock: Clock[Stamped] = Clock(VIDEO, [], Fraction(25), True, True)
    bare = Stamped(VIDEO, None, None)
    assert clock.pass_on(bare) == [bare] and bare.pts is bare.dts is None


@given(
    st.lists(
        st.tuples(st.sampled_from([VIDEO, SOUND, WORDS]), st.none() | st.integers(-(10**6), WRAP + 10**6)), max_size=60
    )
)
def test_whatever_comes_leaves_once_and_each_stream_in_its_order(stamps: list[tuple[int, int | None]]) -> None:
    packets = [Stamped(index, at, at) for index, at in stamps]
    clock: Clock[Stamped] = Clock(VIDEO, [SOUND], Fraction(25), True, True)
    left = [out for packet in packets for out in clock.pass_on(packet)] + clock.flush()
    for index in (VIDEO, SOUND, WORDS):
        assert [id(p) for p in left if p.stream_index == index] == [id(p) for p in packets if p.stream_index == index]
