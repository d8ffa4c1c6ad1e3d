"""The rules of the house as tests: floors, imports, sizes, names, modules and their tests, documentation."""

import ast
import importlib
import importlib.metadata
import re
import resource
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.tree import DISTRIBUTION, FLOORS, ROOT, SOURCES

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
    "sam2": ("tools/relight/sam.py",),
    "sam3": ("tools/relight/sam.py",),
    "PIL": ("stream/stills/", "engines/refiners/controlnet_program.py", "tools/relight/sam.py"),  # ICC profiles; SAM3
    "aiohttp": ("stream/", "tools/"),
    "segno": ("tools/live/serve/view_pages.py",),
    "pythonosc": ("tools/live/",),
    "pyvirtualcam": ("stream/io/virtual_camera.py",),
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


# ---- modules, their names and their tests

# modules without behaviour of their own: kinds and words, which the tests of those who use them hold
BARE = {
    "stream/picture.py": "a protocol alone; stream/pixels/test_planes.py tests what keeps it",
    "stream/pipeline/choices.py": "words alone; tests of route, finish, spec and models walk them",
    "tools/daemon/errors.py": "kinds of errors alone; test_http_values.py and test_job_store.py test them",
}


def test_each_module_has_a_test_module_of_its_own() -> None:
    """`stream/media/sink.py` has `tests/stream/media/test_sink.py`, or some `test_sink_ASPECT.py` there."""
    bare = set()
    for path in SOURCES:
        place = ROOT / "tests" / path.parent
        own = (place / f"test_{path.stem}.py").is_file() or any(place.glob(f"test_{path.stem}_*.py"))
        if path.name != "__init__.py" and not own:
            bare.add(path.as_posix())
    assert bare == set(BARE), "write a test module for each, and name here none that has one"


def test_modules_without_tests_of_their_own_do_nothing() -> None:
    for path in BARE:
        for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                constants = [isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant) for one in node.body]
                assert all(constants), f"{path}: {node.name} does something; test it"


def test_a_class_name_has_one_meaning() -> None:
    places: dict[str, list[str]] = {}
    for path in SOURCES:
        for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(path.as_posix())
    assert {name: found for name, found in places.items() if len(found) > 1} == {}
