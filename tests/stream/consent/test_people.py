"""Whom `--source` means, and that they may be used."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from calib.denylist import DeniedError, DenyList, save
from stream.consent import people
from stream.consent.consent import ConsentError, Given
from stream.consent.denied import enforce
from stream.consent.package import IdentityError, IdentityStore
from stream.consent.people import find_people, settle

NOW = datetime(2026, 11, 21, tzinfo=UTC)
RECORD = "Ann B., 2 October 2026, the school film"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("ann.jpg", "bob.jpg", "bob2.jpg"):
        (tmp_path / name).write_bytes(name.encode())
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
    (folder / "sub" / "x.jpg").write_bytes(b"bob.jpg")
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
    seen: list[list[Path]] = []

    def embed(photos: object) -> tuple[np.ndarray[tuple[int], np.dtype[np.float32]], str]:
        seen.append(list(photos))  # type: ignore[call-overload]
        return axes[len(seen) - 1], "net"

    monkeypatch.setattr(people, "_embed", embed)
    ann, bob = find_people(["ann", "bob.jpg"], wardrobe)
    with pytest.raises(DeniedError, match="case 7"):
        settle([ann], True, no_one, NOW)
    assert seen == [list(ann.photos)]
    settle([bob], True, no_one, NOW)
    assert seen[1] == [Path("bob.jpg")]


def test_an_empty_list_denies_nobody_and_needs_no_network(folder: Path) -> None:
    save(DenyList("net"), folder / "deny.json")

    def embed(_: object) -> None:
        raise AssertionError("nothing to compare with")

    enforce([[folder / "ann.jpg"]], embed, folder / "deny.json")
