"""The rules of the house as tests: floors, imports, sizes, names, locks, container, documentation."""

import ast
import importlib
import importlib.metadata
import re
import resource
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

ROOT = Path(__file__).parent.parent
FLOORS = {"engines": 0, "calib": 1, "stream": 2, "understudy_video": 3, "tools": 3}  # from the lowest up
DISTRIBUTION = "understudy-video"
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
SOURCES = sorted(p.relative_to(ROOT) for floor in FLOORS for p in (ROOT / floor).rglob("*.py"))
LOCKS = ("base", "demo", "dev")

# a heavy library, and the only places that may import it (at any depth of a function)
HEAVY = {
    "openvino": ("engines/backends/",),
    "onnxruntime": ("engines/backends/",),
    "tensorrt": ("engines/backends/",),
    "cuda": ("engines/backends/",),
    "onnx": ("engines/graph/", "engines/nets/swapper.py", "calib/", "tools/"),
    "torch": ("tools/train/", "engines/refiners/controlnet_program.py"),
    "diffusers": ("engines/refiners/controlnet_program.py",),
    "dkt": ("engines/refiners/dkt_program.py",),
    "aiortc": ("stream/webrtc/", "understudy_video/aiortc.py", "tools/live/", "tools/bench/live/"),
    "pillow_heif": ("stream/stills/heif.py",),
    "aiohttp": ("stream/", "tools/"),
    "c2pa": ("stream/marks/",),
    "cryptography": ("stream/marks/", "stream/consent/"),
    "skimage": ("tools/swap/demo_clip.py",),
    "matplotlib": ("tools/swap/demo_clip.py",),
    # never: another's copy of what is here, or not what it says it is
    "insightface": (),
    "mediapipe": (),
    "pickle": ("tools/train/checkpoint.py",),  # the name of an error that torch raises
    "scipy": (),
    "pip": (),
}


@cache
def imports(path: Path) -> tuple[str, ...]:
    """Every module that a file names in an import, wherever it stands."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""


def lock(name: str) -> dict[str, Version]:
    text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
    return {n: Version(v) for n, v in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)[^\\\n]* \\$", text, re.MULTILINE)}


# ---- floors and imports


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_a_floor_imports_only_floors_below_it(path: Path) -> None:
    for module in imports(path):
        top = module.split(".")[0]
        assert top != "tests", f"{path} imports {module}"
        if top in FLOORS and top != path.parts[0]:
            assert FLOORS[top] < FLOORS[path.parts[0]], f"{path} imports {module}"


@pytest.mark.parametrize("library", HEAVY)
def test_a_heavy_library_stays_in_its_place(library: str) -> None:
    places = HEAVY[library]
    for path in SOURCES:
        if any(m == library or m.startswith(f"{library}.") for m in imports(path)):
            assert path.as_posix().startswith(places or ("nowhere",)), f"{path} imports {library}"


def test_the_heavy_ones_are_not_imported_to_show_the_help() -> None:
    code = "import sys, tools.main; print(' '.join(m for m in sys.argv[1:] if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code, *HEAVY], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"pickle"}  # numpy's own


@pytest.mark.timing
def test_help_comes_at_once() -> None:
    command = [sys.executable, "-m", "tools.main", "--help"]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)  # writes the byte code
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    # processor time: a machine that is busy elsewhere does not count
    assert spent < 2.0
    assert {"swap", "models", "demo", "bench"} <= set(done.stdout.split())


@pytest.mark.parametrize("name", [*FLOORS, "tests"])
def test_no_package_from_elsewhere_takes_our_names(name: str) -> None:
    owners = set(importlib.metadata.packages_distributions().get(name, []))
    assert owners <= {DISTRIBUTION}, f"{owners} bring a package called {name}: pip uninstall the others here"
    if name != "tests":
        module = importlib.import_module(name)
        assert Path(module.__file__ or "").parent == ROOT / name


# ---- sizes and words


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_a_file_is_short_and_opens_by_saying_what_it_knows(path: Path) -> None:
    text = (ROOT / path).read_text("utf-8")
    assert text.count("\n") <= 300
    assert ast.get_docstring(ast.parse(text)), f"{path} has no docstring"


def test_there_are_as_many_lines_of_tests_as_of_source() -> None:
    source = sum((ROOT / p).read_text("utf-8").count("\n") for p in SOURCES)
    tests = sum(p.read_text("utf-8").count("\n") for p in (ROOT / "tests").rglob("*.py"))
    assert tests >= source


def test_no_folder_holds_more_than_twenty_files() -> None:
    for folder in {p.parent for p in SOURCES}:
        assert len(list((ROOT / folder).glob("*.py"))) <= 20, folder


def test_tests_are_no_packages() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_every_source_file_has_its_line_in_the_architecture_and_no_other() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    told = set(re.findall(r"^- `([^`]+\.py)`", text, re.MULTILINE))
    there = {p.as_posix() for p in SOURCES if p.name != "__init__.py"}
    assert there - told == set(), "without a line"
    assert told - there == set(), "a line without a file"


def test_every_name_in_the_architectures_journey_exists() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8").partition("## Every file")[0]
    names = re.findall(r"`([a-z_.]+):([A-Za-z_.]+)`", text)
    assert len(names) > 20
    for module, name in names:
        found: object = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)


def test_no_picture_clip_or_foreign_weight_is_committed() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    media = re.compile(
        r"\.(jpe?g|png|webp|gif|mp4|mkv|mov|webm|wav|tflite|onnx|dfm|pth?|ckpt|npz|safetensors|whl)$", re.I
    )
    own = ("engines/weights/", "docs/pictures/")  # the latter are made by `make docs-pictures` alone
    found = [f for f in listed if media.search(f) and not f.startswith(own)]
    assert found == []


# ---- set-up


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
