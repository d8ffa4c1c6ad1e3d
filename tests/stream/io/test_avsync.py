"""Clock logic, simulated: two hours of skew, jitter, jumps, and sound that follows its picture."""

import numpy as np
import pytest

from stream.io.avsync import Drift, Follow


def simulate(hours: float, audio_ppm: float, video_ppm: float, jitter: float, seed: int = 0) -> tuple[float, float]:
    """A camera and a microphone whose clocks run fast by so much. Returns the largest |A - V| of what comes out, and of
    what came in, seconds, after the warm-up."""
    rng = np.random.default_rng(seed)
    sound, sight = Drift(), Drift()
    worst = raw = 0.0
    step = 0.1
    for i in range(int(hours * 3600 / step)):
        now = i * step  # true time of the event
        stamps = now * (1 + audio_ppm * 1e-6), now * (1 + video_ppm * 1e-6)
        late = rng.random(2) * jitter
        a = sound.correct(stamps[0], now + 0.05 + late[0])
        v = sight.correct(stamps[1], now + 0.02 + late[1])
        if now > 30:
            worst, raw = max(worst, abs(a - v)), max(raw, abs(stamps[0] - stamps[1]))
    return worst, raw


@pytest.mark.parametrize(("audio", "video", "jitter"), [(100, 0, 0.0), (0, 100, 0.03), (-50, 50, 0.08)])
def test_two_hours_of_skew_stay_within_20_ms(audio: float, video: float, jitter: float) -> None:
    worst, raw = simulate(2.2, audio, video, jitter)
    assert raw > 0.7, "without a correction they would be far apart"
    assert worst <= 0.020


def test_clocks_that_agree_are_left_alone() -> None:
    assert simulate(0.5, 0, 0, 0.05)[0] <= 0.010


def test_what_comes_out_rises() -> None:
    rng = np.random.default_rng(3)
    drift, last = Drift(), -1.0
    for i in range(20_000):
        out = drift.correct(i * 0.02, i * 0.02 * (1 - 3e-4) + rng.random() * 0.1)
        assert out > last
        last = out


def test_a_jump_is_a_new_beginning_and_moves_nothing() -> None:
    drift = Drift()
    for i in range(1000):
        drift.correct(i * 0.02, i * 0.02)
    before = drift.correction
    assert drift.correct(500.0, 20.02) == 500.0 + before and drift.jumps == 1
    for i in range(1, 1000):
        out = drift.correct(500 + i * 0.02, 20.02 + i * 0.02)
    assert abs(out - (500 + 999 * 0.02)) < 0.002


def test_sound_follows_its_picture() -> None:
    follow = Follow()
    for _ in range(200):
        follow.picture(0.040)
    assert follow.delay == pytest.approx(0.040, abs=1e-4)
    assert follow.due(10.0) == pytest.approx(10.040, abs=1e-4)


def test_sound_keeps_its_order_when_the_picture_gets_faster() -> None:
    follow = Follow(delay=0.2)
    first = follow.due(1.0)
    for _ in range(200):
        follow.picture(0.0)
    assert follow.due(1.02) >= first


def test_sound_is_not_held_for_ever() -> None:
    follow = Follow()
    for _ in range(500):
        follow.picture(30.0)
    assert follow.due(0.0) <= follow.most + 1e-9
