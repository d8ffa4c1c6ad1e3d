"""What is left out, and why."""

from calib.qa.reasons import WORDS, QaReason, left_out


def test_with_everything_at_hand_nothing_is_left_out() -> None:
    assert left_out("", original=True, report=True) == {}


def test_without_an_embedder_identity_is_and_the_remedy_is_told() -> None:
    told = left_out("`pip install that`", original=True, report=False)
    assert list(told) == [QaReason.IDENTITY] and "`pip install that`" in told[QaReason.IDENTITY]


def test_without_the_original_what_only_it_can_tell_is() -> None:
    told = left_out("", original=False, report=False)
    assert set(told) == {QaReason.MISSED, QaReason.SEAM, QaReason.MOUTH}
    assert all("--original" in why for why in told.values())


def test_a_report_tells_of_missed_faces_in_part() -> None:
    assert "report alone" in left_out("", original=False, report=True)[QaReason.MISSED]


def test_every_reason_has_words() -> None:
    assert set(WORDS) == set(QaReason)
