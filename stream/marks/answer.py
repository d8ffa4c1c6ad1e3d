"""The answer of `verify --json`: what was found and what it means, for programs. Pure.

Fields are added and never taken away or given another meaning; `docs/responsible-use.md` has them all.
"""

import math
from datetime import datetime

from engines.watermark.detect import MarkDetection
from stream.marks.provenance import Provenance
from stream.marks.record import SwapRecord
from stream.marks.verdict import Verdict
from stream.untrusted.json_values import Json


def answer(told: Provenance | None, mark: MarkDetection | None, verdict: Verdict) -> dict[str, Json]:
    """told: None where the file could not be read; `c2pa` and `watermark` are then None."""
    return {
        "c2pa": None if told is None else _record(told),
        "watermark": None if told is None else _watermark(mark),
        "verdict": {"code": int(verdict.outcome), "word": verdict.outcome.name.lower(), "text": verdict.headline},
    }


def _record(told: Provenance) -> dict[str, Json]:
    return {
        "state": told.state.value,
        "signer": told.signer,
        "generator": told.generator,
        "signed_at": _iso(told.when),
        "made_by_understudy": told.ours,
        "declares_ai": told.declares_ai,
        "from_understudy": told.from_ours,
        "from_ai": told.from_ai,
        "sidecar": told.sidecar is not None,
        "sidecar_name": told.sidecar,
        "unrelated_sidecars": [stray.name for stray in told.strays],
        "record_elsewhere": told.elsewhere,
        "ingredients": [
            {
                "title": one.title,
                "has_manifest": one.has_manifest,
                "intact": one.intact,
                "made_by_understudy": one.ours,
                "declares_ai": one.declares_ai,
                "generator": one.generator,
            }
            for one in told.ingredients
        ],
        "problems": list(told.problems),
        "record": _said(told.record),
        "inherited_record": _said(told.inherited),
    }


def _said(record: SwapRecord | None) -> Json:
    if record is None:
        return None
    return {
        "version": record.version,
        "made_at": _iso(record.made),
        "frames": record.frames,
        "painted": record.painted,
        "covered": record.covered,
        "routes": dict(record.routes),
        "models": [{"name": model.name, "sha256": model.sha256} for model in record.models],
        "start_s": record.start,
        "end_s": record.end,
        "partial": record.partial,
        "resumed": record.resumed,
        "label": record.label,
        "consent": [{"given": one.given, "self": one.is_self} for one in record.consents],
        "consent_at": _iso(record.settled),
        "watermark": record.watermark,
    }


def _watermark(mark: MarkDetection | None) -> dict[str, Json]:
    payload = mark.payload if mark is not None else None
    return {
        "found": mark is not None and mark.found,
        # Rounded down: no reading is certain.
        "confidence": min(math.floor(mark.confidence * 1e6), 999_999) / 1e6 if mark is not None else 0.0,
        "payload": None
        if payload is None
        else {
            "version": payload.version,
            "producer": payload.producer,
            "session": payload.session,
            "text": payload.text,
        },
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment is not None else None
