"""The loaded program: commands one after another, each in a child of its own, ended where it takes too long."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.tools.commands import film, needs_models

ROOT = Path(__file__).parents[3]
pytestmark = needs_models


def answers(folder: Path, *asked: tuple[list[str], float]) -> list[dict[str, Any]]:
    lines = [json.dumps({"words": words, "folder": str(folder), "seconds": seconds}) for words, seconds in asked]
    command = [sys.executable, "-m", "tests.tools.fuzz.zygote"]
    run = subprocess.run(command, cwd=ROOT, input="\n".join(lines) + "\n", capture_output=True, text=True, check=True)
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_each_command_has_its_own_answer(tmp_path: Path, face: Path) -> None:
    clip = film(tmp_path / "in.mp4", 200, with_face=True)
    swap = ["swap", "-y", "-q", "--i-have-consent", "-s", str(face), clip.name, "out.mp4"]
    version, wrong, ended = answers(
        tmp_path, (["--version"], 20.0), (["swap", "none.mp4", "out.mp4"], 20.0), (swap, 0.3)
    )
    assert (version["code"], version["ended"]) == (0, False) and version["said"].startswith("understudy")
    assert wrong["code"] == 2 and "error: no source face was given" in wrong["said"]
    assert ended["ended"] and ended["code"] == -9
    assert not (tmp_path / "said.txt").exists()
