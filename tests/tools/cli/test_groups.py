"""The help lists every command under a heading, in the headings' order."""

import re

from typer.testing import CliRunner

from tools.cli.groups import Group
from tools.main import app


def test_the_headings_come_in_their_order_with_their_commands() -> None:
    out = CliRunner().invoke(app, ["--help"]).stdout
    found: dict[str, list[str]] = {}
    for line in out.splitlines():
        if heading := re.match(r"╭─ (\w+) ─", line):
            found[heading[1]] = []
        elif command := re.match(r"│ ([a-z]+)  ", line):
            found[list(found)[-1]].append(command[1])
    del found["Options"]
    assert list(found) == [group.value for group in Group]
    assert found == {
        "Swap": ["swap", "demo", "qa"],
        "Live": ["serve", "stream", "camera"],
        "Service": ["daemon", "token"],
        "Trust": ["verify", "identity"],
        "Models": ["doctor", "models"],
        "Measure": ["bench"],
        "Train": ["train", "relight", "calibrate"],
    }
