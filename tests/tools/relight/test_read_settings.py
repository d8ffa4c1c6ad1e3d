"""Settings from TOML: the documented defaults, what a file changes, and one line for each mistake."""

from pathlib import Path

import pytest

from engines.errors import UnderstudyError
from engines.relight.albedo import AlbedoMethod
from tools.relight.read_settings import default_text, read_settings
from tools.relight.settings import Degradation, Ground, NormalMethod, Pattern, PersonMethod


def test_the_defaults_are_the_seeds() -> None:
    made = read_settings()
    assert made.albedo.scales == (15, 80, 250)
    assert made.albedo.methods == (AlbedoMethod.RETINEX, AlbedoMethod.LAB)
    assert made.albedo.original == (0.15, 0.25)
    assert made.light.ambient == (0.6, 0.85)
    assert made.light.elevation == (10, 80)
    assert made.light.azimuth == (0, 360)
    assert made.pattern.strength == (0.35, 0.6)
    assert made.pattern.blur == (21, 51)
    assert set(made.pattern.kinds) == set(Pattern)
    assert (made.degradation.soft, made.degradation.hard, made.degradation.specular) == (0.8, 0, 0)
    assert made.recombination.background is Ground.ORIGINAL
    assert made.normals.method is NormalMethod.MESH
    assert made.segmentation.methods[:2] == (PersonMethod.SAM3, PersonMethod.SAM2)
    assert made.segmentation.prompt == "person"


def test_weights_are_normalised() -> None:
    assert read_settings().degradation.shares()[Degradation.SOFT] == 1
    shares = read_settings(degradation={"soft": 0.8, "hard": 0.1, "specular": 0.3}).degradation.shares()
    assert sum(shares.values()) == pytest.approx(1)
    assert shares[Degradation.HARD] == pytest.approx(0.1 / 1.2)
    assert shares[Degradation.SPECULAR] == pytest.approx(0.25)


def test_every_value_of_the_file_is_explained() -> None:
    for line in default_text().splitlines():
        name, _, rest = line.partition("=")
        if rest and not line.startswith("#") and name.strip() not in {"reference", "elevation", "strength", "blur"}:
            assert "#" in rest or name.strip() in {"azimuth", "probability", "kinds", "ambient"}, line


def test_a_file_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text('seed = 7\n[light]\nelevation = [30, 30]\n[recombination]\nbackground = "neutral"\n')
    made, usual = read_settings(path), read_settings()
    assert made.seed == 7
    assert made.light.elevation == (30, 30)
    assert made.light.azimuth == usual.light.azimuth
    assert made.recombination.background is Ground.NEUTRAL
    assert made.recombination.grey == usual.recombination.grey
    assert made.albedo == usual.albedo
    assert read_settings(path, seed=9).seed == 9


def test_the_printed_defaults_are_a_file_that_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "same.toml"
    path.write_text(default_text())
    assert read_settings(path) == read_settings()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("sed = 3", "sed is unknown; did you mean seed?"),
        ("seed = -1", "seed = -1: write a whole number from 0"),
        ("seed = 1.5", "seed = 1.5: write a whole number"),
        ("light = 3", "light is a table; write [light]"),
        ("[ligth]\nambient = [0, 1]", "ligth is unknown; did you mean light?"),
        ("[light]\nambiant = [0, 1]", "light.ambiant is unknown; did you mean ambient?"),
        ("[light]\nambient = [0.6, 1.2]", "light.ambient = [0.6, 1.2]: write [least, most], two numbers from 0 to 1"),
        ("[light]\nelevation = [80, 10]", "light.elevation = [80, 10]: write [least, most]"),
        ("[light]\nelevation = 40", "light.elevation = 40: write [least, most]"),
        ("[light]\nazimuth = [nan, 1]", "light.azimuth = [nan, 1]: write [least, most]"),
        ("[albedo]\nscales = []", "albedo.scales = []: write a list with something in it"),
        ("[albedo]\nscales = [15, -3]", "albedo.scales = [15, -3]: write a list, each a number from 1"),
        ('[albedo]\nmethods = ["retinx"]', "albedo.methods = ['retinx']: write a list, each one of retinex, lab"),
        ("[albedo]\nlambert = 1", "albedo.lambert = 1: write true or false"),
        ('[normals]\nmethod = "midas"', "normals.method = 'midas': write one of mesh, depth"),
        ('[normals]\nmethod = "depth"', "normals.network is empty: name the ONNX file"),
        ('[normals]\nnetwork = "none.onnx"', "normals.network: there is no file none.onnx"),
        ('[segmentation]\nsam3_checkpoint = "none.pt"', "segmentation.sam3_checkpoint: there is no file none.pt"),
        ("[segmentation]\nprompt = 3", "segmentation.prompt = 3: write a text in quotes"),
        ("[degradation]\nsoft = 0", "degradation.soft, hard and specular are all 0"),
        ("[degradation]\nadvanced = 0.1", "degradation.advanced is unknown"),
        ("[work]\nlongest = true", "work.longest = True: write a whole number from 64"),
        ("[light", "is not TOML"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_key(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(UnderstudyError) as caught:
        read_settings(path)
    message = str(caught.value)
    assert says in message
    assert "bad.toml" in message
    assert "\n" not in message or says == "is not TOML"


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnderstudyError, match="cannot read --config"):
        read_settings(tmp_path / "none.toml")
