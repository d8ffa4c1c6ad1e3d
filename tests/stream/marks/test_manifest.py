"""The manifest's definition says what happened, and nothing that did not."""

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest

from engines.watermark.payload import Payload
from stream.consent.consent import ConsentedSource, Given, require_consent
from stream.marks.happened import UsedModel, WhatHappened
from stream.marks.manifest import COMPOSITE, ENHANCED, SWAP, Manifest, definition

NOW = datetime(2026, 11, 21, 8, 5, tzinfo=UTC)
PAYLOAD = Payload(7, 9)
CONSENT = require_consent([ConsentedSource("a.jpg", "cd" * 32)], True, False, lambda _: False, NOW)
HAPPENED = WhatHappened(NOW, 40, 37, routes={"pass": 3, "fast": 37}, models=(UsedModel("face_landmark", "ab" * 32),))
MANIFEST = Manifest("out.mp4", "0.1.0", HAPPENED, PAYLOAD, CONSENT)


def data(told: dict[str, Any], label: str) -> dict[str, Any]:
    (found,) = [one["data"] for one in told["assertions"] if one["label"] == label]
    assert isinstance(found, dict)
    return found


def actions(manifest: Manifest, from_input: bool) -> list[tuple[str, str | None, str | None]]:
    told = data(definition(manifest, from_input), "c2pa.actions.v2")["actions"]
    return [(one["action"], one.get("digitalSourceType"), one.get("description")) for one in told]


def test_what_was_painted_is_counted() -> None:
    words = "Faces were replaced by an AI system in 37 of 40 frames."
    assert actions(MANIFEST, True) == [
        ("c2pa.edited", COMPOSITE, words),
        ("c2pa.watermarked.bound", None, None),
    ]
    assert actions(MANIFEST, False)[:2] == [("c2pa.created", COMPOSITE, None), ("c2pa.edited", COMPOSITE, words)]
    picture = replace(MANIFEST, happened=WhatHappened(NOW, 1, 1), mark=None)
    assert actions(picture, True) == [("c2pa.edited", COMPOSITE, "Faces were replaced by an AI system.")]


def test_where_nothing_was_painted_nothing_is_claimed() -> None:
    untouched = replace(MANIFEST, happened=WhatHappened(NOW, 78, 0, routes={"pass": 78}))
    assert actions(untouched, True) == [
        ("c2pa.transcoded", None, "No face was replaced."),
        ("c2pa.watermarked.bound", None, None),
    ]
    assert actions(untouched, False) == [("c2pa.created", ENHANCED, None), ("c2pa.watermarked.bound", None, None)]
    for from_input in (True, False):
        told = str(definition(untouched, from_input))
        assert "were replaced" not in told and "trainedAlgorithmic" not in told.replace("Trained", "trained")


def test_covered_faces_are_not_replaced_faces() -> None:
    covered = replace(MANIFEST, happened=WhatHappened(NOW, 10, 0, covered=4), mark=None)
    assert actions(covered, True) == [("c2pa.edited", None, "Faces were made unrecognisable in 4 of 10 frames.")]
    both = replace(MANIFEST, happened=WhatHappened(NOW, 10, 5, covered=4), mark=None)
    assert [one[1] for one in actions(both, True)] == [COMPOSITE, None]


def test_everything_that_happened_is_in_the_record() -> None:
    happened = replace(
        HAPPENED, covered=2, start=Fraction(3, 2), end=Fraction(10), partial=True, resumed=2, label="AI-altered"
    )
    told = data(definition(replace(MANIFEST, happened=happened), True), SWAP)
    assert told["version"] == "0.1.0" and told["watermark"] == PAYLOAD.text
    assert told["made"] == "2026-11-21T08:05:00+00:00"
    assert (told["frames"], told["painted"], told["covered"]) == (40, 37, 2)
    assert told["routes"] == {"pass": 3, "fast": 37}
    assert told["models"] == [{"name": "face_landmark", "sha256": "ab" * 32}]
    assert (told["start_s"], told["end_s"], told["partial"], told["resumed"]) == (1.5, 10.0, True, 2)
    assert told["label"] == "AI-altered"
    assert told["consent"]["sources"][0]["given"] == Given.FLAG.value
    assert "a.jpg" not in str(told), "file names of sources may name people"


def test_without_a_mark_there_is_no_soft_binding() -> None:
    labels = [one["label"] for one in definition(replace(MANIFEST, mark=None), True)["assertions"]]
    assert labels == ["c2pa.actions.v2", SWAP]
    assert "c2pa.soft-binding" in [one["label"] for one in definition(MANIFEST, True)["assertions"]]


@pytest.mark.parametrize("from_input", [True, False])
def test_the_time_is_when_it_was_made(from_input: bool) -> None:
    told = data(definition(MANIFEST, from_input), "c2pa.actions.v2")["actions"]
    assert {one["when"] for one in told if one["action"] != "c2pa.created"} == {"2026-11-21T08:05:00+00:00"}
