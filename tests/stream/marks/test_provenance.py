"""What is read out of c2pa's report, whatever is in it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.marks.manifest import COMPOSITE, SWAP
from stream.marks.provenance import ManifestState, provenance_of
from stream.untrusted.json_values import Json
from tests.stream.marks.test_record import ANYTHING

AI = {"label": "c2pa.actions.v2", "data": {"actions": [{"action": "c2pa.edited", "digitalSourceType": COMPOSITE}]}}
OURS = {"label": SWAP, "data": {"watermark": "w1", "painted": 3, "frames": 4}}


def report(*manifests: dict[str, Any], links: dict[int, list[int]], **more: Json) -> dict[str, Any]:
    """Manifests m0, m1 and so on, m0 the active one. links: which are ingredients of which."""
    said = {}
    for number, manifest in enumerate(manifests):
        parents = [{"title": f"t{to}", "active_manifest": f"m{to}"} for to in links.get(number, [])]
        said[f"m{number}"] = {"ingredients": parents, **manifest}
    return {"active_manifest": "m0", "manifests": said, **more}


def test_ai_far_back_is_told() -> None:
    told = provenance_of(report({}, {}, {}, {"assertions": [AI, OURS]}, links={0: [1], 1: [2], 2: [3]}), "Valid")
    assert (told.ours, told.declares_ai, told.from_ours, told.from_ai) == (False, False, True, True)
    assert told.earlier == ("w1",) and told.inherited is not None and told.inherited.painted == 3
    (only,) = told.ingredients
    assert only.ours and only.declares_ai


def test_the_nearest_of_ours_is_inherited() -> None:
    near = {"assertions": [{"label": SWAP, "data": {"watermark": "near"}}]}
    far = {"assertions": [{"label": SWAP, "data": {"watermark": "far"}}]}
    told = provenance_of(report({}, {}, far, near, links={0: [1, 3], 1: [2]}), "Valid")
    assert told.inherited is not None and told.inherited.watermark == "near"
    assert told.earlier == ("near", "far")


def test_what_is_not_reached_is_not_counted() -> None:
    told = provenance_of(report({}, {"assertions": [AI, OURS]}, links={}), "Trusted")
    assert not told.from_ours and not told.from_ai and told.earlier == ()


def test_rings_of_manifests_end() -> None:
    told = provenance_of(report({}, {}, {"assertions": [AI]}, links={0: [1], 1: [0, 1, 2], 2: [1]}), "Valid")
    assert told.from_ai and len(told.ingredients) == 1


def test_a_hundredth_ingredient_is_not_hidden_by_the_first_ones() -> None:
    manifests: list[dict[str, Any]] = [{} for _ in range(100)] + [{"assertions": [AI]}]
    told = provenance_of(report(*manifests, links={0: list(range(1, 101))}), "Valid")
    assert told.from_ai and len(told.ingredients) == 32


def test_a_late_action_is_not_hidden_by_the_first_ones() -> None:
    actions = [{"action": "c2pa.color_adjustments"}] * 500 + [{"action": "c2pa.edited", "digitalSourceType": COMPOSITE}]
    manifest = {
        "assertions": [{"label": f"x{n}"} for n in range(200)]
        + [{"label": "c2pa.actions", "data": {"actions": actions}}]
    }
    assert provenance_of(report(manifest, links={}), "Valid").declares_ai


@pytest.mark.parametrize(
    ("verdict", "problems", "state"),
    [
        ("Trusted", [], ManifestState.TRUSTED),
        ("Valid", ["signingCredential.untrusted"], ManifestState.VALID),
        ("Invalid", ["assertion.dataHash.mismatch"], ManifestState.TAMPERED),
        ("Invalid", [], ManifestState.TAMPERED),
        ("Invalid", ["signingCredential.expired", "signingCredential.untrusted"], ManifestState.VALID),
        ("Invalid", ["signingCredential.expired", "assertion.bmffHash.mismatch"], ManifestState.TAMPERED),
        ("Invalid", ["signingCredential.invalid"], ManifestState.TAMPERED),
        ("", [], ManifestState.TAMPERED),
    ],
)
def test_states(verdict: str, problems: list[str], state: ManifestState) -> None:
    said = report({}, links={}, validation_status=[{"code": code} for code in problems])
    assert provenance_of(said, verdict).state is state


def test_an_ingredient_that_did_not_fit_any_more() -> None:
    said = report({}, {"assertions": [AI]}, links={0: [1]})
    broken = {"activeManifest": {"failure": [{"code": "assertion.dataHash.mismatch"}]}}
    said["manifests"]["m0"]["ingredients"][0]["validation_results"] = broken
    (only,) = provenance_of(said, "Valid").ingredients
    assert not only.intact and only.declares_ai
    broken["activeManifest"]["failure"] = [{"code": "signingCredential.untrusted"}]
    (only,) = provenance_of(said, "Valid").ingredients
    assert only.intact


def test_names_are_made_fit_to_be_shown() -> None:
    manifest = {
        "claim_generator_info": [{"name": "\x1b[1mX", "version": 3}],
        "signature_info": {"issuer": "\u202eissuer", "time": "2026-11-30T10:00:00+00:00"},
    }
    told = provenance_of(report(manifest, links={}), "Valid", "a.c2pa")
    assert (told.generator, told.signer, told.sidecar) == ("[1mX", "issuer", "a.c2pa")
    assert told.when is not None and told.when.day == 30


NODES = st.fixed_dictionaries(
    {},
    optional={
        "claim_generator_info": ANYTHING,
        "signature_info": ANYTHING,
        "ingredients": ANYTHING | st.lists(st.fixed_dictionaries({"active_manifest": ANYTHING | st.just("a")})),
        "assertions": ANYTHING
        | st.lists(
            st.fixed_dictionaries({"label": ANYTHING | st.sampled_from([SWAP, "c2pa.actions"]), "data": ANYTHING})
        ),
    },
)


@given(
    st.fixed_dictionaries(
        {
            "active_manifest": ANYTHING | st.just("a"),
            "manifests": st.dictionaries(st.sampled_from("ab"), NODES) | ANYTHING,
        },
        optional={"validation_status": ANYTHING},
    )
    | ANYTHING
)
def test_no_report_raises(said: Json) -> None:
    told = provenance_of(said, "Invalid")
    assert json.dumps(told.generator) and len(told.ingredients) <= 32
