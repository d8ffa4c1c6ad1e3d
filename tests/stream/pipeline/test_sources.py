"""Photos of people made into what paints them: for the mesh, for networks of each kind, for references."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.errors import InputError, ModelError, SourceError, UnderstudyError
from engines.store.catalog import load_catalog
from engines.store.store import Store
from stream.pipeline.models import Models
from stream.pipeline.sources import mesh_sources, network_sources, photos_of
from stream.pipeline.spec import SwapSpec
from tests.engines.nets.standins import node, write
from tests.stream.pipeline.storing import embedded_store
from tests.stream.portraits import needs_models, networks, photo

pytestmark = needs_models


def photos(folder: Path) -> list[Path]:
    for name in ("hopper", "astronaut"):
        cv2.imwrite(str(folder / f"{name}.png"), photo(name)[..., ::-1])
    return [folder / "hopper.png", folder / "astronaut.png"]


def test_photos_are_read_when_they_are_wanted(tmp_path: Path) -> None:
    late = photos_of([tmp_path / "late.png"])
    with pytest.raises(InputError, match=r"late\.png"):
        late()
    cv2.imwrite(str(tmp_path / "late.png"), np.full((4, 6, 3), 9, np.uint8))
    [(name, pixels)] = late()
    assert name.endswith("late.png") and pixels.shape == (4, 6, 3)


def test_the_mesh_gets_a_face_a_person(tmp_path: Path) -> None:
    hopper, astronaut = photos(tmp_path)
    made = mesh_sources([photos_of([hopper]), photos_of([astronaut, astronaut])], networks())
    assert len(made) == len(made.faces) == 2 and made.rows is None and not made.baked


def test_a_photo_without_a_face_is_named(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((200, 200, 3), 127, np.uint8))
    with pytest.raises(SourceError, match=r"wall\.png"):
        mesh_sources([photos_of([tmp_path / "wall.png"])], networks())


def stand_in(store: Store, name: str) -> None:
    """A swapper that paints the source picture's mean."""
    model = load_catalog().model(name)
    mean = [node("ReduceMean", ["source"], "m", axes=[2, 3]), node("Mul", ["target", "none"], "t")]
    weights = {"none": np.array(0, np.float32)}
    write(store.root / model.file, model, [*mean, node("Add", ["m", "t"], "out0")], weights)


def test_a_picture_swapper_gets_a_row_a_person_and_says_what_it_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    store = embedded_store(tmp_path / "store")
    stand_in(store, "uniface_256")
    hopper, astronaut = photos(tmp_path)
    models = Models(SwapSpec(model="uniface_256"), store=store)
    made = models.sources([photos_of([hopper]), photos_of([astronaut, hopper])])
    models.close()
    assert made.rows is not None and made.rows.shape == (2, 3, 256, 256) and len(made) == 2
    assert made.rows.min() >= 0 and made.rows.max() <= 1
    assert np.abs(made.rows[0] - made.rows[1]).mean() > 0.05
    assert made.notes == (f"uniface_256 takes one picture of a person: {astronaut} is used",)


def test_an_embedding_swapper_asks_for_the_embedder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    store = embedded_store(tmp_path / "store")
    model = load_catalog().model("inswapper_128")
    weights = {"none": np.array(0, np.float32), "emap": np.eye(512, dtype=np.float32)}
    nodes = [node("ReduceSum", ["source"], "s", keepdims=0), node("Mul", ["s", "none"], "n")]
    write(store.root / model.file, model, [*nodes, node("Add", ["target", "n"], "out0")], weights)
    models = Models(SwapSpec(model="inswapper_128"), store=store)
    with pytest.raises(ModelError, match="arcface_w600k_r50 is not in"):
        models.sources([photos_of(photos(tmp_path))])
    models.close()


def test_a_dfm_is_one_person(tmp_path: Path) -> None:
    store = Store(tmp_path / "store", load_catalog())
    dfm = load_catalog().model("dfm")
    nodes = [node("Identity", ["in_face:0"], "out_celeb_face:0")]
    nodes += [node("ReduceMax", ["in_face:0"], f"out_{kind}:0", axes=[3]) for kind in ("face_mask", "celeb_face_mask")]
    store.add(write(tmp_path / "anna.dfm", dfm, nodes), "anna")
    spec, any_options = SwapSpec(model="anna"), None
    made = network_sources(spec, [], networks(), store, any_options)  # type: ignore[arg-type]
    assert made.baked and len(made) == 1
    with pytest.raises(UnderstudyError, match="anna is one person"):
        network_sources(spec, [list, list], networks(), store, any_options)  # type: ignore[arg-type]
