"""Who may be used as a source, who has to be asked, and what is written down."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from stream.consent.consent import ConsentedSource, ConsentError, Given, bare, consent_said, require_consent

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
PHOTO = ConsentedSource("ann.jpg", "aa" * 32)
RECORDED = ConsentedSource("ann", "bb" * 32, record="Ann B., 2026-10-02, the school film", expires=date(2026, 11, 21))


class Person:
    """Somebody at the terminal, and the questions put to them."""

    def __init__(self, answer: bool) -> None:
        self.answer, self.asked = answer, list[str]()

    def __call__(self, question: str) -> bool:
        self.asked.append(question)
        return self.answer


def test_a_bare_photo_asks_once_on_a_terminal() -> None:
    person = Person(True)
    consent = require_consent([PHOTO, ConsentedSource("bob.jpg", "cc" * 32)], False, True, person, NOW)
    assert len(person.asked) == 1 and "ann.jpg, bob.jpg" in person.asked[0]
    assert consent.given == (Given.TERMINAL, Given.TERMINAL) and consent.at == NOW


def test_no_is_no() -> None:
    with pytest.raises(ConsentError, match="without consent"):
        require_consent([PHOTO], False, True, Person(False), NOW)


def test_scripts_must_say_so() -> None:
    person = Person(True)
    with pytest.raises(ConsentError, match="--i-have-consent"):
        require_consent([PHOTO], False, False, person, NOW)
    assert person.asked == []
    assert require_consent([PHOTO], True, False, person, NOW).given == (Given.FLAG,)
    assert person.asked == []


def test_the_flag_spares_the_question_on_a_terminal_too() -> None:
    person = Person(False)
    assert require_consent([PHOTO], True, True, person, NOW).given == (Given.FLAG,)
    assert person.asked == []


def test_a_record_needs_no_question() -> None:
    person = Person(False)
    assert require_consent([RECORDED], False, False, person, NOW).given == (Given.RECORD,)
    assert person.asked == []


def test_one_of_two_is_asked_for() -> None:
    person = Person(True)
    consent = require_consent([RECORDED, PHOTO], False, True, person, NOW)
    assert consent.given == (Given.RECORD, Given.TERMINAL)
    assert "ann.jpg" in person.asked[0] and "ann," not in person.asked[0]


@pytest.mark.parametrize("flag", [False, True])
def test_consent_that_ran_out_is_none(flag: bool) -> None:
    late = datetime(2026, 11, 22, tzinfo=UTC)
    with pytest.raises(ConsentError, match="ended on 2026-11-21"):
        require_consent([RECORDED], flag, True, Person(True), late)


def test_what_travels_names_nobody() -> None:
    told = require_consent([RECORDED, PHOTO], True, False, Person(True), NOW).as_json()
    assert told == {
        "at": "2026-11-21T09:30:00+00:00",
        "sources": [
            {"given": "identity record", "sha256": "bb" * 32, "self": False},
            {"given": "--i-have-consent", "sha256": "aa" * 32, "self": False},
        ],
    }


def test_the_users_own_report_has_the_wording() -> None:
    told = require_consent([RECORDED], False, False, Person(True), NOW).as_json(records=True)
    assert told["sources"][0]["record"] == "Ann B., 2026-10-02, the school film"
    assert told["sources"][0]["name"] == "ann"


def test_bare_photos_are_told_by_content(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"one")
    (tmp_path / "b.jpg").write_bytes(b"one")
    (tmp_path / "c.jpg").write_bytes(b"two")
    one, two, other = (bare([tmp_path / name]) for name in ("a.jpg", "b.jpg", "c.jpg"))
    assert one.sha256 == two.sha256 != other.sha256
    assert bare([tmp_path / "a.jpg", tmp_path / "c.jpg"]).name == "a.jpg, c.jpg"
    with pytest.raises(ConsentError, match="check the path"):
        bare([tmp_path / "none.jpg"])


def test_people_who_come_later_are_named_once_each() -> None:
    at = datetime(2026, 11, 30, tzinfo=UTC)
    ann, bob = ConsentedSource("ann", "a" * 64, "Ann agreed"), ConsentedSource("bob.jpg", "b" * 64)
    first = consent_said([bob], Given.FLAG, at)
    both = first.with_more(consent_said([ann, bob], Given.REQUEST, at + timedelta(hours=1)))
    assert both.sources == (bob, ann) and both.given == (Given.FLAG, Given.RECORD) and both.at == at
    assert both.with_more(first) == both
    assert len(both.as_json()["sources"]) == 2
