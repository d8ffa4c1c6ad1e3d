"""A model named for a purpose: found, or refused with those that serve it, the closest first."""

from pathlib import Path

import pytest

from engines.errors import ModelError
from engines.store.catalog import load_catalog
from engines.store.choice import DETECT, EMBED, ENHANCE, MASK, PURPOSES, SWAP, ModelPurpose, closest_first, find
from engines.store.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path, load_catalog(), offline=True)


@pytest.mark.parametrize(
    ("name", "purpose"),
    [
        ("inswapper_128", SWAP),
        ("dfm", SWAP),
        ("gfpgan_1.4", ENHANCE),
        ("xseg_1", MASK),
        ("bisenet_resnet_18", MASK),
        ("yunet_2023_mar", DETECT),
        ("arcface_w600k_r50", EMBED),
    ],
)
def test_a_model_of_the_purpose_is_found(store: Store, name: str, purpose: ModelPurpose) -> None:
    assert find(store, name, purpose).name == name


def refused(store: Store, name: str, purpose: ModelPurpose) -> tuple[str, list[str]]:
    with pytest.raises(ModelError) as caught:
        find(store, name, purpose)
    said, _, rest = str(caught.value).partition(" is wanted: ")
    return said, rest.partition(" (")[0].split(", ")


def test_an_unknown_name_lists_swappers_alone_the_closest_first(store: Store) -> None:
    said, listed = refused(store, "inswaper", SWAP)
    assert said == "no model is called 'inswaper'; a swapping network"
    assert listed[0].startswith("inswapper_128") and listed[1].startswith("inswapper_128")
    swappers = {m.name for m in store.catalog.models.values() if m.task == "swap"}
    assert set(listed) == swappers and len(listed) == len(swappers)


def test_a_model_of_another_purpose_is_said_to_be_that(store: Store) -> None:
    said, listed = refused(store, "gfpgan_1.4", SWAP)
    assert said == "gfpgan_1.4 is a network that sharpens faces, for --enhance; a swapping network"
    assert "gfpgan_1.4" not in listed
    assert refused(store, "arcface_w600k_r50", MASK)[0].startswith(
        "arcface_w600k_r50 is a network that tells people apart;"
    )
    assert refused(store, "2dfan4", MASK)[0].startswith("2dfan4 is of the task landmark;")


def test_detectors_that_no_option_takes_are_not_offered(store: Store) -> None:
    _, listed = refused(store, "nothing", DETECT)
    assert listed and not any(name.startswith("face_detection") for name in listed)


def test_the_users_own_models_are_offered_too(store: Store) -> None:
    store.ledger.update(
        "mine", sha256="0" * 64, size=1, mtime_ns=1, file="mine.onnx", like="inswapper_128", origin="added"
    )
    assert find(store, "mine", SWAP).task == "swap"
    assert refused(store, "min", SWAP)[1][0] == "mine"


def test_the_next_command_is_one_that_exists(store: Store) -> None:
    tasks = {model.task for model in store.catalog.models.values()}
    for purpose in PURPOSES:
        with pytest.raises(ModelError, match=rf"`understudy models list --task {purpose.tasks[0]}`"):
            find(store, "nothing", purpose)
        assert set(purpose.tasks) <= tasks


def test_names_are_ordered_by_likeness_and_then_stay_in_their_order() -> None:
    names = ["ghost_1", "inswapper_128", "simswap_256", "ghost_2"]
    assert closest_first("GHOST", names) == ["ghost_1", "ghost_2", "inswapper_128", "simswap_256"]
    assert closest_first("simswop", names)[0] == "simswap_256"
    assert closest_first("zzz", names) == names
