"""What is judged of what was found: the outcome, and a headline that says nothing the details deny."""

from dataclasses import replace
from itertools import product

import pytest

from engines.watermark.detect import MarkDetection
from engines.watermark.payload import Payload
from stream.marks.provenance import Ingredient, ManifestState, Provenance, StraySidecar
from stream.marks.record import SwapRecord
from stream.marks.verdict import Outcome, judge
from tests.stream.marks.clips import PAYLOAD

READ, OTHER = MarkDetection(True, 1.0, PAYLOAD, 50.0), MarkDetection(True, 1.0, Payload(1, 2), 50.0)
TRACES, NONE = MarkDetection(True, 0.99, None, 11.0), MarkDetection(False, 0.0, None, 1.0)
OURS = Provenance(
    ManifestState.TRUSTED,
    signer="x",
    generator="Understudy 0.1.0",
    ours=True,
    declares_ai=True,
    watermark=PAYLOAD.text,
    record=SwapRecord(frames=4, painted=3),
)


def test_a_mark_of_another_job_does_not_belong_to_the_signature() -> None:
    assert judge(OURS, OTHER).outcome is Outcome.ALTERED
    assert judge(replace(OURS, earlier=(Payload(1, 2).text,)), OTHER).outcome is Outcome.INTACT, "marked twice"
    assert judge(OURS, READ).outcome is Outcome.INTACT
    assert judge(OURS, NONE).outcome is Outcome.INTACT, "the signature alone proves it"
    assert judge(OURS, None).outcome is Outcome.INTACT


def test_traces_are_called_traces() -> None:
    verdict = judge(Provenance(ManifestState.MISSING), TRACES)
    assert verdict.outcome is Outcome.ALTERED and verdict.headline.startswith("Traces of an invisible mark")
    assert any("too damaged" in line for line in verdict.details)
    assert not any("found and read" in line for line in verdict.details)


def test_ai_by_another_program() -> None:
    told = Provenance(ManifestState.VALID, signer="x", generator="Other 2", declares_ai=True)
    verdict = judge(told, NONE)
    assert verdict.outcome is Outcome.INTACT and "Made with AI, by another program" in verdict.headline
    assert judge(replace(told, declares_ai=False, from_ai=True), NONE).outcome is Outcome.INTACT
    assert judge(replace(told, declares_ai=False), NONE).outcome is Outcome.NO_MARK


def test_our_mark_under_a_foreign_record_is_told() -> None:
    """Of a foreign record that says nothing of AI, and of one that says AI by another: the mark is in the pictures."""
    for declares in (False, True):
        told = Provenance(ManifestState.TRUSTED, signer="x", generator="Other 2", declares_ai=declares)
        verdict = judge(told, READ)
        assert verdict.outcome is Outcome.ALTERED
        assert "Understudy's invisible mark is in the pictures" in verdict.headline
        assert judge(replace(told, from_ours=True, earlier=(PAYLOAD.text,)), READ).outcome is Outcome.INTACT


def test_a_stray_record_counts_only_with_its_mark() -> None:
    stray = StraySidecar("a.mkv.c2pa", True, PAYLOAD.text)
    told = Provenance(ManifestState.MISSING, strays=(stray,))
    assert "the record beside the file names the invisible mark" in judge(told, READ).headline
    assert "the record beside" not in judge(told, OTHER).headline
    assert judge(told, NONE).outcome is judge(told, None).outcome is Outcome.NO_MARK


def test_a_record_elsewhere_is_named_and_not_asked() -> None:
    verdict = judge(Provenance(ManifestState.MISSING, elsewhere="http://x.example/a"), NONE)
    assert verdict.outcome is Outcome.NO_MARK
    assert 'The file says that its record is kept at "http://x.example/a", which was not asked.' in verdict.details


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (replace(OURS, state=ManifestState.TAMPERED), "was marked and has been altered"),
        (
            Provenance(ManifestState.TAMPERED, signer="x", generator="Camera"),
            "signed by another program, which says nothing",
        ),
        (Provenance(ManifestState.TAMPERED, problems=("bad",)), "a signed record that is damaged"),
    ],
)
def test_what_was_altered_is_called_what_it_was(told: Provenance, words: str) -> None:
    verdict = judge(told, NONE)
    assert verdict.outcome is Outcome.ALTERED and words in verdict.headline


STATES = [
    Provenance(
        state,
        signer="s",
        generator="g",
        ours=ours,
        declares_ai=ai,
        record=record,
        watermark=text,
        from_ours=of,
        from_ai=fa,
    )
    for state, ours, ai, of, fa in product(ManifestState, (False, True), (False, True), (False, True), (False, True))
    for record, text in (((SwapRecord(frames=4, painted=3 if ai else 0), PAYLOAD.text),) if ours else ((None, None),))
]


@pytest.mark.parametrize("mark", [READ, OTHER, TRACES, NONE, None], ids=["read", "other", "traces", "none", "blind"])
def test_headline_and_details_agree(mark: MarkDetection | None) -> None:
    for told in STATES:
        if told.state is ManifestState.MISSING and (told.ours or told.declares_ai or told.from_ours or told.from_ai):
            continue
        verdict = judge(told, mark)
        headline, details = verdict.headline, "\n".join(verdict.details)
        if "unchanged" in headline:
            assert "unbroken" in details and verdict.outcome is Outcome.INTACT
        if "altered" in headline and told.state is ManifestState.TAMPERED:
            assert "does not fit" in details
        if "invisible mark is in the pictures" in headline:
            assert "found and read" in details or "traces found" in details
        if "No mark found" in headline:
            assert "C2PA): none found" in details and "Invisible mark: found" not in details
        if "record is missing" in headline and told.state is ManifestState.MISSING:
            assert "C2PA): none found" in details
        if "says nothing of AI" in headline:
            assert "by AI" not in details and "that AI" not in details
        if "does not know" in headline:
            assert "not known to this computer" in details
        if "with AI" in headline and told.state is not ManifestState.MISSING:
            assert told.declares_ai or told.from_ai
        if "replaced no face" in headline:
            assert "no face was replaced" in details
        assert (verdict.outcome is Outcome.NO_MARK) == ("no mark" in headline.lower())


def test_ingredients_are_told_one_by_one() -> None:
    told = replace(
        OURS,
        ingredients=(
            Ingredient("plain.mp4"),
            Ingredient("theirs.mp4", has_manifest=True, intact=False, declares_ai=True, generator="G 1"),
            *(Ingredient(f"{n}") for n in range(10)),
        ),
    )
    lines = judge(told, READ).details
    assert 'It says it was made from "plain.mp4", which had no signed record of its own.' in lines
    assert (
        'It says it was made from "theirs.mp4", whose own signed record by "G 1" is kept inside and says: AI had a part'
        " in it; the record did not fit that file any more." in lines
    )
    assert "It names at least 4 more files that it was made from." in lines
