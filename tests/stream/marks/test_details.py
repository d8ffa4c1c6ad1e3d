"""The sentences below a verdict: what a record says in words and dates as people read them."""

from datetime import UTC, datetime

import pytest

from engines.watermark.detect import MarkDetection
from engines.watermark.gather import SeenWindow
from stream.marks.details import details, worded
from stream.marks.happened import UsedModel
from stream.marks.provenance import ManifestState, Provenance
from stream.marks.record import SaidConsent, SwapRecord
from tests.stream.marks.clips import PAYLOAD

NOW = datetime(2026, 11, 30, 14, 5, tzinfo=UTC)


def lines(record: SwapRecord, **more: object) -> tuple[str, ...]:
    told = Provenance(ManifestState.TRUSTED, "s", "Understudy 1", ours=True, record=record, **more)  # type: ignore[arg-type]
    return details(told, None)


def test_dates() -> None:
    assert worded(NOW) == "30 November 2026, 14:05 UTC"
    assert worded(datetime(2027, 1, 2, 3, 4, tzinfo=UTC)) == "2 January 2027, 03:04 UTC"


@pytest.mark.parametrize(
    ("record", "line"),
    [
        (SwapRecord(frames=4, painted=3), "It says that AI replaced faces in 3 of 4 frames."),
        (SwapRecord(frames=1, painted=1), "It says that AI replaced faces in 1 of 1 frame."),
        (SwapRecord(frames=4, painted=0), "It says that no face was replaced: 0 of 4 frames."),
        (SwapRecord(covered=2), "It says that faces were made unrecognisable in 2 frames."),
        (SwapRecord(start=1.5), "It says that only a part of the input was used: from 1.5 s to its end."),
        (SwapRecord(end=9.25), "It says that only a part of the input was used: from 0 s to 9.25 s."),
        (SwapRecord(partial=True), "It says that the work was stopped before the end of the input."),
        (SwapRecord(resumed=2), "It says that the work was broken off and taken up again (2 times)."),
        (SwapRecord(label="AI-altered"), 'It says that the pictures carry a visible label: "AI-altered".'),
        (SwapRecord(), "It says nothing of consent."),
        (
            SwapRecord(consents=(SaidConsent("answered on a terminal", True),), settled=NOW),
            'It says that the consent of the source person was given so: "answered on a terminal", on 30 November 2026,'
            " 14:05 UTC; it is the user's own face.",
        ),
        (
            SwapRecord(consents=(SaidConsent("a", False), SaidConsent("b", False))),
            'It says that the consent of source person 2 was given so: "b".',
        ),
        (
            SwapRecord(models=(UsedModel("m", "cd" * 32), UsedModel("n", "by X, trusted"))),
            'It says that these models ran: "m" (cdcdcdcdcdcd), "n" ("by X, truste").',
        ),
        (
            SwapRecord(models=tuple(UsedModel(f"m{n}", "ab") for n in range(10))),
            "It says that these models ran: " + ", ".join(f'"m{n}" (ab)' for n in range(8)) + " and 2 more.",
        ),
    ],
)
def test_what_a_record_says(record: SwapRecord, line: str) -> None:
    assert line in lines(record)


def test_a_record_of_an_early_version_says_that_ai_had_a_part() -> None:
    assert "It says that parts of the picture were made by AI." in lines(SwapRecord(), declares_ai=True)


def test_when_it_was_made_and_when_it_was_signed() -> None:
    told = lines(SwapRecord(made=NOW), when=NOW)
    assert 'It says it was made by "Understudy 1" on 30 November 2026, 14:05 UTC.' in told
    assert "A timestamp service dates the signature to 30 November 2026, 14:05 UTC." in told


def test_problems_are_shown_as_codes_or_as_the_files_words() -> None:
    told = Provenance(ManifestState.TAMPERED, problems=("assertion.bmffHash.mismatch", "odd (signed by X)"))
    (first, *_) = details(told, None)
    assert first.endswith('content (assertion.bmffHash.mismatch, "odd (signed by X)").')


def test_the_mark() -> None:
    missing = Provenance(ManifestState.MISSING)
    read = MarkDetection(True, 1.0, PAYLOAD, 50.0, SeenWindow(0.1, 0.1, 0.8, 0.9))
    told = details(missing, read)
    assert f"Invisible mark: found and read, {PAYLOAD.text} (version-producer-session)." in told
    assert "The picture was cropped to about 80% by 90%." in told
    assert "Invisible mark: there are no pictures that could be looked at." in details(missing, None)
    named = Provenance(ManifestState.VALID, "s", "g", ours=True, watermark=PAYLOAD.text)
    (last,) = details(named, MarkDetection(False, 0.0, None, 1.0))[-1:]
    assert last.startswith("Invisible mark: none found. The record names one; that it was not read does not mean")
