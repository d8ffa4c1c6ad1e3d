"""The micro-batcher under whole adapters: streams, faces and tiles in one call; fair, in order, cancelled."""

import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import CancelledError, Future
from functools import partial

import numpy as np
import pytest

from engines.backends.batcher import Batcher
from engines.backends.reference import ReferenceEngine
from engines.nets.net import Net
from engines.nets.swapper import Swapper
from engines.protocol import Spec
from engines.store.catalog import load_catalog
from engines.values import F32, U8, Array

MODEL = load_catalog().model("inswapper_128")
EMAP = np.eye(512, dtype=np.float32)
WAIT = 20.0  # seconds after which a test has failed


class Painting:
    """inswapper as a function: paints the source's first number. Its calls can be held."""

    def __init__(self) -> None:
        self.calls: list[list[float]] = []
        self.gate = threading.Event()
        self.begun = threading.Event()

    def __call__(self, feeds: Mapping[str, Array]) -> Mapping[str, Array]:
        self.begun.set()
        assert self.gate.wait(WAIT)
        level = np.asarray(feeds["source"], np.float32)[:, 0]
        self.calls.append([round(float(v), 3) for v in level])
        return {"output": np.broadcast_to(level[:, None, None, None], np.shape(feeds["target"])).astype(np.float32)}

    def engine(self) -> ReferenceEngine:
        inputs = {"target": Spec((-1, 3, 128, 128), "float32"), "source": Spec((-1, 512), "float32")}
        return ReferenceEngine(inputs, {"output": Spec((-1, 3, 128, 128), "float32")}, self)


@pytest.fixture
def painting() -> Painting:
    return Painting()


@pytest.fixture
def batcher(painting: Painting) -> Iterator[Batcher]:
    made = Batcher(painting.engine(), most=32, wait=0.0)
    yield made
    painting.gate.set()
    made.close()


def source(level: float) -> F32:
    out = np.zeros((1, 512), np.float32)
    out[0, 0] = level
    return out


def crops(faces: int, boost: int = 1) -> U8:
    return np.zeros((faces, 128 * boost, 128 * boost, 3), np.uint8)


def feeds(level: float, rows: int = 1) -> dict[str, Array]:
    return {"target": np.zeros((rows, 3, 128, 128), np.float32), "source": np.repeat(source(level), rows, 0)}


def hold(painting: Painting, batcher: Batcher) -> Future[dict[str, Array]]:
    """One call that keeps the engine busy until the gate is opened."""
    first = batcher.submit("hold", feeds(0))
    assert painting.begun.wait(WAIT)
    return first


def waits(batcher: Batcher, rows: int) -> None:
    """Until so many jobs wait."""
    end = time.monotonic() + WAIT
    while batcher.waiting < rows:
        assert time.monotonic() < end
        time.sleep(0.001)


def test_streams_faces_and_tiles_are_one_call_and_everybody_gets_their_own(
    painting: Painting, batcher: Batcher
) -> None:
    """Two faces of one stream, one face of 16 tiles of another, and a frame of a third."""
    hold(painting, batcher)
    got: dict[str, U8] = {}

    def work(stream: str, level: float, faces: U8) -> None:
        swapper = Swapper(Net(MODEL, painting.engine(), batcher.session(stream)), emap=EMAP)
        got[stream] = swapper.swap(faces, source(level)).rgb

    jobs = [("two", 0.2, crops(2)), ("boosted", 0.4, crops(1, boost=4)), ("third", 0.6, crops(1))]
    threads = [threading.Thread(target=work, args=job) for job in jobs]
    for count, thread in enumerate(threads, 1):
        thread.start()
        waits(batcher, count)
    painting.gate.set()
    for thread in threads:
        thread.join(WAIT)
    assert [len(call) for call in painting.calls] == [1, 2 + 16 + 1], "one call for all that waited"
    assert painting.calls[1] == [0.2] * 2 + [0.4] * 16 + [0.6]
    assert {name: (rgb.shape, int(rgb[0, 0, 0, 0])) for name, rgb in got.items()} == {
        "two": ((2, 128, 128, 3), 51),
        "boosted": ((1, 512, 512, 3), 102),
        "third": ((1, 128, 128, 3), 153),
    }


def test_a_greedy_stream_holds_nobody_up(painting: Painting) -> None:
    """One stream has 12 jobs waiting before another comes with one: it goes with the very next call."""
    batcher = Batcher(painting.engine(), most=4, wait=0.0)
    hold(painting, batcher)
    greedy = [batcher.submit("greedy", feeds(0.1)) for _ in range(12)]
    calm = batcher.submit("calm", feeds(0.9))
    painting.gate.set()
    calm.result(WAIT)
    for future in greedy:
        future.result(WAIT)
    batcher.close()
    assert 0.9 in painting.calls[1]
    assert [len(call) for call in painting.calls] == [1, 4, 4, 4, 1]


def test_a_streams_answers_come_in_its_order(painting: Painting, batcher: Batcher) -> None:
    order: list[tuple[str, int]] = []

    def noted(key: tuple[str, int], _: object) -> None:
        order.append(key)

    hold(painting, batcher)
    futures = []
    for i in range(6):
        for stream in ("a", "b"):
            future = batcher.submit(stream, feeds(0.5))
            future.add_done_callback(partial(noted, (stream, i)))
            futures.append(future)
    painting.gate.set()
    for future in futures:
        future.result(WAIT)
    for stream in ("a", "b"):
        assert [i for name, i in order if name == stream] == list(range(6))


def test_closing_one_streams_session_leaves_the_others_their_call(painting: Painting, batcher: Batcher) -> None:
    hold(painting, batcher)
    gone, stays = batcher.session("gone"), batcher.session("stays")
    lost: list[BaseException] = []

    def ask() -> None:
        try:
            gone.run(feeds(0.3))
        except CancelledError as error:
            lost.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    waits(batcher, 1)
    kept = threading.Thread(target=lambda: stays.run(feeds(0.7)))
    kept.start()
    waits(batcher, 2)
    gone.close()
    asking.join(WAIT)
    painting.gate.set()
    kept.join(WAIT)
    assert len(lost) == 1 and painting.calls == [[0.0], [0.7]]


def test_one_who_waits_for_room_is_let_in_when_another_gives_up(painting: Painting) -> None:
    batcher = Batcher(painting.engine(), most=4, wait=0.0, room=1)
    hold(painting, batcher)
    batcher.submit("first", feeds(0.1))
    late: list[Future[dict[str, Array]]] = []
    thread = threading.Thread(target=lambda: late.append(batcher.submit("late", feeds(0.8))))
    thread.start()
    thread.join(0.05)
    assert thread.is_alive() and late == []
    assert batcher.cancel("first") == 1
    thread.join(WAIT)
    painting.gate.set()
    late[0].result(WAIT)
    batcher.close()
    assert painting.calls == [[0.0], [0.8]]
