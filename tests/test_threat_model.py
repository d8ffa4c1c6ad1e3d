"""SECURITY.md names a test for every wall: each of them is there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)((?:::\w+)*)`", (ROOT / "SECURITY.md").read_text("utf-8"))))


def test_tests_are_named() -> None:
    assert len(NAMED) > 15


@pytest.mark.parametrize(("path", "names"), NAMED, ids="".join)
def test_a_named_test_is_there(path: str, names: str) -> None:
    body: list[ast.stmt] = ast.parse((ROOT / path).read_text("utf-8")).body
    for name in names.split("::")[1:]:
        found = [node for node in body if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name]
        assert len(found) == 1, f"{path} has no {name}"
        body = found[0].body


def test_every_row_of_the_threat_model_names_one() -> None:
    text = (ROOT / "SECURITY.md").read_text("utf-8")
    rows = [
        line
        for part in re.findall(r"^## Threat model.*?(?=^## )", text, re.MULTILINE | re.DOTALL)
        for line in part.splitlines()
        if line.startswith("| ") and not line.startswith(("| Who |", "|---"))
    ]
    assert rows
    assert [row for row in rows if "`tests/" not in row.split("|")[-2]] == []
