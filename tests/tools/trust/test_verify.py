"""`understudy verify` as a person and as a script use it: codes, lines, JSON, addresses, mistakes."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from engines.errors import InputError, UnderstudyError
from stream.marks import verify as looking
from tests.stream.marks.clips import PAYLOAD
from tests.stream.marks.foreign import spoiled
from tests.stream.marks.listener import Listener, listening
from tests.stream.untrusted.playlists import naming, playlist
from tools.trust import verify

app = typer.Typer()
verify.register(app)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return spoiled(tmp_path_factory.mktemp("files"))


@pytest.fixture(autouse=True)
def own_root(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNDERSTUDY_SIGNING", str(files / "signing"))


def ask(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def ask_json(*arguments: object) -> tuple[int, dict[str, Any]]:
    code, output = ask(*arguments, "--json")
    told = json.loads(output)
    assert isinstance(told, dict)
    return code, told


@pytest.mark.parametrize(
    ("name", "code", "word"),
    [
        ("marked.mp4", 0, "intact"),
        ("resigned.mp4", 0, "intact"),
        ("tampered.mp4", 1, "altered"),
        ("stripped.mp4", 1, "altered"),
        ("camera.mp4", 2, "no_mark"),
        ("plain.mp4", 2, "no_mark"),
        ("none.mp4", 3, "unreadable"),
        ("signing/root.pem", 3, "unreadable"),
        ("signing", 3, "unreadable"),
    ],
)
def test_codes(files: Path, name: str, code: int, word: str) -> None:
    got, told = ask_json(files / name, "--quick")
    assert (got, told["verdict"]["code"], told["verdict"]["word"]) == (code, code, word)


def test_words_for_people(files: Path) -> None:
    _, output = ask(files / "marked.mp4", "--quick")
    first, *rest = output.splitlines()
    assert first == "Made by Understudy and unchanged since."
    assert all(line.startswith("  ") for line in rest)
    assert "Signed record (C2PA): " in output and f"Invisible mark: found and read, {PAYLOAD.text}" in output


def test_json_has_what_it_always_had(files: Path) -> None:
    """Keys that programs were told of; more may come beside them."""
    _, told = ask_json(files / "marked.mp4", "--quick")
    assert set(told) == {"c2pa", "watermark", "verdict"}
    assert {"state", "signer", "generator", "signed_at", "made_by_understudy", "declares_ai", "sidecar"} <= set(
        told["c2pa"]
    )
    assert {"ingredients", "problems", "record"} <= set(told["c2pa"])
    assert told["c2pa"]["ingredients"][0]["title"] == "plain.mp4"
    assert told["c2pa"]["ingredients"][0]["has_manifest"] is False
    assert set(told["watermark"]) == {"found", "confidence", "payload"}
    assert told["watermark"]["payload"]["text"] == PAYLOAD.text and 0.999 < told["watermark"]["confidence"] < 1
    assert set(told["verdict"]) == {"code", "word", "text"}


def test_every_key_is_documented(files: Path) -> None:
    _, told = ask_json(files / "resigned.mp4", "--quick")
    text = (Path(__file__).parents[3] / "docs" / "responsible-use.md").read_text("utf-8")

    def names(value: object) -> Iterator[str]:
        if isinstance(value, dict):
            for key, inner in value.items():
                if key != "routes":
                    yield from names(inner)
                yield str(key)
        elif isinstance(value, list):
            for inner in value:
                yield from names(inner)

    assert {name for name in names(told) if f"`{name}`" not in text} == set()


def test_a_stranger_is_trusted_when_told_so(files: Path) -> None:
    code, told = ask_json(files / "other_root.mp4", "--trust", files / "stranger" / "root.pem", "--quick")
    assert (code, told["c2pa"]["state"]) == (0, "trusted")


@pytest.mark.parametrize(
    ("root", "words"), [("none.pem", "PEM certificate"), ("still.png", "holds no certificate; give one as PEM")]
)
def test_roots_that_are_none(files: Path, root: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        ask(files / "plain.mp4", "--trust", files / root)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("words", [[], ["--nosuch", "x"], ["a", "b"], ["a", "--trust"]])
def test_a_wrong_command_line_is_not_read_as_no_mark(words: list[str]) -> None:
    with pytest.raises(UnderstudyError, match="understudy verify --help") as caught:
        ask(*words)
    assert caught.value.exit_code == 3


def test_the_whole_program_ends_with_the_same_codes(files: Path) -> None:
    for words, code in (([str(files / "none.mp4")], 3), (["--nosuch"], 3), ([str(files / "plain.mp4"), "--quick"], 2)):
        done = subprocess.run(
            [sys.executable, "-m", "tools.main", "verify", *words], capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        assert (code == 3) == done.stderr.startswith("error: ")


def test_help_is_no_mistake() -> None:
    code, output = ask("--help")
    assert code == 0 and "3 cannot be read" in output


def test_a_fault_of_ours_is_not_read_as_altered(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr(looking, "verify", fail)
    assert ask(files / "plain.mp4")[0] == 3


class TestAddresses:
    @pytest.fixture
    def site(self, files: Path) -> Iterator[Listener]:
        with listening() as told:
            for path in files.glob("*.mp4"):
                told.answers[f"/{path.name}"] = path.read_bytes()
            yield told

    def test_a_file(self, site: Listener) -> None:
        assert ask_json(f"{site.url}/marked.mp4?size=large", "--quick")[0] == 0
        assert site.asked == ["GET /marked.mp4?size=large"]
        code, told = ask_json(f"{site.url}/none.mp4")
        assert code == 3 and "check the address" in told["verdict"]["text"]

    def test_what_is_fetched_is_named_by_its_address(self, site: Listener) -> None:
        site.answers["/a.mp4"] = b"just text\n" * 100
        code, told = ask_json(f"{site.url}/a.mp4")
        assert code == 3 and f"{site.url}/a.mp4 is a text file" in told["verdict"]["text"]
        assert "/tmp" not in told["verdict"]["text"]

    def test_a_stream_contacts_only_the_host_that_was_named(self, site: Listener, tmp_path: Path) -> None:
        live = playlist(tmp_path / "live")
        for path in live.parent.iterdir():
            site.answers[f"/live/{path.name}"] = path.read_bytes()
        assert ask_json(f"{site.url}/live/live.m3u8", "--quick")[1]["watermark"]["found"]
        with listening() as other:
            evil = naming(tmp_path / "evil.m3u8", f"{other.url}/part.ts")
            site.answers["/evil.m3u8"] = evil.read_bytes()
            code, told = ask_json(f"{site.url}/evil.m3u8", "--quick")
            assert code == 3 and "another host" in told["verdict"]["text"]
            assert other.asked == []

    def test_a_file_that_has_moved_to_another_host(self, site: Listener) -> None:
        with listening() as other:
            site.answers["/moved.mp4"] = f"->{other.url}/clip.mp4".encode()
            code, told = ask_json(f"{site.url}/moved.mp4")
            assert code == 3 and f"has moved to another host, {other.url}/clip.mp4" in told["verdict"]["text"]
            assert other.asked == []

    def test_nothing_is_fetched_where_the_network_is_off(self, site: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("UNDERSTUDY_OFFLINE", "1")
        code, told = ask_json(f"{site.url}/marked.mp4")
        assert code == 3 and "UNDERSTUDY_OFFLINE is set" in told["verdict"]["text"]
        assert site.asked == []


def test_a_playlist_on_disk_is_looked_at(tmp_path: Path) -> None:
    code, told = ask_json(playlist(tmp_path / "live"), "--quick")
    assert (code, told["watermark"]["payload"]["text"]) == (1, PAYLOAD.text)


def test_titles_in_no_known_letters_do_not_hide_a_mark(files: Path, tmp_path: Path) -> None:
    data = (files / "reencoded.mkv").read_bytes()
    at = data.index(b"Lavf")
    (tmp_path / "odd.mkv").write_bytes(data[:at] + b"\xff\xfe" + data[at + 2 :])
    code, told = ask_json(tmp_path / "odd.mkv")
    assert (code, told["watermark"]["payload"]["text"]) == (1, PAYLOAD.text)
