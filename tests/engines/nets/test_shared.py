"""Engines shared by streams: loaded once, calls joined, each stream its own answers."""

import threading
import time
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import CancelledError
from pathlib import Path

import numpy as np
import pytest

from engines.backends.reference import ReferenceEngine
from engines.errors import ModelError
from engines.nets.opened import RunOptions, open_net
from engines.nets.shared import SharedEngines
from engines.protocol import Engine, Spec
from engines.store.catalog import load_catalog
from engines.store.store import Store
from engines.values import Array
from tests.engines.nets.standins import node, write

ROW = {"x": Spec((-1, 2), "float32")}


def doubling(made: list[str], name: str = "a") -> Callable[[], Engine]:
    """Makes an engine y = 2 x, and notes that it was made."""

    def function(feeds: Mapping[str, Array]) -> Mapping[str, Array]:
        return {"y": np.asarray(feeds["x"], np.float32) * 2}

    def make() -> Engine:
        made.append(name)
        return ReferenceEngine(ROW, {"y": ROW["x"]}, function)

    return make


def together(work: Callable[[int], None], count: int) -> None:
    threads = [threading.Thread(target=work, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)


def test_weights_are_loaded_once_however_many_streams_come_at_once() -> None:
    made: list[str] = []
    hub = SharedEngines(most=8, wait=0.2)
    got: dict[int, float] = {}

    def stream(i: int) -> None:
        _, session = hub.open("net", doubling(made), i)
        got[i] = float(np.asarray(session.run({"x": np.full((1, 2), i, np.float32)})["y"])[0, 0])

    together(stream, 6)
    calls, rows = hub.calls["net"]
    hub.close()
    assert made == ["a"] and got == {i: 2.0 * i for i in range(6)}
    assert rows == 6 and calls < 6, "joined"


def test_networks_are_told_apart_by_their_key() -> None:
    made: list[str] = []
    hub = SharedEngines(wait=0)
    keys: list[Hashable] = [("a", "f32", 16), ("a", "int8", 16), ("b", "f32", 16), ("a", "f32", 16)]
    engines = [hub.open(key, doubling(made, str(key)), "s")[0] for key in keys]
    assert made == [str(key) for key in keys[:3]] and engines[0] is engines[3]
    hub.close()


def test_what_cannot_be_made_is_said_to_each_who_asks_and_may_be_tried_again() -> None:
    hub, made = SharedEngines(wait=0), list[str]()

    def fail() -> Engine:
        raise ModelError("damaged")

    for _ in range(2):
        with pytest.raises(ModelError, match="damaged"):
            hub.open("net", fail, "s")
    hub.open("net", doubling(made), "s")
    hub.close()
    assert made == ["a"]


def test_after_closing_a_session_is_dead_and_the_hub_begins_anew() -> None:
    made: list[str] = []
    hub = SharedEngines(wait=0)
    _, session = hub.open("net", doubling(made), "s")
    hub.close()
    with pytest.raises(RuntimeError, match="closed"):
        session.run({"x": np.zeros((1, 2), np.float32)})
    hub.open("net", doubling(made), "s")
    hub.close()
    assert made == ["a", "a"] and hub.calls == {}


def test_what_belongs_to_the_weights_is_read_once() -> None:
    hub, read = SharedEngines(), list[str]()

    def make() -> list[str]:
        read.append("map")
        return read

    got: list[list[str]] = []
    together(lambda _: got.append(hub.once(("net", "map"), make)), 5)
    assert read == ["map"] and all(one is read for one in got)
    assert hub.once(("other", "map"), lambda: 3) == 3
    hub.close()
    hub.once(("net", "map"), make)
    assert read == ["map", "map"]


def test_a_stream_that_leaves_takes_what_waits_with_it_and_holds_nobody_up() -> None:
    """The wait is a minute, and two streams: a job goes when both wait, or when the other has left."""
    hub, made = SharedEngines(wait=60), list[str]()
    gone, stays = (hub.open("net", doubling(made), name)[1] for name in ("gone", "stays"))
    lost: list[BaseException] = []

    def ask() -> None:
        try:
            gone.run({"x": np.ones((1, 2), np.float32)})
        except CancelledError as error:
            lost.append(error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    while not hub.waiting:
        time.sleep(0.001)
    hub.leave("gone")
    asking.join(10)
    assert len(lost) == 1 and not hub.waiting
    assert np.asarray(stays.run({"x": np.ones((2, 2), np.float32)})["y"]).shape == (2, 2)
    hub.close()


def test_networks_of_the_store_are_shared_between_streams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four streams, each with its own Net of one converter; their rows go in fewer calls than streams."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "store").mkdir()
    model = load_catalog().model("crossface_ghost")
    one = {"one": np.array(1, np.float32)}
    write(tmp_path / "store" / model.file, model, [node("Add", ["in0", "one"], "out0")], one, rows=1)
    store, hub = Store(tmp_path / "store", load_catalog()), SharedEngines(most=8, wait=0.3)
    nets = [open_net(store, model.name, RunOptions("cpu", "f32", 1, 8, hub=hub, stream=i)) for i in range(4)]
    got: dict[int, float] = {}

    def stream(i: int) -> None:
        [out] = nets[i].run(np.full((1, 512), i, np.float32))
        got[i] = float(out[0, 0])

    together(stream, 4)
    [(calls, rows)] = hub.calls.values()
    hub.close()
    assert got == {i: i + 1.0 for i in range(4)} and rows == 4 and calls < 4
