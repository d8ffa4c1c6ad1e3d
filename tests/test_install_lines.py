"""What readers are told to install exists: in README, docs, help, `doctor` and error messages.

`understudy` on the package index is another project, and `understudy-video` is not there yet: no line may name either.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from engines.extras import PIP, install

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
KNOWN = {Requirement(text).name for wanted in (PROJECT["dependencies"], *EXTRAS.values()) for text in wanted}
FOLDERS = ("engines", "calib", "stream", "understudy_video", "tools")
SOURCES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
TEXTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md")), ROOT / "Makefile", ROOT / "Dockerfile"]
LINE = re.compile(r"pip install (?P<rest>[^\n`]+)")
# a requirement, quoted or not, up to what ends the command
WORDS = re.compile(r"""(?:'[^']*'|"[^"]*"|[^\s'";&|),]+)""")


def installed(text: str) -> Iterator[str]:
    """Every requirement or path that a `pip install` in the text names, without flags."""
    for match in LINE.finditer(text):
        command = re.split(r" ?(?:&&|;|\|\||, |\) | for | or |\\$)", match["rest"])[0]
        words = [word.strip("'\"") for word in WORDS.findall(command)]
        skip = False
        for word in words:
            if skip or word.startswith("-"):
                skip = word in ("-r", "--requirement", "--dest")
                continue
            yield word.rstrip(",")


def problems(text: str) -> list[str]:
    """What of a text's install lines would not work."""
    found = []
    for word in installed(text):
        if match := re.fullmatch(r"(?:\.|/app)(?:\[(?P<extras>[a-z,]+)\])?", word):
            found += [f"no extra {name}" for name in (match["extras"] or "").split(",") if name and name not in EXTRAS]
        elif re.sub(r"[\[<>=!~ ].*", "", word) not in KNOWN:
            found.append(f"{word} is nothing that this project asks for")
    return found


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_documents_install_what_exists(path: Path) -> None:
    text = path.read_text("utf-8")
    assert problems(text) == []
    assert not re.search(r"understudy(-video)?\[", text)
    if path.suffix == ".md":
        assert not re.search(r"(?<![/\w])pip install", text.replace("RUN pip install", "")), "which pip? .venv/bin/pip"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_messages_install_what_exists(path: Path) -> None:
    text = path.read_text("utf-8")
    ours = "from engines.extras import" in text
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert problems(node.value) == [], node.value
            assert not re.search(r"understudy(-video)?\[", node.value), node.value
        if ours and isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "install":
            [extra] = node.args
            assert isinstance(extra, ast.Constant) and extra.value in EXTRAS, f"install({ast.unparse(extra)})"


def test_a_wrong_line_is_seen() -> None:
    assert problems("run `pip install -e '.[serve,trust]'`, then") == ["no extra trust"]
    assert problems("pip install 'understudy[gpu]'") == ["understudy[gpu] is nothing that this project asks for"]
    assert problems("pip install understudy-video && understudy") != []
    assert problems("pip uninstall -y onnxruntime && .venv/bin/pip install -e '.[gpu]' for CUDA") == []
    assert problems("pip install openvino, or 'tensorrt>=11'") == []
    assert problems("pip install --require-hashes -r requirements/base.txt") == []
    assert problems(install("serve")) == [] and install("nothing") and problems(install("nothing")) != []
    assert PIP in install("gpu")
