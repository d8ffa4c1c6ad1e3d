"""Manifest: what an output says of how it was made, and the C2PA definition that says so. Pure; signs nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engines.watermark.payload import Payload
from stream.consent.consent import Consent

SWAP = "org.understudy.swap"
COMPOSITE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
MARK_ALGORITHM = "org.understudy.luma.1"


@dataclass(frozen=True, slots=True)
class UsedModel:
    """A network that had a part in it. sha256: hexadecimal, of the file that was loaded."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """title: the output's file name. version: Understudy's. models: all that ran. routes: frames by route (`pass`,
    `fast`, `xseg`). mark: the payload of the invisible mark, None where it was switched off."""

    title: str
    version: str
    models: tuple[UsedModel, ...] = ()
    routes: Mapping[str, int] = field(default_factory=dict)
    mark: Payload | None = None
    consent: Consent | None = None


def definition(manifest: Manifest, from_input: bool) -> dict[str, Any]:
    """The C2PA manifest definition. from_input: an input goes in as parent ingredient, and C2PA's `opened` comes of
    itself; without one the output counts as created."""
    edited = {
        "action": "c2pa.edited",
        "digitalSourceType": COMPOSITE,
        "softwareAgent": {"name": "Understudy", "version": manifest.version},
        "description": "Faces were replaced by an AI system.",
    }
    created = {"action": "c2pa.created", "digitalSourceType": COMPOSITE}
    told: dict[str, Any] = {
        "version": manifest.version,
        "models": [{"name": model.name, "sha256": model.sha256} for model in manifest.models],
        "routes": dict(manifest.routes),
    }
    if manifest.consent is not None:
        told["consent"] = manifest.consent.as_json()
    assertions: list[dict[str, Any]] = [
        {"label": "c2pa.actions.v2", "data": {"actions": [edited] if from_input else [created, edited]}},
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
