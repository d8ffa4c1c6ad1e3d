"""Identity packages: made whole, checked, exported, and gone when removed."""

import io
import json
import os
import stat
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from calib.identity.likeness import PersonEmbedding
from engines.errors import InputError
from stream.consent.package import IdentityError, IdentityStore
from stream.consent.photos import NamedPhoto

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)
CONSENT = "Ann B., 2026-10-02, the school film"


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    made = [tmp_path / "Ann Bee private.JPG", tmp_path / "b.png"]
    for number, path in enumerate(made):
        path.write_bytes(cv2.imencode(path.suffix, np.full((8, 8, 3), 60 + number, np.uint8))[1].tobytes())
    return made


@pytest.fixture
def wardrobe(tmp_path: Path) -> IdentityStore:
    return IdentityStore(tmp_path / "identities")


def embed(photos: Sequence[NamedPhoto]) -> PersonEmbedding:
    return PersonEmbedding(np.tile(np.array([0.6, 0.8], np.float32), (len(photos), 1)), "ee" * 32)


def test_what_goes_in_comes_out(wardrobe: IdentityStore, photos: list[Path]) -> None:
    made = wardrobe.add("ann", photos, CONSENT, NOW, expires=date(2027, 1, 31), embed=embed)
    assert made == wardrobe.get("ann")
    assert (made.consent, made.expires, made.is_self, made.added) == (CONSENT, date(2027, 1, 31), False, NOW)
    assert [path.read_bytes() for path in made.paths] == [path.read_bytes() for path in photos]
    embedding = made.embedding()
    assert embedding is not None and np.allclose(embedding, [0.6, 0.8]) and made.embedder == "ee" * 32
    assert wardrobe.names() == ["ann"]


def test_photos_lose_their_names(wardrobe: IdentityStore, photos: list[Path]) -> None:
    assert wardrobe.add("ann", photos, CONSENT, NOW).photos == ("01.jpg", "02.png")


def test_as_a_source_it_brings_its_record(wardrobe: IdentityStore, photos: list[Path]) -> None:
    source = wardrobe.add("ann", photos, CONSENT, NOW, expires=date(2027, 1, 31)).source
    assert (source.name, source.record, source.expires) == ("ann", CONSENT, date(2027, 1, 31))
    own = wardrobe.add("me", photos, "", NOW, is_self=True).source
    assert own.is_self and own.record == "the user's own face"


def test_photos_are_looked_at_under_the_names_that_the_user_knows(wardrobe: IdentityStore, photos: list[Path]) -> None:
    seen: list[str] = []

    def look(named: Sequence[NamedPhoto]) -> None:
        seen.extend(name for name, _ in named)

    wardrobe.add("ann", photos, CONSENT, NOW, embed=look)
    assert seen == ["Ann Bee private.JPG", "b.png"]


def test_two_people_are_not_one_identity(wardrobe: IdentityStore, photos: list[Path]) -> None:
    """Once they were averaged into somebody who does not exist."""
    axes = np.eye(3, dtype=np.float32)
    with pytest.raises(IdentityError, match=r"Ann Bee private\.JPG and b\.png show two different people"):
        wardrobe.add("ann", photos, CONSENT, NOW, embed=lambda _: PersonEmbedding(axes[:2], "ee" * 32))
    assert wardrobe.names() == [] and list(wardrobe.root.iterdir()) == []


def test_what_is_no_picture_is_not_kept(wardrobe: IdentityStore, photos: list[Path]) -> None:
    photos[1].write_text("dear diary\n" * 20)
    with pytest.raises(InputError, match="text file"):
        wardrobe.add("ann", photos, CONSENT, NOW, embed=embed)
    assert wardrobe.names() == []


def test_without_an_embedder(wardrobe: IdentityStore, photos: list[Path]) -> None:
    made = wardrobe.add("ann", photos, CONSENT, NOW, embed=lambda _: None)
    assert made.embedder is None and made.embedding() is None


@pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")
def test_others_cannot_read_it(wardrobe: IdentityStore, photos: list[Path], tmp_path: Path) -> None:
    folder = wardrobe.add("ann", photos, CONSENT, NOW).folder
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    wardrobe.export("ann", tmp_path / "ann.zip")
    assert stat.S_IMODE((tmp_path / "ann.zip").stat().st_mode) == 0o600


def test_removal_removes(wardrobe: IdentityStore, photos: list[Path]) -> None:
    wardrobe.add("ann", photos, CONSENT, NOW, embed=embed)
    assert wardrobe.remove("ann") == 4
    assert list(wardrobe.root.rglob("*")) == []
    assert all(photo.exists() for photo in photos), "the user's own photos are not ours to delete"
    with pytest.raises(IdentityError, match="there is no identity ann; there are: none yet"):
        wardrobe.get("ann")
    with pytest.raises(IdentityError, match="no identity"):
        wardrobe.remove("ann")


def test_a_change_is_seen(wardrobe: IdentityStore, photos: list[Path]) -> None:
    """Another photo, another wording, another end: the consent was for none of them."""
    changes: dict[str, Callable[[Path], object]] = {
        "photo": lambda folder: (folder / "photos" / "01.jpg").write_bytes(b"somebody else"),
        "words": lambda folder: edit(folder, "consent", "everything, for ever"),
        "end": lambda folder: edit(folder, "expires", "2099-01-01"),
        "embedding": lambda folder: (folder / "embedding.npy").write_bytes(b"another"),
    }
    for name, change in changes.items():
        change(wardrobe.add(name, photos, CONSENT, NOW, embed=embed).folder)
        with pytest.raises(IdentityError, match="was changed after it was made"):
            wardrobe.get(name)


def edit(folder: Path, key: str, value: str) -> None:
    record = json.loads((folder / "identity.json").read_text())
    record[key] = value
    (folder / "identity.json").write_text(json.dumps(record))


def test_damage_is_named(wardrobe: IdentityStore, photos: list[Path]) -> None:
    folder = wardrobe.add("ann", photos, CONSENT, NOW).folder
    (folder / "photos" / "01.jpg").unlink()
    with pytest.raises(IdentityError, match="is damaged"):
        wardrobe.get("ann")
    (folder / "identity.json").write_text("{")
    with pytest.raises(IdentityError, match="is damaged"):
        wardrobe.get("ann")
    edit_free = {"name": "ann", "photos": ["../../../etc/passwd"], "embedder": None, "sha256": "x"}
    (folder / "identity.json").write_text(json.dumps(edit_free))
    with pytest.raises(IdentityError, match="leaves the package"):
        wardrobe.get("ann")


def test_export_holds_everything(wardrobe: IdentityStore, photos: list[Path], tmp_path: Path) -> None:
    wardrobe.add("ann", photos, CONSENT, NOW, embed=embed)
    wardrobe.export("ann", tmp_path / "ann.zip")
    with zipfile.ZipFile(io.BytesIO((tmp_path / "ann.zip").read_bytes())) as archive:
        names = archive.namelist()
        assert names == ["ann/embedding.npy", "ann/identity.json", "ann/photos/01.jpg", "ann/photos/02.png"]
        assert archive.read("ann/photos/02.png") == photos[1].read_bytes()
    with pytest.raises(IdentityError, match="name another file"):
        wardrobe.export("ann", tmp_path / "ann.zip")


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", ".hidden", "a\nb", "x" * 65, "-rf"])
def test_names_that_are_paths(wardrobe: IdentityStore, photos: list[Path], name: str) -> None:
    for use in (
        lambda: wardrobe.add(name, photos, CONSENT, NOW),
        lambda: wardrobe.get(name),
        lambda: wardrobe.remove(name),
    ):
        with pytest.raises(IdentityError, match="is no name"):
            use()


def test_what_is_missing_is_asked_for(wardrobe: IdentityStore, photos: list[Path], tmp_path: Path) -> None:
    with pytest.raises(IdentityError, match="--consent"):
        wardrobe.add("ann", photos, "  ", NOW)
    with pytest.raises(IdentityError, match="needs a photo"):
        wardrobe.add("ann", [], CONSENT, NOW)
    with pytest.raises(IdentityError, match="later --expires"):
        wardrobe.add("ann", photos, CONSENT, NOW, expires=date(2026, 11, 20))
    with pytest.raises(IdentityError, match="could not be kept"):
        wardrobe.add("ann", [tmp_path / "none.jpg"], CONSENT, NOW)
    wardrobe.add("ann", photos, CONSENT, NOW)
    with pytest.raises(IdentityError, match="already"):
        wardrobe.add("ann", photos, CONSENT, NOW)
    assert sorted(path.name for path in wardrobe.root.iterdir()) == ["ann"], "scraps were left"
