"""`understudy calibrate identity` on a few photos of two people."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from engines.errors import InputError, UnderstudyError
from engines.nets.opened import identity_embedder
from engines.store.store import default_store
from tests.stream.portraits import needs_models, photo, wall
from tools.train.calibrate import register


def run(*arguments: object) -> str:
    app = typer.Typer()
    register(app)
    result = CliRunner().invoke(app, ["identity", *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


class TestWithNetworks:
    pytestmark = needs_models

    @pytest.fixture(autouse=True)
    def with_embedder(self) -> None:
        if identity_embedder(default_store()) is None:
            pytest.skip("no embedder is here: the extra identity is not installed")

    def test_two_people_are_told_apart(self, tmp_path: Path) -> None:
        for name in ("hopper", "astronaut"):
            (tmp_path / name).mkdir()
            whole = photo(name)
            cv2.imwrite(str(tmp_path / name / "a.png"), whole[..., ::-1])
            darker = np.asarray(whole[..., ::-1] * 0.7, np.uint8)
            cv2.imwrite(str(tmp_path / name / "b.png"), darker)
        cv2.imwrite(str(tmp_path / "hopper" / "wall.png"), wall(200, 200))
        told = run("--data", tmp_path, "--json")
        assert "left out: hopper/wall.png" in told
        found = json.loads(told[told.index("{") :])
        assert (found["people"], found["photos"], found["genuine_pairs"], found["impostor_pairs"]) == (2, 4, 2, 4)
        assert (found["far"], found["frr"], found["fitted_frr"]) == (0, 0, 0)
        plain = run("--data", tmp_path)
        assert "4 photos of 2 people" in plain and "4 pairs of two people cannot tell a FAR under 25 %" in plain

    def test_what_is_no_labelled_folder_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="wants a folder of photos for each of two people"):
            run("--data", tmp_path)
        with pytest.raises(UnderstudyError, match="--far"):
            run("--data", tmp_path, "--far", 2)


def test_without_an_embedder_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stream.consent.embedder.identity_embedder", lambda _: None)
    with pytest.raises(UnderstudyError, match=r"install -e '\.\[identity\]'"):
        run("--data", tmp_path)
