"""Published weights, where the user's store has them: declarations, batches, precision. `pytest -m models`."""

import numpy as np
import pytest

from calib.precision import distance, floor
from engines.backends.choose import open_engine
from engines.graph.batch_axis import agree
from engines.nets.net import bound
from engines.nets.opened import RunOptions, open_net
from engines.store.catalog import load_catalog
from engines.store.store import default_store
from tools.models.feeds import feeds

pytestmark = pytest.mark.models
# OpenCV runs the network of people, since OpenVINO lacks one of its operators: tests/engines/relight/test_selfie.py
NAMES = [m.name for m in load_catalog().models.values() if not m.kind and m.task != "person"]


def present(name: str) -> None:
    if not default_store().holds(name):
        pytest.skip(f"{name} is not in the store")


@pytest.mark.parametrize("name", NAMES)
def test_the_file_is_as_the_catalogue_says(name: str) -> None:
    present(name)
    store = default_store()
    model = store.model(name)
    engine = open_engine(store.path(name))
    inputs, outputs = bound(model, model.inputs, engine.inputs), bound(model, model.outputs, engine.outputs)
    assert len(set(inputs)) == len(model.inputs) and len(set(outputs)) == len(model.outputs)


@pytest.mark.parametrize(
    "name", [n for n in NAMES if load_catalog().model(n).task in ("swap", "identity", "occlusion")]
)
def test_many_rows_give_what_single_rows_give(name: str) -> None:
    present(name)
    store = default_store()
    net = open_net(store, name, RunOptions("cpu", "f32", 2, batch=3))
    engine = open_engine(store.path(name), "cpu", threads=2, batch=3)
    single = list(feeds(net.model, engine.inputs, None)())[:3]
    rows = {key: np.concatenate([one[key] for one in single]) for key in single[0]}
    assert agree(engine.session(), rows) < 1e-4


@pytest.mark.parametrize("name", NAMES)
def test_bf16_keeps_the_floor_of_the_task(name: str) -> None:
    present(name)
    store = default_store()
    model, path = store.model(name), store.path(name)
    if model.task in ("detect", "landmark"):
        pytest.skip("runs in f32")
    exact, half = open_engine(path, "cpu", "f32", 2), open_engine(path, "cpu", "bf16", 2)
    batch = next(iter(feeds(model, exact.inputs, None)()))
    wanted, given = exact.session().run(batch), half.session().run(batch)
    first = bound(model, model.outputs, exact.outputs)[0]
    assert floor(model.task).complaint(distance(given[first], wanted[first])) == ""
