"""The networks of a job or a server, opened once: what several painters and rooms ask goes in joint calls."""

import os
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError
from pathlib import Path

import numpy as np
import pytest

from engines.errors import UnderstudyError
from engines.nets.shared import SharedEngines
from engines.store.catalog import load_catalog
from engines.store.store import Store
from stream.frame import Done
from stream.painting.painter import Painter
from stream.perception.perceiver import Perception
from stream.route import Routing
from tests.engines.mesh.heads import head
from tests.engines.nets.standins import node, write
from tests.stream.painting.test_painter import plan, track
from tools.swap.cast import together
from tools.swap.chosen import Chosen
from tools.swap.ensemble import MOST, Ensemble, for_files, for_live, painters
from tools.swap.troupe import Sources

NAME = "uniface_256"
EYELESS: Perception = None  # type: ignore[assignment]  # the stand-ins look at no photo


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A swapper that paints the source picture's mean: 0.2 is level 153, 0.6 is 204, by the catalogue's range."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "store").mkdir()
    model = load_catalog().model(NAME)
    mean = [node("ReduceMean", ["source"], "m", axes=[2, 3]), node("Mul", ["target", "none"], "t")]
    nodes = [*mean, node("Add", ["m", "t"], "out0")]
    write(tmp_path / "store" / model.file, model, nodes, {"none": np.array(0, np.float32)})
    return Store(tmp_path / "store", load_catalog())


def people(*levels: float) -> Sources:
    rows = [np.full((1, 3, 256, 256), level, np.float32) for level in levels]
    return Sources(np.concatenate(rows))


@pytest.fixture
def shared(store: Store) -> Iterator[Ensemble]:
    made = Ensemble(Chosen(NAME, "f32"), "cpu", store, EYELESS, SharedEngines(wait=60), side=2)
    yield made
    made.close()


def grey(done: Done) -> list[int]:
    """The level in the middle of each patch."""
    return [int(p.rgb[p.rgb.shape[0] // 2, p.rgb.shape[1] // 2, 0]) for p in done.patches]


def test_frames_of_a_clip_are_painted_in_joint_calls_each_with_its_own_faces(shared: Ensemble) -> None:
    """Two painters on threads of their own; the wait is a minute, so each call goes because both are in it."""
    both, files = together(shared, people(0.2, 0.6), Routing.FAST)
    assert len(both) == 2 and list(files) == [NAME]
    plans = [plan(track(1, 0)), plan(track(1, 1), track(2, 0, mesh=head(8, (60, 220))))]
    got: dict[int, list[list[int]]] = {0: [], 1: []}

    def work(i: int) -> None:
        for _ in range(4):
            got[i].append(grey(both[i](plans[i])))

    threads = [threading.Thread(target=work, args=(i,), daemon=True) for i in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert got == {0: [[153]] * 4, 1: [[204, 153]] * 4}
    assert list(shared.hub.calls.values()) == [(4, 12)], "three faces of two frames in each"


def test_what_remembers_from_frame_to_frame_paints_alone(store: Store) -> None:
    one = for_files(Chosen(NAME, "f32"), "cpu", store, EYELESS, 3)
    assert len(together(one, people(0.2), Routing.FAST)[0]) == 3
    one.close()
    dfm = load_catalog().model("dfm")
    half = [
        node("Identity", ["in_face:0"], "out_celeb_face:0"),
        node("ReduceMax", ["in_face:0"], "out_face_mask:0", axes=[3]),
        node("ReduceMin", ["in_face:0"], "out_celeb_face_mask:0", axes=[3]),
    ]
    store.add(write(store.root.parent / "anna.dfm", dfm, half), "anna")
    own = for_files(Chosen("anna", "f32"), "cpu", store, EYELESS, 3)
    assert own.sources([]) == Sources(None)
    assert len(together(own, Sources(None), Routing.FAST)[0]) == 1
    with pytest.raises(UnderstudyError, match="anna is one person"):
        own.sources([list, list])
    own.close()


def test_rooms_come_and_go_and_nobody_waits_for_who_has_left(shared: Ensemble) -> None:
    sources = [people(0.2), people(0.6)]
    gone, stays = (painter(shared, s, i) for i, s in enumerate(sources))
    asked = threading.Event()
    lost: list[BaseException] = []

    def ask() -> None:
        asked.set()
        try:
            gone(plan(track()))
        except CancelledError as error:
            lost.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    assert asked.wait(10)
    while not shared.hub.waiting:
        thread.join(0.001)
    shared.leave(0)
    thread.join(10)
    assert len(lost) == 1
    assert grey(stays(plan(track()))) == [204]
    assert list(shared.hub.calls.values()) == [(1, 1)]


def painter(shared: Ensemble, sources: Sources, stream: int) -> Painter:
    return Painter((), together=shared.troupe(sources, stream).together)


def test_files_are_patient_and_wide_and_live_is_prompt(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = Chosen(NAME, "f32")
    made = [for_live(chosen, "cpu", store, EYELESS), for_files(chosen, "cpu", store, EYELESS)]
    assert [one.side for one in made] == [1, painters()]
    for cores, hands in ((None, 1), (1, 1), (3, 3), (64, MOST)):
        monkeypatch.setattr(os, "cpu_count", lambda cores=cores: cores)
        assert painters() == hands
