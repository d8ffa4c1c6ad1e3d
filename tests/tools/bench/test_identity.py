"""`understudy bench identity` on a small video."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from engines.errors import InputError, UnderstudyError
from engines.nets.opened import identity_embedder
from engines.store.store import default_store
from tests.stream.identity.rides import couple, grey
from tests.stream.portraits import needs_models
from tools.bench.identity import register

pytestmark = needs_models


def run(*arguments: object) -> str:
    app = typer.Typer()
    register(app)
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def test_what_it_tells(tmp_path: Path) -> None:
    if identity_embedder(default_store()) is None:
        pytest.skip("no embedder is here: the extra identity is not installed")
    told = json.loads(run(couple(tmp_path / "a.mkv", 1.6), "--json"))
    assert told["frames_looked_at"] == 8 and told["stopped"] == "end_of_video"
    assert told["seconds"] == pytest.approx(1.4) and told["building"] > told["decoding"] > 0
    assert told["times_real_time"] == pytest.approx(told["seconds"] / told["building"], abs=0.01)
    assert told["memory_mb"] > 50 and told["memory_grown_mb"] >= 0


def test_what_cannot_be_measured(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        run(tmp_path / "none.mkv")
    with pytest.raises(UnderstudyError, match="holds one frame"):
        run(grey(tmp_path / "a.mkv", 1))
