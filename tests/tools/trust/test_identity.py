"""`understudy identity` as a person uses it."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from calib.denylist import DeniedError, DenyList, DenyListError, save
from calib.identity.likeness import PersonEmbedding
from engines.errors import SourceError, UnderstudyError
from engines.nets.opened import identity_embedder
from engines.store.store import default_store
from stream.consent.denied import enforce
from stream.consent.package import IdentityError, IdentityStore
from tests.stream.portraits import needs_models, photo, wall
from tools.trust.identity import app

FACE = np.eye(4, dtype=np.float32)
NET = "ab" * 32


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, place in (("IDENTITIES", "identities"), ("DENYLIST", "deny.json"), ("MODELS", "models")):
        monkeypatch.setenv(f"UNDERSTUDY_{name}", str(tmp_path / place))
    cv2.imwrite(str(tmp_path / "ann.jpg"), np.full((8, 8, 3), 90, np.uint8))
    return tmp_path


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    if result.exception is not None:
        raise result.exception
    return result.output


def test_a_life(tmp_path: Path) -> None:
    assert "no identities yet" in run("list")
    told = run(
        "add", tmp_path / "ann.jpg", "--name", "ann", "--consent", "Ann, today, a film", "--expires", "2099-01-31"
    )
    assert told.startswith("ann: 1 photo, without embedding")
    assert run("list") == 'ann: 1 photo, consent "Ann, today, a film", until 2099-01-31\n'
    shown = json.loads(run("show", "ann", "--json"))
    assert shown["consent"] == "Ann, today, a film" and shown["usable"] is True
    assert "consent: Ann, today, a film" in run("show", "ann")
    run("export", "ann", tmp_path / "ann.zip")
    assert (tmp_path / "ann.zip").is_file()
    assert run("remove", "ann").startswith("ann: 2 files removed")
    assert json.loads(run("list", "--json")) == []


def test_your_own_face(tmp_path: Path) -> None:
    run("add", tmp_path / "ann.jpg", "--name", "me", "--self")
    assert json.loads(run("show", "me", "--json"))["self"] is True
    assert run("list") == "me: 1 photo, your own face, no end\n"


def test_the_list_shows_photos_consent_and_its_end(tmp_path: Path) -> None:
    run("add", tmp_path / "ann.jpg", tmp_path / "ann.jpg", "--name", "ann", "--consent", 'Ann "B."\x1b[2J, today')
    assert run("list") == "ann: 2 photos, consent \"Ann 'B.'[2J, today\", no end\n"
    assert "\x1b" not in run("show", "ann")
    record = tmp_path / "identities" / "ann" / "identity.json"
    wardrobe = IdentityStore(tmp_path / "identities")
    before = datetime(2020, 1, 1, tzinfo=UTC)
    wardrobe.add("old", [tmp_path / "ann.jpg"], "Old, then, a film", before, expires=date(2020, 2, 1))
    assert 'old: 1 photo, consent "Old, then, a film", consent ended 2020-02-01' in run("list")
    assert record.is_file()


def test_where_nothing_can_look_it_is_said(tmp_path: Path) -> None:
    told = run("add", tmp_path / "ann.jpg", "--name", "ann", "--consent", "yes")
    assert "note: the photos were not looked at for a face" in told


class TestWithNetworks:
    pytestmark = needs_models

    @pytest.fixture(autouse=True)
    def with_networks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("UNDERSTUDY_MODELS")

    def test_a_photo_without_a_face_is_refused(self, tmp_path: Path) -> None:
        cv2.imwrite(str(tmp_path / "wall.png"), wall(400, 300))
        with pytest.raises(SourceError, match=r"wall\.png: no face seen in this 400x300 photo"):
            run("add", tmp_path / "wall.png", "--name", "nobody", "--consent", "yes")
        assert run("list").startswith("no identities yet")

    def test_a_photo_with_a_face_is_kept(self, tmp_path: Path) -> None:
        for name in ("hopper", "astronaut"):
            cv2.imwrite(str(tmp_path / f"{name}.png"), photo(name)[..., ::-1])
        told = run("add", tmp_path / "hopper.png", "--name", "grace", "--consent", "yes")
        assert told.startswith("grace: 1 photo") and "not looked at" not in told

    def test_whether_two_photos_show_one_person_is_told_or_said_to_be_unknown(self, tmp_path: Path) -> None:
        for name in ("hopper", "astronaut"):
            cv2.imwrite(str(tmp_path / f"{name}.png"), photo(name)[..., ::-1])
        words = ("add", tmp_path / "hopper.png", tmp_path / "astronaut.png", "--name", "both", "--consent", "yes")
        if identity_embedder(default_store()) is not None:
            with pytest.raises(IdentityError, match="show two different people"):
                run(*words)
        else:
            told = run(*words)
            assert "whether all photos show one person was not looked at; `" in told
            assert "[identity]" in told and "models pull arcface_w600k_r50" in told


def test_a_damaged_one_is_listed_as_such(tmp_path: Path) -> None:
    run("add", tmp_path / "ann.jpg", "--name", "ann", "--consent", "yes")
    (tmp_path / "identities" / "ann" / "identity.json").write_text("{")
    assert "damaged" in run("list")
    run("remove", "ann")


def test_mistakes(tmp_path: Path) -> None:
    with pytest.raises(UnderstudyError, match="--consent"):
        run("add", tmp_path / "ann.jpg", "--name", "ann")
    with pytest.raises(UnderstudyError, match="write it as"):
        run("add", tmp_path / "ann.jpg", "--name", "ann", "--consent", "yes", "--expires", "soon")
    with pytest.raises(DenyListError, match="models pull"):
        run("deny", "add", tmp_path / "ann.jpg", "--label", "case 1")


@pytest.mark.parametrize(
    ("name", "reason"),
    [("notes.txt", "text file"), ("none.jpg", "there is no file"), (".", "is a folder"), ("cut.jpg", "damaged|read")],
)
def test_what_is_no_photo_is_not_kept(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "notes.txt").write_text("dear diary\n" * 20)
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "ann.jpg").read_bytes()[:40])
    with pytest.raises(UnderstudyError, match=reason):
        run("add", tmp_path / "ann.jpg", tmp_path / name, "--name", "ann", "--consent", "yes")
    assert run("list").startswith("no identities yet")


def test_the_deny_list(tmp_path: Path) -> None:
    assert run("deny", "list").startswith("nobody is refused")
    with pytest.raises(DenyListError, match=r"nobody is refused: there is no deny list at .*deny\.json"):
        run("deny", "remove", "case 1")
    save(DenyList(NET).with_entry("case 1", FACE[0]), tmp_path / "deny.json")
    assert run("deny", "list") == "case 1\n"
    photo = [[tmp_path / "ann.jpg"]]
    with pytest.raises(DeniedError, match="case 1"):
        enforce(photo, lambda _: PersonEmbedding(FACE[:1], NET))
    enforce(photo, lambda _: PersonEmbedding(FACE[1:2], NET))
    with pytest.raises(DenyListError, match="no network to compare"):
        enforce(photo, lambda _: None)
    run("deny", "remove", "case 1")
    enforce(photo, lambda _: None)


def test_a_list_that_was_named_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DenyListError, match="cannot be read"):
        enforce([[tmp_path / "ann.jpg"]], lambda _: None)
    monkeypatch.delenv("UNDERSTUDY_DENYLIST")
    monkeypatch.setattr("stream.consent.denied.denylist_path", lambda: tmp_path / "none.json")
    enforce([[tmp_path / "ann.jpg"]], lambda _: None)
