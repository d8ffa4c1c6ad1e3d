"""The daemon's file: watched folders and endpoints, and what is said of mistakes in it."""

import os
from pathlib import Path

import pytest

from engines.errors import UnderstudyError
from tools.daemon.config import Config, read

KEY = "k3y-that-nobody_guesses"
WATCH = '[[watch]]\nfolder = "in"\noutput = "out"\nsource = "ann"\nconsent = true\n'
ENDPOINT = (
    f'[[endpoint]]\nname = "cam"\nkey = "{KEY}"\noutputs = ["live.m3u8"]\nsource = ["face.jpg"]\nconsent = true\n'
)


def write(folder: Path, text: str, mode: int = 0o600) -> Path:
    for name in ("in", "out", "in/deep"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "face.jpg").touch()
    path = folder / "daemon.toml"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_without_a_file_there_is_nothing() -> None:
    assert read(None) == Config((), ())


def test_folders_and_endpoints(tmp_path: Path) -> None:
    found = read(write(tmp_path, WATCH + "priority = 3\ncrf = 20\n" + ENDPOINT + 'who = "largest"\n'))
    (watch,), (endpoint,) = found.watches, found.endpoints
    assert (watch.folder, watch.output, watch.ending, watch.priority) == (tmp_path / "in", tmp_path / "out", ".mp4", 3)
    assert watch.job == {"source": ["ann"], "consent": True, "crf": 20}
    assert (endpoint.name, endpoint.app, endpoint.key) == ("cam", "live", KEY)
    assert endpoint.options == {"who": "largest"}
    assert endpoint.outputs == (str(tmp_path / "live.m3u8"),) and endpoint.source == (str(tmp_path / "face.jpg"),)
    assert KEY not in repr(found)


def test_paths_count_from_the_file(tmp_path: Path) -> None:
    text = WATCH.replace('"ann"', '["face.jpg", "bob"]')
    (watch,) = read(write(tmp_path, text)).watches
    assert watch.job["source"] == [str(tmp_path / "face.jpg"), "bob"]


def test_so_do_those_in_rules_and_of_several_photos(tmp_path: Path) -> None:
    text = WATCH.replace('"ann"', '["face.jpg,face.jpg", "photos"]') + 'map = ["1=reference:face.jpg", "2=all"]\n'
    (tmp_path / "photos").mkdir()
    (watch,) = read(write(tmp_path, text + "overwrite = true\n")).watches
    face = tmp_path / "face.jpg"
    assert watch.job["source"] == [f"{face},{face}", f"{tmp_path}/photos"] and watch.job["overwrite"] is True
    assert watch.job["map"] == [f"1=reference:{face}", "2=all"]


def test_kept_identities_carry_their_own_consent(tmp_path: Path) -> None:
    text = WATCH.replace("consent = true\n", "") + ENDPOINT.replace("consent = true", "").replace("face.jpg", "ann")
    found = read(write(tmp_path, text))
    assert "consent" not in found.watches[0].job and not found.endpoints[0].consent
    assert read(write(tmp_path, ENDPOINT)).endpoints[0].consent


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[watch", "not TOML"),
        ("[queue]\n", "queue is unknown"),
        ("watch = 3\n", "two brackets"),
        (WATCH.replace('"in"', '"none"'), "folder none is no folder"),
        (WATCH.replace('"out"', '"in/deep"'), "every result would be a new job"),
        (WATCH.replace('"out"', '"in"'), "every result would be a new job"),
        (WATCH.replace("consent = true\n", "").replace("ann", "face.jpg"), "consent must be true"),
        (WATCH + "crf = 99\n", "out of range"),
        (WATCH + 'routing = "best"\n', "take one of auto, fast"),
        (WATCH + "priority = 1.5\n", "from -100 to 100"),
        (WATCH + "ending = 4\n", "ending 4: take one of"),
        (WATCH + 'who = "reference:none.jpg"\n', "there is no such photo"),
        ("watch = [1]\n", "two brackets"),
        (WATCH + 'ending = ".avi"\n', r"ending '.avi'"),
        (WATCH + "colour = 1\n", "no job has colour"),
        (WATCH.replace('"ann"', "5"), "list of texts"),
        (ENDPOINT.replace(KEY, "short"), "16 or more"),
        (ENDPOINT.replace("consent = true", ""), "consent = true is missing"),
        (ENDPOINT + "port = 3\n", "port is unknown"),
        (ENDPOINT + 'bitrate = "lots"\n', "is no rate"),
        (ENDPOINT + 'preset = "quick"\n', "preset 'quick': take one of"),
        (ENDPOINT + "app = 3\n", "app is a text"),
        (ENDPOINT.replace(f'"{KEY}"', "1234567890123456"), "key is a text"),
        (ENDPOINT + 'who = "everybody"\n', "names nobody"),
        (ENDPOINT + 'on_miss = "never"\n', "take one of hold, blur, show"),
        ('[[endpoint]]\nname = "x"\n', "key, outputs, source is missing"),
        (ENDPOINT + ENDPOINT.replace(KEY, KEY + "2"), "same name"),
        (ENDPOINT + ENDPOINT.replace('"cam"', '"two"'), "same key"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UnderstudyError, match=words):
        read(write(tmp_path, text))


@pytest.mark.skipif(os.name != "posix", reason="files have no such modes here")
def test_keys_are_not_for_others(tmp_path: Path) -> None:
    with pytest.raises(UnderstudyError, match="chmod 600"):
        read(write(tmp_path, ENDPOINT, 0o644))
    assert read(write(tmp_path, WATCH, 0o644)).watches


def test_no_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnderstudyError, match="No such file"):
        read(tmp_path / "none.toml")
