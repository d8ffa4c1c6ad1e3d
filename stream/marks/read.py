"""Reads what a file's C2PA manifest says and whether it still fits the file. Passes no judgement."""

import json
import mmap
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import c2pa  # type: ignore[import-untyped]

from stream.marks.manifest import COMPOSITE, SWAP
from stream.marks.sign import media_type, sidecar

_AI = ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "compositeSynthetic")


class ManifestState(StrEnum):
    """trusted: untouched since a signer this machine knows signed it. valid: untouched, signer unknown here. tampered:
    it no longer fits the file, or its signature does not hold. missing: none was found."""

    TRUSTED = "trusted"
    VALID = "valid"
    TAMPERED = "tampered"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a manifest says. signer: the name in its certificate. ours: made by Understudy, by its own word.
    declares_ai: it says that AI had a part. watermark: the mark's text that it names. earlier: those of the manifests
    before it, which may be in the pictures too. ingredients: title and whether it brought its own manifest. problems:
    c2pa's codes. beside: read from a sidecar."""

    state: ManifestState
    signer: str | None = None
    generator: str | None = None
    when: str | None = None
    ours: bool = False
    declares_ai: bool = False
    watermark: str | None = None
    earlier: tuple[str, ...] = ()
    ingredients: tuple[tuple[str, bool], ...] = ()
    problems: tuple[str, ...] = ()
    beside: bool = False


def read_provenance(path: Path, anchors: bytes = b"") -> Provenance:
    """The state of the manifest in `path` or in the `.c2pa` beside it. anchors: PEM of the roots to trust. Nothing is
    fetched from the network, whatever the manifest asks for."""
    beside = sidecar(path)
    trust: dict[str, Any] = {
        "verify": {"verify_trust": bool(anchors), "remote_manifest_fetch": False, "ocsp_fetch": False}
    }
    if anchors:
        trust["trust"] = {"trust_anchors": anchors.decode()}
    try:
        with c2pa.Context(c2pa.Settings.from_dict(trust)) as context, path.open("rb") as file:
            reader = c2pa.Reader.try_create(media_type(path), file, None, context) if _may_hold(path) else None
            if reader is not None:
                return _told(reader, beside=False)
            if beside.is_file():
                file.seek(0)
                told = _told(c2pa.Reader(media_type(path), file, beside.read_bytes(), context), beside=True)
                # `clip.c2pa` may belong to a clip.mkv that lies beside this clip.mp4.
                return (
                    told
                    if told.state is not ManifestState.TAMPERED or not _may_hold(path)
                    else Provenance(ManifestState.MISSING)
                )
            return Provenance(ManifestState.MISSING)
    except (c2pa.C2paError.ManifestNotFound, c2pa.C2paError.NotSupported):
        return Provenance(ManifestState.MISSING)
    except c2pa.C2paError as error:
        # A manifest that cannot be parsed was damaged; a file that cannot be was never signed.
        return (
            Provenance(ManifestState.TAMPERED, problems=(str(error),))
            if _holds(path)
            else Provenance(ManifestState.MISSING)
        )


def _may_hold(path: Path) -> bool:
    return media_type(path) != "application/octet-stream"


def _holds(path: Path) -> bool:
    """Whether the head of a C2PA store lies anywhere in the file."""
    if not path.stat().st_size:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return data.find(b"jumdc2pa") >= 0


def _told(reader: c2pa.Reader, beside: bool) -> Provenance:
    with reader:
        said: dict[str, Any] = json.loads(reader.json())
        verdict = str(reader.get_validation_state())
    active: dict[str, Any] = said.get("manifests", {}).get(said.get("active_manifest", ""), {})
    signature = active.get("signature_info") or {}
    generators = active.get("claim_generator_info") or [{}]
    assertions = _assertions(active)
    swap = assertions.get(SWAP)
    before = [_assertions(one).get(SWAP) for one in said.get("manifests", {}).values() if one is not active]
    sources = [
        action.get("digitalSourceType", "")
        for label, data in assertions.items()
        if label.startswith("c2pa.actions")
        for action in data.get("actions", [])
    ]
    return Provenance(
        state={"Trusted": ManifestState.TRUSTED, "Valid": ManifestState.VALID}.get(verdict, ManifestState.TAMPERED),
        signer=signature.get("common_name") or signature.get("issuer"),
        generator=" ".join(str(generators[0][key]) for key in ("name", "version") if generators[0].get(key)) or None,
        when=signature.get("time"),
        ours=swap is not None,
        declares_ai=COMPOSITE in sources or any(str(source).endswith(_AI) for source in sources),
        watermark=swap.get("watermark") if isinstance(swap, dict) else None,
        earlier=tuple(str(one["watermark"]) for one in before if isinstance(one, dict) and one.get("watermark")),
        ingredients=tuple(
            (str(one.get("title", "unnamed")), bool(one.get("active_manifest")))
            for one in active.get("ingredients", [])
        ),
        problems=tuple(str(one.get("code")) for one in said.get("validation_status") or []),
        beside=beside,
    )


def _assertions(manifest: dict[str, Any]) -> dict[str, Any]:
    return {one["label"]: one.get("data", {}) for one in manifest.get("assertions", [])}
