"""A run over many pictures: the same bytes in one process and in two, and stopping between pictures."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from tests.tools.commands import needs_models, portrait
from tests.tools.relight.subjects import config, write
from tools.relight.read_settings import read_settings
from tools.relight.run import run
from tools.relight.sample import RelightJob, SampleOutcome
from tools.relight.settings import PersonMethod
from tools.relight.tree import Tree

pytestmark = needs_models


def tree_of(root: Path) -> dict[str, str]:
    """Digests of all files below a folder, by their place."""
    files = sorted(p for p in root.rglob("*") if p.is_file())
    return {p.relative_to(root).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder, photo = tmp_path_factory.mktemp("in"), portrait()
    cuts = {"a": photo[:260, 100:340], "b": photo[:260, 340:100:-1], "c": np.full((80, 80, 3), 70, np.uint8)}
    return [write(folder / f"{name}.png", np.ascontiguousarray(cut)) for name, cut in cuts.items()]


def job(root: Path, config_at: Path) -> RelightJob:
    Tree(root).make()
    return RelightJob(root, read_settings(config_at), PersonMethod.GRABCUT)


def test_the_bytes_are_the_same_whatever_the_number_of_workers(pictures: list[Path], tmp_path: Path) -> None:
    at = config(tmp_path)
    alone = list(run(job(tmp_path / "one", at), pictures, 1))
    several = list(run(job(tmp_path / "two", at), pictures[::-1], 2))
    expected = {"a.png": SampleOutcome.MADE, "b.png": SampleOutcome.MADE, "c.png": SampleOutcome.NO_FACE}
    for results in (alone, several):
        assert {r.source.name: r.outcome for r in results} == expected
    assert tree_of(tmp_path / "one") == tree_of(tmp_path / "two")
    assert len(tree_of(tmp_path / "one")) == 2 * 13


def test_another_seed_is_another_light(pictures: list[Path], tmp_path: Path) -> None:
    at = config(tmp_path)
    for seed in (0, 1):
        made = RelightJob(tmp_path / str(seed), read_settings(at, seed=seed), PersonMethod.GRABCUT)
        Tree(made.root).make()
        assert len(list(run(made, pictures[:1], 1))) == 1
    one, other = (tree_of(tmp_path / str(seed)) for seed in (0, 1))
    assert one["stage_1/a_foreground.png"] == other["stage_1/a_foreground.png"]
    assert one["outputs/a_output.png"] != other["outputs/a_output.png"]


def test_a_run_that_is_stopped_makes_no_more(pictures: list[Path], tmp_path: Path) -> None:
    asked = iter((False, True))
    results = list(run(job(tmp_path / "out", config(tmp_path)), pictures, 1, lambda: next(asked)))
    assert [r.outcome for r in results] == [SampleOutcome.MADE]
