"""The answer for programs: every field, stable, and fit for a terminal."""

import json

from engines.watermark.detect import MarkDetection
from engines.watermark.payload import Payload
from stream.marks.answer import answer
from stream.marks.happened import UsedModel
from stream.marks.provenance import Ingredient, ManifestState, Provenance, StraySidecar
from stream.marks.record import SaidConsent, SwapRecord
from stream.marks.verdict import Outcome, Verdict
from tests.stream.marks.manifests import NOW

RECORD = SwapRecord(
    "0.1.0",
    NOW,
    4,
    3,
    1,
    (("fast", 3),),
    (UsedModel("m", "ab"),),
    1.5,
    None,
    True,
    2,
    "AI",
    (SaidConsent("x", True),),
    NOW,
    "w",
)


def test_every_field() -> None:
    told = Provenance(
        ManifestState.VALID,
        signer="s",
        generator="g",
        when=NOW,
        ours=True,
        declares_ai=True,
        record=RECORD,
        ingredients=(Ingredient("in.mp4", True, False, True, True, "h"),),
        problems=("p",),
        sidecar="a.c2pa",
        strays=(StraySidecar("b.c2pa", True),),
        elsewhere="http://x",
    )
    payload = Payload(1, 2)
    got = answer(told, MarkDetection(True, 1.0, payload, 30.0), Verdict(Outcome.INTACT, "head"))
    assert json.loads(json.dumps(got)) == {
        "c2pa": {
            "state": "valid",
            "signer": "s",
            "generator": "g",
            "signed_at": "2026-11-21T08:05:00+00:00",
            "made_by_understudy": True,
            "declares_ai": True,
            "from_understudy": False,
            "from_ai": False,
            "sidecar": True,
            "sidecar_name": "a.c2pa",
            "unrelated_sidecars": ["b.c2pa"],
            "record_elsewhere": "http://x",
            "ingredients": [
                {
                    "title": "in.mp4",
                    "has_manifest": True,
                    "intact": False,
                    "made_by_understudy": True,
                    "declares_ai": True,
                    "generator": "h",
                }
            ],
            "problems": ["p"],
            "record": {
                "version": "0.1.0",
                "made_at": "2026-11-21T08:05:00+00:00",
                "frames": 4,
                "painted": 3,
                "covered": 1,
                "routes": {"fast": 3},
                "models": [{"name": "m", "sha256": "ab"}],
                "start_s": 1.5,
                "end_s": None,
                "partial": True,
                "resumed": 2,
                "label": "AI",
                "consent": [{"given": "x", "self": True}],
                "consent_at": "2026-11-21T08:05:00+00:00",
                "watermark": "w",
            },
            "inherited_record": None,
        },
        "watermark": {
            "found": True,
            "confidence": 0.999999,
            "payload": {"version": 1, "producer": 1, "session": 2, "text": payload.text},
        },
        "verdict": {"code": 0, "word": "intact", "text": "head"},
    }


def test_what_could_not_be_read() -> None:
    assert answer(None, None, Verdict(Outcome.UNREADABLE, "no file")) == {
        "c2pa": None,
        "watermark": None,
        "verdict": {"code": 3, "word": "unreadable", "text": "no file"},
    }


def test_no_pictures() -> None:
    got = answer(Provenance(ManifestState.MISSING), None, Verdict(Outcome.NO_MARK, "x"))
    assert got["watermark"] == {"found": False, "confidence": 0.0, "payload": None}
    assert json.loads(json.dumps(got))["verdict"]["word"] == "no_mark"
