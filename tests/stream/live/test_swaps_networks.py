"""Live sessions with a swapping network: one engine for all of them, each with its own face; they come and go."""

import shutil
import threading
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from engines.errors import SourceError, UnderstudyError
from engines.store.catalog import load_catalog
from engines.store.store import default_store
from engines.values import U8, Rect
from stream.frame import Frame, Route
from stream.live.session import FrameSwap
from stream.live.swaps import LiveOptions, LiveSwaps
from stream.marks.layers import Marking
from stream.perception.face_finding import NAMES
from stream.pipeline.choices import Precision
from stream.pipeline.control import SourceSet
from stream.pipeline.models import Models, Timing
from stream.pipeline.networks import ROWS
from stream.pipeline.spec import SwapSpec
from stream.pixels.planes import Planes
from stream.telemetry.metrics import Metered, Metrics
from tests.engines.nets.standins import node, write, write_halving
from tests.stream.portraits import Placed, needs_models, paint, photo
from tests.waiting import at_once

pytestmark = needs_models
NAME = "uniface_256"
AT = Placed("astronaut", 320, 240, 150)
PICTURE = paint([AT], (640, 480))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The embedded networks, a swapper that paints the source picture's mean colour, and a DFM that halves."""
    root = tmp_path_factory.mktemp("store")
    real, catalog = default_store(), load_catalog()
    for name in NAMES:
        shutil.copy(real.path(name), root / real.model(name).file)
    model = catalog.model(NAME)
    mean = [node("ReduceMean", ["source"], "m", axes=[2, 3]), node("Mul", ["target", "none"], "t")]
    nodes = [*mean, node("Add", ["m", "t"], "out0")]
    write(root / model.file, model, nodes, {"none": np.array(0, np.float32)})
    write_halving(root / "anna.dfm", catalog.model("dfm"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNDERSTUDY_MODELS", str(root))
        patch.setenv("UNDERSTUDY_OFFLINE", "1")
        patch.setenv("XDG_CACHE_HOME", str(root / "cache"))
        patch.setenv("UNDERSTUDY_SIGNING", str(root / "signing"))
        patch.setenv("UNDERSTUDY_JOURNAL", str(root / "journal.jsonl"))
        default_store().add(root / "anna.dfm", "anna")
        yield root


OPTIONS = LiveOptions(marking=Marking(watermark=False, because="a test looks at colours"), label=None)
SPEC = SwapSpec(model=NAME, precision=Precision.F32, who="all")


@pytest.fixture(scope="module")
def networks(store: Path) -> Iterator[Models]:
    """Calls are joined however slow the machine is."""
    made = Models(SPEC, Timing.LIVE, wait=3.0)
    yield made
    made.close()


@pytest.fixture(scope="module")
def swaps(networks: Models) -> LiveSwaps:
    return LiveSwaps(SPEC, OPTIONS, networks)


def frame(index: int) -> Frame:
    image = av.VideoFrame.from_ndarray(PICTURE, format="rgb24").reformat(format="yuv420p")
    return Frame(index, 3000 * index, Fraction(1, 90_000), Planes.of(image), 0.0)


def cheek(picture: object) -> U8:
    """Pixels below an eye."""
    assert isinstance(picture, Planes)
    return picture.rgb(Rect(round(AT.x - 0.22 * AT.width) - 4, round(AT.y + 0.12 * AT.width) - 4, 8, 8))


def calls(networks: Models) -> tuple[int, int]:
    return networks.shared.calls[NAME, "f32", ROWS]


def test_two_sessions_share_one_engine_and_each_shows_its_own_face(swaps: LiveSwaps, networks: Models) -> None:
    """Each session's faces go with the other's in one call; the colours are those of its own photo."""
    faces = [swaps.prepare([(name, photo(name))]) for name in ("astronaut", "hopper")]
    made = [swaps.make(face)(Metered(Metrics())) for face in faces]
    before = calls(networks)
    shown: list[list[U8]] = [[], []]

    def session(i: int) -> Callable[[], None]:
        def work() -> None:
            for index in range(5):
                out = made[i](frame(index))
                assert out.route is Route.FAST and out.faces == 1 and not out.held
                shown[i].append(cheek(out.picture))

        return work

    at_once(session(0), session(1))
    for swap in made:
        swap.close()
    joint, rows = (now - then for now, then in zip(calls(networks), before, strict=True))
    assert (joint, rows) == (5, 10)
    for i, face in enumerate(faces):
        assert isinstance(face, SourceSet) and face.rows is not None
        own = 255 * (face.rows[0].mean(axis=(1, 2)) * 0.5 + 0.5)
        for pixels in shown[i]:
            assert np.abs(pixels.reshape(-1, 3).mean(axis=0) - own).max() < 8
    assert np.abs(shown[0][0].astype(int).mean(axis=(0, 1)) - shown[1][0].mean(axis=(0, 1))).max() > 10


def test_a_session_that_ends_leaves_the_others_theirs(swaps: LiveSwaps, networks: Models) -> None:
    """It ends while its face waits: that is given up, and the other session waits for nobody."""
    face = swaps.prepare([("hopper", photo("hopper"))])
    gone, stays = (swaps.make(face)(Metered(Metrics())) for _ in range(2))
    lost: list[BaseException] = []

    def ask() -> None:
        try:
            gone(frame(0))
        except Exception as error:
            lost.append(error)

    def end() -> None:
        while not networks.shared.waiting and not lost:
            threading.Event().wait(0.001)
        gone.close()

    at_once(ask, end)
    assert [type(error).__name__ for error in lost] == ["CancelledError"]
    before = calls(networks)
    for index in range(3):
        assert stays(frame(index)).faces == 1
    assert calls(networks) == (before[0] + 3, before[1] + 3)
    stays.close()


def test_a_session_opens_no_network(swaps: LiveSwaps, monkeypatch: pytest.MonkeyPatch) -> None:
    face = swaps.prepare([("hopper", photo("hopper"))])
    monkeypatch.setattr("engines.nets.opened.open_engine", lambda *_, **__: pytest.fail("a session opened a network"))
    made: list[FrameSwap] = [swaps.make(face)(Metered(Metrics())) for _ in range(3)]
    for swap in made:
        swap.close()


def test_a_dfm_is_every_sessions_face_and_takes_no_photo(store: Path) -> None:
    made = LiveSwaps(SwapSpec(model="anna", precision=Precision.F32, who="all"), OPTIONS)
    with pytest.raises(SourceError, match="anna is one person"):
        made.prepare([("hopper", photo("hopper"))])
    swap = made.make(None)(Metered(Metrics()))
    plain, out = cheek(frame(0).picture).astype(float), swap(frame(0))
    assert np.abs(cheek(out.picture) - plain / 2).max() < 10
    swap.close()
    made.close()


def test_what_is_missing_is_told_at_the_start(store: Path) -> None:
    for spec, why in (
        (SwapSpec(model="hyperswap_1a_256"), "models pull hyperswap_1a_256"),
        (SwapSpec(model=NAME, precision=Precision.INT8), "models compile uniface_256 --precision int8"),
        (SwapSpec(model=NAME, mask=("xseg_1",)), "models pull xseg_1"),
        (SwapSpec(model="anna", pixel_boost=512), "a DFM, which has its own size"),
    ):
        with pytest.raises(UnderstudyError, match=why):
            LiveSwaps(spec)
