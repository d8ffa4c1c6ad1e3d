"""Which program a refiner's name opens, and what is said where it is not installed."""

import sys
from pathlib import Path

import numpy as np
import pytest

from engines.errors import UnderstudyError
from engines.refiners.dkt import Dkt
from stream.pipeline.choices import RefinerName
from stream.pipeline.refiner_programs import open_program
from tests.engines.refiners.programs import dkt_repository


def test_the_built_in_one_needs_no_program(tmp_path: Path) -> None:
    assert open_program(RefinerName.INVERTED, tmp_path) is None


@pytest.mark.parametrize("name", [RefinerName.DKT, RefinerName.CONTROLNET])
def test_a_refiner_that_is_not_installed_says_what_it_wants(name: RefinerName, tmp_path: Path) -> None:
    with pytest.raises(UnderstudyError, match=rf"--refiner {name}: .*python is missing; .*refiners/{name} has to hold"):
        open_program(name, tmp_path)


def test_one_that_is_installed_is_opened_and_runs(tmp_path: Path) -> None:
    home = tmp_path / "refiners" / "dkt"
    (home / "env" / "bin").mkdir(parents=True)
    # a link would make the interpreter look for its libraries beside the link
    python = home / "env" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    with pytest.raises(UnderstudyError, match=r"DKT is missing"):
        open_program(RefinerName.DKT, tmp_path)
    (home / "DKT").mkdir()
    dkt_repository(home / "DKT")
    program = open_program(RefinerName.DKT, tmp_path)
    assert isinstance(program, Dkt)
    depth = program.depth(np.zeros((1, 64, 64, 3), np.uint8))
    assert depth.shape == (1, 64, 64)
    program.close()
