"""Faces that are refused, and lists that must never be taken for empty ones."""

import base64
import json
import os
from pathlib import Path

import numpy as np
import pytest

from calib.denylist import DeniedError, DenyList, DenyListError, load, save, unit
from engines.nets.embedder import Metric
from engines.values import F32

NET, OTHER = "ab" * 32, "cd" * 32


def face(seed: int) -> F32:
    return np.random.default_rng(seed).standard_normal(512, np.float32) * 20


def like(embedding: F32, cosine: float) -> F32:
    """An embedding at a given cosine to another."""
    one, other = unit(embedding), unit(face(99))
    across = unit(other - (other @ one) * one)
    return np.asarray(cosine * one + np.sqrt(1 - cosine**2) * across, np.float32)


LIST = DenyList(NET).with_entry("case 12", face(1)).with_entry("case 13", face(2))


@pytest.mark.parametrize(("cosine", "refused"), [(0.99, True), (0.45, True), (0.35, False), (-0.9, False)])
def test_the_threshold_decides(cosine: float, refused: bool) -> None:
    entry = LIST.match(like(face(1), cosine))
    assert (entry is not None) == refused
    if entry is not None:
        assert entry.label == "case 12"


def test_length_does_not_matter() -> None:
    assert LIST.match(face(2) * 1e-3) is LIST.entries[1]


def test_enforcing_stops_the_job() -> None:
    LIST.enforce([face(5), face(6)], NET)
    with pytest.raises(DeniedError, match="case 13"):
        LIST.enforce([face(5), like(face(2), 0.8)], NET)


def test_another_networks_embeddings_are_not_compared() -> None:
    with pytest.raises(DenyListError, match="make the list anew"):
        LIST.enforce([face(5)], OTHER)
    DenyList(NET).enforce([face(5)], OTHER)  # an empty list refuses nobody


def test_entries_are_replaced_and_removed() -> None:
    again = LIST.with_entry("case 12", face(3))
    assert len(again.entries) == 2 and again.match(face(1)) is None and again.match(face(3)) is not None
    assert [entry.label for entry in LIST.without("case 12").entries] == ["case 13"]
    with pytest.raises(DenyListError, match="no entry"):
        LIST.without("case 99")


def test_saved_and_loaded(tmp_path: Path) -> None:
    save(LIST, tmp_path / "deny.json")
    read = load(tmp_path / "deny.json")
    assert read.embedder == NET and read.threshold == LIST.threshold
    for one, two in zip(read.entries, LIST.entries, strict=True):
        assert one.label == two.label and np.allclose(one.embedding, two.embedding, atol=1e-6)
    assert [path.name for path in tmp_path.iterdir()] == ["deny.json"]


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    """Embeddings of faces are biometric data. The mode of what was there before does not stay either."""
    path = tmp_path / "deny.json"
    before = os.umask(0)
    try:
        path.write_text("{}")
        path.chmod(0o666)
        save(LIST, path)
        assert path.stat().st_mode & 0o777 == 0o600
        path.unlink()
        save(LIST, path)
        assert path.stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(before)


def test_a_list_that_cannot_be_written_stays_as_it_was(tmp_path: Path) -> None:
    with pytest.raises(DenyListError, match="cannot be written: No such file"):
        save(LIST, tmp_path / "none" / "deny.json")
    (tmp_path / "deny.json").mkdir()
    with pytest.raises(DenyListError, match="cannot be written"):
        save(LIST, tmp_path / "deny.json")
    assert [path.name for path in tmp_path.iterdir()] == ["deny.json"], "no scraps"


def test_a_link_at_a_foreseeable_name_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("precious")
    (tmp_path / ".deny.json.part").symlink_to(tmp_path / "victim")
    save(LIST, tmp_path / "deny.json")
    assert (tmp_path / "victim").read_text() == "precious"


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"embedder": "x"}', '{"embedder":"x","threshold":0.4,"entries":[{"label":"a","embedding":"!"}]}'],
)
def test_a_damaged_list_is_not_an_empty_one(tmp_path: Path, text: str) -> None:
    (tmp_path / "deny.json").write_text(text)
    with pytest.raises(DenyListError, match="nothing is made without it"):
        load(tmp_path / "deny.json")


def test_a_list_of_two_networks_embeddings_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "deny.json"
    save(LIST, path)
    told = json.loads(path.read_text())
    told["entries"][0]["embedding"] = base64.b64encode(np.ones(128, "<f4").tobytes()).decode()
    path.write_text(json.dumps(told))
    with pytest.raises(DenyListError, match="damaged"):
        load(path)


def test_a_missing_list_is_not_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(DenyListError, match="nothing is made without it"):
        load(tmp_path / "none.json")


def test_an_embedding_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="says nothing"):
        unit(np.zeros(512, np.float32))
    with pytest.raises(ValueError, match="says nothing"):
        unit(np.full(512, np.nan, np.float32))


def test_a_list_that_is_compared_by_distance_keeps_length_and_metric(tmp_path: Path) -> None:
    far = np.array([0, 1.4], np.float32)
    deny = DenyList("x", (), 0.5, Metric.EUCLIDEAN).with_entry("case 1", far)
    save(deny, tmp_path / "deny.json")
    kept = load(tmp_path / "deny.json")
    assert kept.metric is Metric.EUCLIDEAN and np.allclose(kept.entries[0].embedding, far)
    assert kept.match(np.array([0, 1.0], np.float32)) is not None, "a distance of .4"
    assert kept.match(np.array([0, 0.8], np.float32)) is None, "the same direction, a distance of .6"
    with pytest.raises(ValueError, match="no number"):
        kept.match(np.array([0, np.nan], np.float32))
