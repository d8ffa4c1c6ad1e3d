"""How the project is set up, as tests: locks, extras, the Makefile, the Python it wants, the container."""

import importlib
import importlib.metadata
import re

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from tests.tree import DISTRIBUTION, FLOORS, PROJECT, ROOT

LOCKS = ("base", "demo", "dev")


def lock(name: str) -> dict[str, Version]:
    text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
    return {n: Version(v) for n, v in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)[^\\\n]* \\$", text, re.MULTILINE)}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_versions_and_digests_and_nothing_else(name: str) -> None:
    lines = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8").splitlines()
    comment, digest = r"#[^/]*(/compile\.sh)?[^/]*", r"    --hash=sha256:[0-9a-f]{64}( \\)?"
    marker = r"( ; [a-z_]+ [!=]= '[A-Za-z0-9_]+'( and [a-z_]+ [!=]= '[A-Za-z0-9_]+')*)?"  # one version for every Python
    pin = rf"[A-Za-z0-9._-]+==[0-9][^ /]*{marker} \\"
    pattern = re.compile(f"{comment}|{pin}|{digest}|")
    wrong = [line for line in lines if not pattern.fullmatch(line)]
    assert wrong == []
    assert len(lock(name)) > 15
    assert not {"torch", "understudy", DISTRIBUTION, "opencv-python", "onnxruntime-gpu"} & set(lock(name))


@pytest.mark.parametrize(("name", "extras"), [("base", ()), ("demo", ("demo",)), ("dev", ("dev", "demo", "serve"))])
def test_a_lock_keeps_what_the_project_asks_for(name: str, extras: tuple[str, ...]) -> None:
    asked = list(PROJECT["project"]["dependencies"])
    for extra in extras:
        asked += PROJECT["project"]["optional-dependencies"][extra]
    pinned = lock(name)
    for requirement in map(Requirement, asked):
        assert requirement.name in pinned, f"run requirements/compile.sh: {requirement.name} is not in {name}.txt"
        assert pinned[requirement.name] in requirement.specifier


def test_the_locks_agree_with_each_other() -> None:
    whole = lock("dev")
    for name in LOCKS:
        assert lock(name).items() <= whole.items()


def test_the_extras_are_those_that_the_documents_name() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    table = (ROOT / "docs" / "install.md").read_text("utf-8")
    assert set(re.findall(r"^\| `([a-z]+)` \|", table, re.MULTILINE)) == set(extras)
    for extra, wanted in extras.items():
        assert wanted and all(Requirement(w).name for w in wanted), extra


def test_make_has_its_goals_and_ci_calls_one() -> None:
    text = (ROOT / "Makefile").read_text("utf-8")
    assert re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE) == ["setup demo test docs-pictures"]
    steps = re.search(r"^test:.*\n((?:\t.*\n)+)", text, re.MULTILINE)
    assert steps is not None
    for step in ("ruff check", "ruff format --check", "mypy", "lint-imports", "pytest", "coverage report"):
        assert f"$(BIN)/{step}" in steps[1]
    ci = (ROOT / ".ci" / "run").read_text("utf-8")
    assert "set -euo pipefail" in ci
    assert ci.rstrip().endswith("make test")
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


def test_make_says_which_python_it_wants() -> None:
    text = (ROOT / "Makefile").read_text("utf-8")
    low, high = (tuple(map(int, pair)) for pair in re.findall(r"\((\d+), (\d+)\)", text)[:2])
    wanted = SpecifierSet(PROJECT["project"]["requires-python"])
    for minor in range(8, 20):
        assert (low <= (3, minor) <= high) == (f"3.{minor}.1" in wanted)


def test_the_readme_says_which_python_is_wanted() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    ranges = re.findall(r"Python 3\.(\d+) to 3\.(\d+)", text)
    assert ranges
    wanted = SpecifierSet(PROJECT["project"]["requires-python"])
    for low, high in ranges:
        fits = [minor for minor in range(8, 20) if f"3.{minor}.1" in wanted]
        assert fits == list(range(int(low), int(high) + 1))


def test_the_installed_distribution_is_this_one() -> None:
    assert PROJECT["project"]["name"] == DISTRIBUTION
    assert importlib.metadata.version(DISTRIBUTION) == importlib.import_module("understudy_video").__version__


def test_every_package_is_named_wherever_packages_are_listed() -> None:
    setuptools = PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]
    assert set(setuptools) == {f"{name}*" for name in FLOORS}
    for listed in (PROJECT["tool"]["mypy"]["packages"], PROJECT["tool"]["importlinter"]["root_packages"]):
        assert set(listed) == set(FLOORS)
    [contract] = PROJECT["tool"]["importlinter"]["contracts"]
    ranks = [{FLOORS[name] for name in layer.split(" | ")} for layer in contract["layers"]]
    assert ranks == [{3}, {2}, {1}, {0}]
    assert not {p.parent.name for p in ROOT.glob("*/__init__.py")} - set(FLOORS)


def test_the_console_script_is_there() -> None:
    module, _, function = PROJECT["project"]["scripts"]["understudy"].partition(":")
    assert callable(getattr(importlib.import_module(module), function))


# ---- the container, which cannot be built everywhere: its words against the project


def stages() -> dict[str, str]:
    text = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    parts = re.split(r"^FROM (\S+) AS (\S+)$", text, flags=re.MULTILINE)
    return {name: body for _, name, body in zip(*[iter(parts[1:])] * 3, strict=True)}


def test_the_container_copies_what_is_there_and_all_that_is_installed() -> None:
    copied = [words.split()[:-1] for words in re.findall(r"^COPY (.*)$", stages()["base"], re.MULTILINE)]
    paths = [path for words in copied for path in words]
    for path in paths:
        assert (ROOT / path).exists(), path
    assert set(FLOORS) <= set(paths)
    needed = {PROJECT["project"]["readme"], *PROJECT["project"]["license-files"], "pyproject.toml"}
    assert needed <= set(paths)
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split()
    assert not set(paths) & set(ignored)


def test_the_container_runs_as_nobody_special_on_a_python_that_fits() -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8")
    image = re.search(r"^FROM python:(\d+\.\d+)-slim AS base$", text, re.MULTILINE)
    assert image is not None
    assert f"{image[1]}.1" in SpecifierSet(PROJECT["project"]["requires-python"])
    for name, body in stages().items():
        users = re.findall(r"^USER (\S+)$", body, re.MULTILINE)
        assert users[-1:] in (["understudy"], []), name
    assert re.findall(r"^USER (\S+)$", stages()["base"], re.MULTILINE) == ["understudy"]


def test_the_container_is_for_the_processor_unless_the_gpu_is_asked_for() -> None:
    assert list(stages())[-1] == "cpu"
    assert set(stages()) == {"base", "gpu", "cpu"}
    extras = re.findall(r"\[([a-z]+)\]", stages()["gpu"])
    assert extras == ["gpu"]
    assert set(extras) <= set(PROJECT["project"]["optional-dependencies"])
    assert not re.findall(r"\[(gpu|tensorrt)\]", stages()["base"] + stages()["cpu"])
    assert '["understudy"]' in stages()["base"]
