"""The potential, by value."""

import pytest

from calib.search.scoring import CAP, WEIGHTS, Aspect, CandidateScore, SearchError, judged, without

ASPECTS = {"ssim": Aspect.CONSISTENCY, "seams": Aspect.REALISM, "noise": Aspect.REALISM, "cosine": Aspect.IDENTITY}


def test_realism_counts_four_times_identity_one_and_a_half() -> None:
    made = judged({"ssim": CandidateScore(0.5), "seams": CandidateScore(0.25), "cosine": CandidateScore(0.8)}, ASPECTS)
    assert made.potential == pytest.approx(1.0 * 0.5 + 4.0 * 0.25 + 1.5 * 0.8)
    assert sum(WEIGHTS.values()) == 6.5


def test_scorers_of_one_aspect_count_with_their_mean() -> None:
    made = judged(
        {
            "seams": CandidateScore(0.2),
            "noise": CandidateScore(0.6),
            "ssim": CandidateScore(1),
            "cosine": CandidateScore(0),
        },
        ASPECTS,
    )
    assert made.aspects[Aspect.REALISM] == pytest.approx(0.4)


def test_a_fatal_flaw_caps_realism_whoever_finds_it() -> None:
    flawed = {"ssim": CandidateScore(1, ("a torn edge",)), "seams": CandidateScore(0.9), "cosine": CandidateScore(1)}
    made = judged(flawed, ASPECTS)
    assert made.aspects[Aspect.REALISM] == CAP and made.fatal == ("a torn edge",)
    assert made.potential == pytest.approx(1 + 4 * CAP + 1.5)
    low = judged(flawed | {"seams": CandidateScore(0.1)}, ASPECTS)
    assert low.aspects[Aspect.REALISM] == pytest.approx(0.1)  # a cap, not a value


def test_an_aspect_without_a_scorer_gives_its_weight_to_the_others() -> None:
    made = judged({"ssim": CandidateScore(0.5), "cosine": CandidateScore(1.0)}, ASPECTS)
    assert made.potential == pytest.approx((0.5 + 1.5) * 6.5 / 2.5)
    assert judged({"ssim": CandidateScore(1)}, ASPECTS).potential == pytest.approx(6.5)


def test_without_any_scorer_there_is_no_potential() -> None:
    with pytest.raises(SearchError, match="no scorer is left"):
        judged({}, ASPECTS)
    with pytest.raises(SearchError):
        judged({"ssim": CandidateScore(1)}, ASPECTS, {Aspect.CONSISTENCY: 0.0, Aspect.REALISM: 1.0})


def test_what_is_dropped_is_gone() -> None:
    assert without({"ssim": CandidateScore(1), "seams": CandidateScore(0)}, {"ssim"}) == {"seams": CandidateScore(0)}
