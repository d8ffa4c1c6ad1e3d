"""Whom `--source` means, and that they may be used."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from calib.denylist import DeniedError, DenyList, DenyListError, save
from calib.identity.likeness import PersonEmbedding
from stream.consent.consent import ConsentError, Given
from stream.consent.package import IdentityError, IdentityStore
from stream.consent.people import find_people, settle
from stream.consent.photos import NamedPhoto

NOW = datetime(2026, 11, 21, tzinfo=UTC)
RECORD = "Ann B., 2 October 2026, the school film"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for number, name in enumerate(("ann.jpg", "bob.jpg", "bob2.jpg")):
        cv2.imwrite(str(tmp_path / name), np.full((8, 8, 3), 60 * number, np.uint8))
    monkeypatch.chdir(tmp_path)
    save(DenyList("net"), tmp_path / "nobody.json")
    monkeypatch.setenv("UNDERSTUDY_DENYLIST", str(tmp_path / "nobody.json"))
    return tmp_path


@pytest.fixture
def wardrobe(folder: Path) -> IdentityStore:
    kept = IdentityStore(folder / "identities")
    kept.add("ann", [folder / "ann.jpg"], RECORD, NOW)
    return kept


def no_one(_: str) -> bool:
    raise AssertionError("nobody is to be asked")


def test_names_and_photos_mix(wardrobe: IdentityStore, folder: Path) -> None:
    ann, bob = find_people(["ann", "bob.jpg,bob2.jpg"], wardrobe)
    assert ann.photos == (folder / "identities" / "ann" / "photos" / "01.jpg",)
    assert ann.source == wardrobe.get("ann").source and ann.source.record == RECORD
    assert bob.photos == (Path("bob.jpg"), Path("bob2.jpg"))
    assert (bob.source.name, bob.source.record) == ("bob.jpg, bob2.jpg", None)


def test_the_same_photos_have_the_same_hash_in_any_place(wardrobe: IdentityStore, folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "x.jpg").write_bytes((folder / "bob.jpg").read_bytes())
    one, two, other = find_people(["bob.jpg", "sub/x.jpg", "bob2.jpg"], wardrobe)
    assert one.source.sha256 == two.source.sha256 != other.source.sha256


def test_a_file_goes_before_an_identity_of_its_name(wardrobe: IdentityStore, folder: Path) -> None:
    (folder / "ann").write_bytes(b"a photo without an ending")
    (person,) = find_people(["ann"], wardrobe)
    assert person.source.record is None


def test_what_is_neither_is_told(wardrobe: IdentityStore) -> None:
    with pytest.raises(IdentityError, match="there is no identity carl; there are: ann"):
        find_people(["carl"], wardrobe)
    with pytest.raises(ConsentError, match=r"carl\.jpg cannot be read: No such file"):
        find_people(["carl.jpg"], wardrobe)


def test_a_package_that_was_tampered_with_is_not_used(wardrobe: IdentityStore, folder: Path) -> None:
    (folder / "identities" / "ann" / "photos" / "01.jpg").write_bytes(b"somebody else")
    with pytest.raises(IdentityError, match="consent no longer fits"):
        find_people(["ann"], wardrobe)


def test_recorded_consent_needs_no_flag_and_bare_photos_do(wardrobe: IdentityStore) -> None:
    (ann,) = find_people(["ann"], wardrobe)
    assert settle([ann], False, no_one, NOW).given == (Given.RECORD,)
    both = find_people(["ann", "bob.jpg"], wardrobe)
    with pytest.raises(ConsentError, match=r"no consent is recorded for bob\.jpg"):
        settle(both, False, no_one, NOW)
    assert settle(both, True, no_one, NOW).given == (Given.RECORD, Given.FLAG)


def test_consent_does_not_lift_a_denial(wardrobe: IdentityStore, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The embedder's answer is given here; which photos it is asked about and what follows is real."""
    axes = np.eye(4, dtype=np.float32)
    save(DenyList("net").with_entry("case 7", axes[0]), folder / "deny.json")
    monkeypatch.setenv("UNDERSTUDY_DENYLIST", str(folder / "deny.json"))
    seen: list[list[str]] = []

    def embed(photos: Sequence[NamedPhoto]) -> PersonEmbedding:
        seen.append([name for name, _ in photos])
        return PersonEmbedding(axes[len(seen) - 1 : len(seen)], "net")

    ann, bob = find_people(["ann", "bob.jpg"], wardrobe)
    with pytest.raises(DeniedError, match="case 7"):
        settle([ann], True, no_one, NOW, embed=embed)
    settle([bob], True, no_one, NOW, embed=embed)
    assert seen == [["01.jpg"], ["bob.jpg"]]


def test_the_record_says_how_consent_was_really_given(wardrobe: IdentityStore) -> None:
    people = find_people(["ann", "bob.jpg"], wardrobe)
    for by in (Given.REQUEST, Given.API, Given.UPLOAD, Given.PUBLIC_DOMAIN, Given.FLAG):
        assert settle(people, True, no_one, NOW, by=by).given == (Given.RECORD, by)


def test_by_default_the_embedder_of_this_computer_is_asked(
    wardrobe: IdentityStore, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store without the embedder: the list cannot be enforced, and that stops the work."""
    save(DenyList("net").with_entry("case 7", np.eye(4, dtype=np.float32)[0]), folder / "deny.json")
    monkeypatch.setenv("UNDERSTUDY_DENYLIST", str(folder / "deny.json"))
    monkeypatch.setenv("UNDERSTUDY_MODELS", str(folder / "no models"))
    with pytest.raises(DenyListError, match="no network to compare faces with"):
        settle(find_people(["bob.jpg"], wardrobe), True, no_one, NOW)
