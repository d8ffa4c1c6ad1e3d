"""The options of a swap from the command line to a spec: people, consent, defaults of files and of live streams."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.errors import ModelError, UnderstudyError
from engines.store.catalog import load_catalog
from engines.store.store import Store
from stream.consent.consent import ConsentError
from stream.pipeline.spec import KINDS
from tests.engines.nets.standins import write_halving
from tools.cli.swap_options import SwapOptions


@pytest.fixture
def face(tmp_path: Path) -> str:
    cv2.imwrite(str(tmp_path / "face.png"), np.full((8, 8, 3), 90, np.uint8))
    return str(tmp_path / "face.png")


def test_it_has_every_option_of_a_spec_and_the_people() -> None:
    assert set(SwapOptions.__dataclass_fields__) == {"source", *KINDS}


def test_photos_are_found_and_consent_is_settled(face: str) -> None:
    spec, consent = SwapOptions(source=[face, face], mask=["xseg_1"], model="inswapper_128").settled(True)
    assert spec.source == ((Path(face),), (Path(face),)) and spec.mask == ("xseg_1",)
    assert consent is not None and len(consent.sources) == 2
    with pytest.raises(ConsentError, match="--i-have-consent"):
        SwapOptions(source=[face]).settled(False)


def test_live_paints_everybody_and_a_file_the_largest_where_nothing_is_said(face: str) -> None:
    def kinds(options: SwapOptions, live: bool) -> list[str]:
        return [rule.who.kind for rule in options.settled(True, live=live)[0].rules]

    assert kinds(SwapOptions(source=[face]), live=False) == ["largest"]
    assert kinds(SwapOptions(source=[face]), live=True) == ["all"]
    assert kinds(SwapOptions(source=[face], who="left-to-right:2"), live=True) == ["left-to-right"]
    assert kinds(SwapOptions(source=[face], map=["1=largest"]), live=True) == ["largest"]
    assert kinds(SwapOptions(source=[face, face]), live=True) == ["left-to-right", "left-to-right"]


def test_a_server_may_have_no_face_of_its_own() -> None:
    with pytest.raises(UnderstudyError, match="add --source"):
        SwapOptions().settled(True)
    spec, consent = SwapOptions().settled(False, live=True, needed=False)
    assert spec.source == () and consent is None and spec.who == "all"


def test_only_a_dfm_brings_its_own_face(tmp_path: Path, face: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNDERSTUDY_MODELS", str(tmp_path / "store"))
    (tmp_path / "store").mkdir()
    store = Store(tmp_path / "store", load_catalog())
    write_halving(tmp_path / "anna.dfm", load_catalog().model("dfm"))
    store.add(tmp_path / "anna.dfm", "anna")
    spec, consent = SwapOptions(model="anna").settled(True)
    assert spec.source == ((store.path("anna"),),)
    assert consent is not None and len(consent.sources) == 1, "whose person needs to agree as anybody's"
    with pytest.raises(UnderstudyError, match="add --source"):
        SwapOptions(model="inswapper_128").settled(True)
    with pytest.raises(ModelError, match="no model is called"):
        SwapOptions(model="bert").settled(True)
