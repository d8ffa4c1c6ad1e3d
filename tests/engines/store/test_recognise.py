"""What the project's own networks are recognised as, trained by a user or shipped."""

from pathlib import Path

import pytest

from engines.errors import ModelError
from engines.mesh.field import lightnet
from engines.occlusion import eyewear, network
from engines.store.catalog import load_catalog
from engines.store.ledger import Ledger
from engines.store.recognise import recognise
from engines.store.store import Store
from tests.tools.rules import by_difference

CATALOG = load_catalog()
OWN = {"occlusion": network.WEIGHTS, "eyewear": eyewear.WEIGHTS, "light": lightnet.WEIGHTS}


@pytest.mark.parametrize("kind", OWN)
def test_what_ships_is_recognised_as_what_a_user_trains(kind: str) -> None:
    if not OWN[kind].is_file():
        pytest.skip("the project's own networks are not built")
    found = recognise(OWN[kind], CATALOG)
    assert (found.like, found.others) == (kind, ())


def test_a_users_own_is_taken_in_and_handed_out(tmp_path: Path) -> None:
    store = Store(tmp_path / "store", CATALOG)
    file = by_difference(tmp_path / "run 3.onnx")
    assert store.add(file, "mine").like == "occlusion"
    assert store.path("mine").read_bytes() == file.read_bytes()
    assert (store.model("mine").task, store.model("mine").kind) == ("layers", False)
    assert [model.name for model in store.own()] == ["mine"]
    assert Ledger(tmp_path / "store" / "store.json").entry("mine").origin == "added"


def test_the_kind_is_no_name_for_a_file(tmp_path: Path) -> None:
    store = Store(tmp_path / "store", CATALOG)
    with pytest.raises(ModelError, match="--as my_occlusion"):
        store.add(by_difference(tmp_path / "a.onnx"), "occlusion")
    with pytest.raises(ModelError, match="occlusion is a kind of model"):
        store.path("occlusion")


def test_masks_of_swappers_are_another_kind() -> None:
    """`--mask` takes XSeg and the like, and not these."""
    tasks = {name: CATALOG.model(name).task for name in ("occlusion", "eyewear", "xseg_1")}
    assert tasks == {"occlusion": "layers", "eyewear": "eyewear", "xseg_1": "occlusion"}
