"""The deny list wherever faces come in: files, uploads, several photos of one person."""

import threading
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from calib.denylist import DeniedError, DenyList, DenyListError, load, save, unit
from calib.identity.likeness import DIFFERENT, PersonEmbedding
from engines.errors import InputError
from engines.values import F32
from stream.consent.denied import DenyCheck, denylist_path, editing, enforce, enforced_list
from stream.consent.photos import NamedPhoto

NET = "ab" * 32
AXES = np.eye(512, dtype=np.float32)
PHOTO: NamedPhoto = ("a.jpg", np.full((8, 8, 3), 90, np.uint8))


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    path = tmp_path / "deny.json"
    save(DenyList(NET).with_entry("case 1", AXES[0]), path)
    return path


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{number}.png" for number in range(5)]
    for number, path in enumerate(paths):
        cv2.imwrite(str(path), np.full((8, 8, 3), 40 * number, np.uint8))
    return paths


def answering(*each: F32) -> "object":
    def embed(photos: Sequence[NamedPhoto]) -> PersonEmbedding:
        assert len(photos) == len(each)
        return PersonEmbedding(np.stack(each), NET)

    return embed


def refuses(path: Path, photos: list[Path], *each: F32) -> bool:
    try:
        enforce([photos], answering(*each), path)  # type: ignore[arg-type]
    except DeniedError as error:
        assert "case 1" in str(error)
        return True
    return False


def test_a_denied_face_among_four_strangers_is_refused(listed: Path, photos: list[Path]) -> None:
    """Averaged with four strangers' it is like nobody: the mean alone once let it through."""
    strangers = [unit(np.asarray(AXES[n] - 0.05 * AXES[0], np.float32)) for n in range(1, 5)]
    mean = PersonEmbedding(np.stack([AXES[0], *strangers]), NET).mean
    assert load(listed).match(mean) is None
    for place in range(5):
        each = [*strangers[:place], AXES[0], *strangers[place:]]
        assert refuses(listed, photos, *each)
    assert not refuses(listed, photos, *strangers, AXES[5])


def test_many_photos_that_are_each_a_little_like_are_refused_together(listed: Path, photos: list[Path]) -> None:
    """Noise that differs from photo to photo is gone from their mean."""
    each = [np.asarray(0.38 * AXES[0] + np.sqrt(1 - 0.38**2) * AXES[n], np.float32) for n in range(1, 6)]
    assert all(load(listed).match(one) is None for one in each)
    assert refuses(listed, photos, *each)


def test_every_person_is_looked_at(listed: Path, photos: list[Path]) -> None:
    seen: list[list[str]] = []

    def embed(named: Sequence[NamedPhoto]) -> PersonEmbedding:
        seen.append([name for name, _ in named])
        return PersonEmbedding(AXES[1:2] if len(seen) == 1 else AXES[:1], NET)

    with pytest.raises(DeniedError):
        enforce([photos[:2], photos[2:3]], embed, listed)
    assert seen == [["0.png", "1.png"], ["2.png"]]


def test_photos_are_not_even_read_where_nobody_is_refused(tmp_path: Path) -> None:
    def embed(_: object) -> None:
        raise AssertionError("nothing to compare with")

    save(DenyList(NET), tmp_path / "deny.json")
    enforce([[tmp_path / "none.jpg"]], embed, tmp_path / "deny.json")


def test_what_cannot_be_told_stops_the_work(listed: Path, photos: list[Path], tmp_path: Path) -> None:
    with pytest.raises(DenyListError, match="no network to compare faces with"):
        enforce([photos], lambda _: None, listed)
    with pytest.raises(InputError):
        enforce([[tmp_path / "none.jpg"]], lambda _: None, listed)
    with pytest.raises(DenyListError, match="cannot be read"):
        enforce([photos], lambda _: None, tmp_path / "none.json")
    with pytest.raises(DenyListError, match="make the list anew"):
        enforce([photos], lambda _: PersonEmbedding(AXES[1:2], "cd" * 32), listed)


def test_which_list_is_in_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNDERSTUDY_DENYLIST", str(tmp_path / "named.json"))
    assert denylist_path() == tmp_path / "named.json"
    with pytest.raises(DenyListError, match="cannot be read"):
        enforced_list()
    monkeypatch.delenv("UNDERSTUDY_DENYLIST")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert enforced_list() is None, "no list at all refuses nobody"
    denylist_path().parent.mkdir(parents=True)
    save(DenyList(NET), denylist_path())
    assert enforced_list() is None
    save(DenyList(NET).with_entry("x", AXES[0]), denylist_path())
    assert (found := enforced_list()) is not None and found.entries[0].label == "x"


class TestUploads:
    def test_without_a_list_nothing_is_opened(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("UNDERSTUDY_DENYLIST", raising=False)
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
        monkeypatch.setenv("UNDERSTUDY_MODELS", str(tmp_path / "none"))
        DenyCheck().photos([PHOTO])

    def test_a_list_without_a_network_refuses_everybody(
        self, listed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("UNDERSTUDY_MODELS", str(tmp_path / "none"))
        with pytest.raises(DenyListError, match="no network to compare faces with"):
            DenyCheck(path=listed).photos([PHOTO])

    def test_the_list_is_read_anew_at_every_photo(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A face that is refused while the server runs is refused at once."""
        path = tmp_path / "deny.json"
        save(DenyList(NET), path)
        monkeypatch.setenv("UNDERSTUDY_MODELS", str(tmp_path / "none"))
        check = DenyCheck(path=path)
        check.photos([PHOTO])
        save(DenyList(NET).with_entry("case 1", AXES[0]), path)
        with pytest.raises(DenyListError):
            check.photos([PHOTO])


def test_two_who_change_the_list_at_once_lose_nothing(listed: Path) -> None:
    def refuse(number: int) -> None:
        with editing(listed):
            save(load(listed).with_entry(f"case {number}", AXES[number]), listed)

    threads = [threading.Thread(target=refuse, args=(number,)) for number in range(2, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(load(listed).entries) == 9


def test_the_bounds_do_not_contradict_each_other(listed: Path) -> None:
    """Who is refused as a listed person could also be kept under that person's name."""
    assert load(listed).threshold > DIFFERENT
