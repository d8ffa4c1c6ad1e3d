"""Manifest: what an output says of how it was made, and the C2PA definition that says so. Pure; signs nothing."""

from dataclasses import dataclass
from typing import Any

from engines.watermark.payload import Payload
from stream.consent.consent import Consent
from stream.marks.happened import WhatHappened

SWAP = "org.understudy.swap"
_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
COMPOSITE = f"{_SOURCE_TYPES}compositeWithTrainedAlgorithmicMedia"
ENHANCED = f"{_SOURCE_TYPES}algorithmicallyEnhanced"
"""What C2PA wants said of a file that has no input to name: encoded anew, perhaps marked, no face replaced."""
MARK_ALGORITHM = "org.understudy.luma.1"


@dataclass(frozen=True, slots=True)
class Manifest:
    """title: the output's file name. version: Understudy's. happened: what was done. mark: the payload of the invisible
    mark, None where it was switched off. consent: of the source people, None where there were none."""

    title: str
    version: str
    happened: WhatHappened
    mark: Payload | None = None
    consent: Consent | None = None


def definition(manifest: Manifest, from_input: bool) -> dict[str, Any]:
    """The C2PA manifest definition. from_input: an input goes in as parent ingredient, and C2PA's `opened` comes of
    itself; without one the output counts as created."""
    told: dict[str, Any] = {"version": manifest.version, **manifest.happened.to_json()}
    if manifest.consent is not None:
        told["consent"] = manifest.consent.as_json()
    assertions: list[dict[str, Any]] = [
        {"label": "c2pa.actions.v2", "data": {"actions": _actions(manifest, from_input)}},
        {"label": SWAP, "data": told},
    ]
    if manifest.mark is not None:
        told["watermark"] = manifest.mark.text
        block = {"scope": {}, "value": manifest.mark.text}
        assertions.append({"label": "c2pa.soft-binding", "data": {"alg": MARK_ALGORITHM, "blocks": [block]}})
    return {
        "claim_generator_info": [{"name": "Understudy", "version": manifest.version}],
        "title": manifest.title,
        "assertions": assertions,
    }


def _actions(manifest: Manifest, from_input: bool) -> list[dict[str, Any]]:
    """Only what happened: nothing is said to be replaced where no frame was painted."""
    happened = manifest.happened
    said: dict[str, Any] = {
        "when": happened.made.isoformat(timespec="seconds"),
        "softwareAgent": {"name": "Understudy", "version": manifest.version},
    }
    actions: list[dict[str, Any]] = []
    if not from_input:
        actions.append({"action": "c2pa.created", "digitalSourceType": COMPOSITE if happened.painted else ENHANCED})
    if happened.painted:
        where = f" in {happened.painted} of {happened.frames} frames" if happened.frames > 1 else ""
        replaced = f"Faces were replaced by an AI system{where}."
        actions.append({"action": "c2pa.edited", "digitalSourceType": COMPOSITE, "description": replaced, **said})
    if happened.covered:
        hidden = f"Faces were made unrecognisable in {happened.covered} of {happened.frames} frames."
        actions.append({"action": "c2pa.edited", "description": hidden, **said})
    if from_input and not happened.painted and not happened.covered:
        actions.append({"action": "c2pa.transcoded", "description": "No face was replaced.", **said})
    if manifest.mark is not None:
        actions.append({"action": "c2pa.watermarked.bound", **said})
    return actions
