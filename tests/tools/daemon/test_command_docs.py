"""What docs/daemon.md shows is what there is: its file, its job, its calls, its service."""

import configparser
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from stream.pipeline.spec import KINDS
from tools.daemon import command
from tools.daemon.config import read
from tools.daemon.files.allowed import AllowedFolders
from tools.daemon.openapi import document
from tools.daemon.request import Request, parse

TEXT = (Path(__file__).parents[3] / "docs" / "daemon.md").read_text("utf-8")


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", TEXT, re.S)


def commands() -> Iterator[list[str]]:
    """Every `understudy daemon` and `understudy stream` that is shown."""
    shown = [line.strip() for line in TEXT.splitlines() if line.startswith("    understudy ")]
    shown += [line.partition("=")[2] for block in blocks("ini") for line in block.splitlines() if "ExecStart" in line]
    for line in shown:
        words = shlex.split(line)
        yield words[next(i for i, w in enumerate(words) if w.endswith("understudy")) + 1 :]


def options(module: object) -> set[str]:
    app = typer.Typer()
    module.register(app)  # type: ignore[attr-defined]
    return set(re.findall(r"--[\w-]+", CliRunner().invoke(app, ["--help"], terminal_width=200).output))


def test_its_file_is_read(tmp_path: Path) -> None:
    for name in ("in", "out", "hls"):
        (tmp_path / name).mkdir()
    path = tmp_path / "daemon.toml"
    path.write_text(blocks("toml")[0])
    path.chmod(0o600)
    found = read(path)
    assert found.watches[0].job["crf"] == 20 and found.endpoints[0].name == "studio"
    assert found.endpoints[0].outputs[0] == str(tmp_path / "hls" / "studio.m3u8")


def test_its_job_is_one() -> None:
    told = json.loads(re.search(r"-d '(\{.*?\})'", TEXT, re.S)[1])  # type: ignore[index]
    assert isinstance(told.pop("priority"), int)
    assert isinstance(parse(told, AllowedFolders((Path("/home/me/videos"),))), Request)


def test_its_calls_are_there_and_none_is_left_out() -> None:
    shown = {path.replace("ID", "{id}") for path in re.findall(r"(/[\w./]*)(?=[`?,\s])", _table("| `GET /` |"))}
    paths = document(True)["paths"]
    assert isinstance(paths, dict) and shown == set(paths)


def test_the_options_it_names_are_those_of_a_job() -> None:
    sentence = re.search(r"options of `understudy swap` by their names \((.*?)\)", TEXT, re.S)
    assert sentence is not None
    named = set(re.findall(r"`(\w+)`", sentence[1]))
    known = set(Request.__slots__) - {"options"} | set(KINDS)
    assert named | {"target", "output", "source", "consent", "overwrite", "skip_done"} == known


def test_its_commands_know_their_options() -> None:
    from tools.live import stream as stream_cmd

    known = {"daemon": options(command), "stream": options(stream_cmd)}
    seen = 0
    for name, *words in commands():
        if name in known:
            seen += 1
            assert {w for w in words if w.startswith("--")} <= known[name], words
    assert seen >= 6


def test_its_service_gives_the_daemon_time_to_end() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(blocks("ini")[0])
    assert set(unit.sections()) == {"Unit", "Service", "Install"}
    assert float(unit["Service"]["TimeoutStopSec"]) > 20 + 20 and unit["Service"]["KillMode"] == "mixed"


def test_its_container_serves_with_tokens() -> None:
    words = json.loads(re.search(r"CMD (\[.*\])", blocks("dockerfile")[0])[1])  # type: ignore[index]
    assert words[0] == "daemon" and {w for w in words if w.startswith("--")} <= options(command)
    assert "--tokens" in words and words[words.index("--host") + 1] == "0.0.0.0"


def _table(beginning: str) -> str:
    """The table that holds this row."""
    lines = TEXT.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith(beginning))
    end = next(i for i in range(at, len(lines)) if not lines[i].startswith("|"))
    return "\n".join(lines[at:end])


@pytest.mark.parametrize("word", ["SRT", "20 ms", "0.5 s", "SIGTERM", "Idempotency-Key"])
def test_it_says_what_it_promises(word: str) -> None:
    assert word in TEXT
