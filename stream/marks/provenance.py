"""Provenance: what a C2PA manifest and those of its ingredients say. Pure: from c2pa's JSON to values.

Anybody may have written the manifest: kinds are checked, texts made fit to be shown, lists cut; nothing raises.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from stream.marks.manifest import SWAP
from stream.marks.record import SwapRecord, read_record
from stream.untrusted.json_values import Json, mapping, mappings, moment, text

_AI = ("trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "compositeSynthetic")
_EXPIRED = {"signingCredential.expired", "claimSignature.outsideValidity", "signingCredential.untrusted"}
"""c2pa's codes that speak of the signer's certificate, not of the file: with no other, nothing was altered."""

_ALL = 100_000
"""Entries of a list that are looked through, though few of them are shown."""


class ManifestState(StrEnum):
    """trusted: untouched since a signer this machine knows signed it. valid: untouched, signer unknown here. tampered:
    it no longer fits the file, or its signature does not hold. missing: none was found."""

    TRUSTED = "trusted"
    VALID = "valid"
    TAMPERED = "tampered"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Ingredient:
    """What a file says it was made from. has_manifest: it brought a signed record of its own. intact: that record
    fitted it when it was taken in. ours, declares_ai: what that record says, or those that it was made from in turn.
    generator: the program that its record names."""

    title: str
    has_manifest: bool = False
    intact: bool = True
    ours: bool = False
    declares_ai: bool = False
    generator: str | None = None


@dataclass(frozen=True, slots=True)
class StraySidecar:
    """A sidecar that could be the file's by its name and is not by its hash. name: of the sidecar. namesake: it is
    called as the file is, and not as one of another ending. watermark: the mark's text that it names."""

    name: str
    namesake: bool
    watermark: str | None = None


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a manifest says. signer: the name in its certificate. when: the time of a timestamp service. ours: made by
    Understudy, by its own word. declares_ai: it says that AI had a part. record: what Understudy's record in it says.
    inherited: that of the nearest ingredient that Understudy made, where the manifest itself is another program's.
    watermark: the mark's text that it names. earlier: those of the manifests before it, which may be in the pictures
    too. problems: c2pa's codes. sidecar: the name of the sidecar it was read from, None where it was in the file.
    stray: a sidecar that is no evidence. elsewhere: an address at which the file says its record lies; it is not asked.
    """

    state: ManifestState
    signer: str | None = None
    generator: str | None = None
    when: datetime | None = None
    ours: bool = False
    declares_ai: bool = False
    record: SwapRecord | None = None
    inherited: SwapRecord | None = None
    watermark: str | None = None
    earlier: tuple[str, ...] = ()
    ingredients: tuple[Ingredient, ...] = ()
    from_ours: bool = False
    from_ai: bool = False
    problems: tuple[str, ...] = ()
    sidecar: str | None = None
    strays: tuple[StraySidecar, ...] = ()
    elsewhere: str | None = None


def provenance_of(said: Json, verdict: str, sidecar: str | None = None) -> Provenance:
    """said: c2pa's report on a file. verdict: its validation state. sidecar: where the manifest was read from."""
    manifests = mapping(mapping(said).get("manifests"))
    name = mapping(said).get("active_manifest")
    active = mapping(manifests.get(name)) if isinstance(name, str) else {}
    swap = _assertion(active, SWAP)
    record = read_record(swap) if swap is not None else None
    before = list(_ancestors(active, manifests))
    earlier = [read_record(told) for one in before if (told := _assertion(one, SWAP)) is not None]
    problems = tuple(
        code for one in mappings(mapping(said).get("validation_status")) if (code := text(one.get("code")))
    )
    signature = mapping(active.get("signature_info"))
    return Provenance(
        state=_state(verdict, problems),
        signer=text(signature.get("common_name")) or text(signature.get("issuer")),
        generator=_generator(active),
        when=moment(signature.get("time")),
        ours=record is not None,
        declares_ai=_declares_ai(active),
        record=record,
        inherited=earlier[0] if record is None and earlier else None,
        watermark=record.watermark if record is not None else None,
        earlier=tuple(one.watermark for one in earlier if one.watermark),
        ingredients=tuple(_ingredient(one, manifests) for one in mappings(active.get("ingredients"))),
        from_ours=bool(earlier),
        from_ai=any(map(_declares_ai, before)),
        problems=problems,
        sidecar=sidecar,
    )


def _state(verdict: str, problems: tuple[str, ...]) -> ManifestState:
    known = {"Trusted": ManifestState.TRUSTED, "Valid": ManifestState.VALID}
    if verdict not in known and problems and set(problems) <= _EXPIRED:
        return ManifestState.VALID
    return known.get(verdict, ManifestState.TAMPERED)


def _ingredient(said: Mapping[str, Json], manifests: Mapping[str, Json]) -> Ingredient:
    own = _manifest_of(said, manifests)
    title = text(said.get("title")) or "unnamed"
    if own is None:
        return Ingredient(title)
    line = [own, *_ancestors(own, manifests)]
    checked = mapping(mapping(said.get("validation_results")).get("activeManifest"))
    codes = {text(one.get("code")) for one in mappings(checked.get("failure"))}
    return Ingredient(
        title=title,
        has_manifest=True,
        intact=codes <= _EXPIRED,
        ours=any(_assertion(one, SWAP) is not None for one in line),
        declares_ai=any(_declares_ai(one) for one in line),
        generator=_generator(own),
    )


def _ancestors(manifest: Mapping[str, Json], manifests: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    """The manifests of its ingredients, of theirs and so on, nearest first, each once."""
    seen, waiting = {id(manifest)}, deque([manifest])
    while waiting:
        for one in mappings(waiting.popleft().get("ingredients"), _ALL):
            found = _manifest_of(one, manifests)
            if found is not None and id(found) not in seen:
                seen.add(id(found))
                waiting.append(found)
                yield found


def _manifest_of(ingredient: Mapping[str, Json], manifests: Mapping[str, Json]) -> Mapping[str, Json] | None:
    name = ingredient.get("active_manifest")
    found = manifests.get(name) if isinstance(name, str) else None
    return found if isinstance(found, Mapping) else None


def _assertion(manifest: Mapping[str, Json], label: str) -> Mapping[str, Json] | None:
    """The data of the assertion with that label, also of its second and later instances (`label__1`)."""
    for one in mappings(manifest.get("assertions"), _ALL):
        name = one.get("label")
        if isinstance(name, str) and name.partition("__")[0] == label:
            return mapping(one.get("data"))
    return None


def _declares_ai(manifest: Mapping[str, Json]) -> bool:
    actions = (
        action
        for one in mappings(manifest.get("assertions"), _ALL)
        if str(one.get("label")).startswith("c2pa.actions")
        for action in mappings(mapping(one.get("data")).get("actions"), _ALL)
    )
    return any(str(action.get("digitalSourceType", "")).endswith(_AI) for action in actions)


def _generator(manifest: Mapping[str, Json]) -> str | None:
    told = next(iter(mappings(manifest.get("claim_generator_info"))), {})
    return text(" ".join(part for key in ("name", "version") if (part := text(told.get(key)))))
