"""The record of an output read back, and records by strangers, which may hold anything."""

import json
from dataclasses import fields
from datetime import UTC, datetime
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from engines.watermark.payload import Payload
from stream.consent.consent import ConsentedSource, require_consent
from stream.marks.happened import UsedModel, WhatHappened
from stream.marks.manifest import SWAP, Manifest, definition
from stream.marks.record import SaidConsent, SwapRecord, read_record
from stream.untrusted.json_values import MOST, Json
from stream.untrusted.text import LONGEST

NOW = datetime(2026, 11, 21, 8, 5, tzinfo=UTC)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
NAMES = [
    *("version", "made", "frames", "painted", "covered", "routes", "models", "start_s", "end_s", "partial"),
    *("resumed", "label", "consent", "watermark"),
]


def test_what_was_written_is_read() -> None:
    models = (UsedModel("face_landmark", "ab" * 32),)
    happened = WhatHappened(
        NOW, 40, 37, 2, {"fast": 37}, models, Fraction(3, 2), Fraction(10), partial=True, resumed=2, label="AI"
    )
    consent = require_consent([ConsentedSource("a", "cd", is_self=True)], True, False, lambda _: False, NOW)
    told = definition(Manifest("o.mp4", "0.1.0", happened, Payload(1, 2), consent), True)
    (data,) = [one["data"] for one in told["assertions"] if one["label"] == SWAP]
    assert read_record(json.loads(json.dumps(data))) == SwapRecord(
        version="0.1.0",
        made=NOW,
        frames=40,
        painted=37,
        covered=2,
        routes=(("fast", 37),),
        models=models,
        start=1.5,
        end=10.0,
        partial=True,
        resumed=2,
        label="AI",
        consents=(SaidConsent("--i-have-consent", True),),
        settled=NOW,
        watermark=Payload(1, 2).text,
    )


def test_a_record_of_an_early_version() -> None:
    told = read_record({"version": "0.1.0", "models": [], "routes": {"pass": 3}})
    assert (told.painted, told.frames, told.made, told.consents) == (None, None, None, ())


def test_escapes_are_taken_out_and_lists_cut() -> None:
    told = read_record(
        {
            "version": "\x1b[2J1",
            "label": "\u202eevil",
            "models": [{"name": f"m{n}\x9b", "sha256": "x" * 500} for n in range(1000)],
            "consent": {"sources": [{"given": "\r\nsigned by X"}] * 1000, "at": "soon"},
            "routes": {f"r{n}": n for n in range(1000)},
        }
    )
    assert (told.version, told.label) == ("[2J1", "evil")
    assert len(told.models) == len(told.consents) == len(told.routes) == MOST
    assert told.models[0].name == "m0" and len(told.models[0].sha256) == LONGEST
    assert told.consents[0].given == "signed by X" and told.settled is None


@given(st.dictionaries(st.sampled_from(NAMES), ANYTHING) | ANYTHING)
def test_no_record_raises(data: Json) -> None:
    told = read_record(data)
    texts = [getattr(told, one.name) for one in fields(told) if isinstance(getattr(told, one.name), str)]
    assert all(len(text) <= LONGEST for text in texts)
    assert told.frames is None or told.frames >= 0
