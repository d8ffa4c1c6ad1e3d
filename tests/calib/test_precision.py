"""Distances of networks from themselves, and the floors they must keep."""

import numpy as np
import pytest

from calib.precision import FLOORS, Distance, Floor, distance, floor, worst


def test_equal_answers_have_no_distance() -> None:
    x = np.random.default_rng(0).random((2, 3, 4), np.float32)
    seen = distance(x, x)
    assert seen.error == 0 and seen.psnr == float("inf") and seen.cosine == pytest.approx(1)


def test_figures_by_hand() -> None:
    exact = np.array([[3.0, 4.0], [0.0, 10.0]], np.float32)
    given = np.array([[3.0, 4.0], [1.0, 10.0]], np.float32)
    seen = distance(given, exact, peak=10)
    assert seen.error == pytest.approx(1 / np.sqrt(125))
    assert seen.psnr == pytest.approx(10 * np.log10(100 / 0.25))
    assert seen.cosine == pytest.approx(10 / np.sqrt(101)), "the worst row"


def test_peak_is_the_span_unless_given() -> None:
    exact, given = np.array([[0.0, 2.0]], np.float32), np.array([[0.2, 2.0]], np.float32)
    assert distance(given, exact).psnr == pytest.approx(10 * np.log10(4 / 0.02), rel=1e-4)


def test_an_answer_of_zeros_is_compared_without_dividing_by_nothing() -> None:
    zeros = np.zeros((1, 4), np.float32)
    assert distance(zeros, zeros).error == 0
    assert distance(zeros + 1, zeros).error == 2


def test_worst_takes_each_figure() -> None:
    assert worst(Distance(0.1, 40, 0.9), Distance(0.2, 50, 0.8)) == Distance(0.2, 40, 0.8)


@pytest.mark.parametrize(
    ("wanted", "seen", "says"),
    [
        (Floor(psnr=35), Distance(0.01, 34.9, 1), "PSNR 34.9 dB, 35 needed"),
        (Floor(psnr=35), Distance(0.01, 35.0, 0), ""),
        (Floor(cosine=0.995), Distance(0.5, 0, 0.99), "cosine 0.9900"),
        (Floor(error=0.03), Distance(0.031, 99, 1), "3.10 %, at most 3 %"),
        (Floor(error=0.03), Distance(float("nan"), 99, 1), "nan"),
    ],
)
def test_floors(wanted: Floor, seen: Distance, says: str) -> None:
    assert says in wanted.complaint(seen) and bool(says) == bool(wanted.complaint(seen))


def test_every_catalogued_task_has_a_floor() -> None:
    from engines.store.catalog import load_catalog

    assert {m.task for m in load_catalog().models.values()} <= set(FLOORS)
    assert floor("something new").error == 0.03
