"""The live server with a swapping network: one engine for all sessions, each with its own face; they come and go."""

import shutil
import threading
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from typer.testing import CliRunner

from engines.errors import ModelError, SourceError, UnderstudyError
from engines.store.catalog import load_catalog
from engines.store.store import default_store
from engines.values import U8, Rect
from stream.frame import Frame, Route
from stream.live.session import Swap
from stream.pixels.planes import Planes
from stream.telemetry.metrics import Metered, Metrics
from tests.engines.nets.standins import node, write, write_halving
from tests.stream.portraits import Placed, needs_models, paint, photo
from tests.tools.live.serve.test_command import app
from tools.live.serve.house import NETWORKS, House
from tools.live.serve.settings import Settings
from tools.swap import ensemble
from tools.swap.chosen import Chosen
from tools.swap.troupe import ROWS, Sources

pytestmark = needs_models
NAME = "uniface_256"
AT = Placed("astronaut", 320, 240, 150)
PICTURE = paint([AT], (640, 480))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The embedded networks, a swapper that paints the source picture's mean colour, and a DFM that halves."""
    root = tmp_path_factory.mktemp("store")
    real, catalog = default_store(), load_catalog()
    for name in NETWORKS:
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
        patch.setattr(ensemble, "PROMPT", 3.0)  # so that calls are joined however slow the machine is
        default_store().add(root / "anna.dfm", "anna")
        yield root


@pytest.fixture(scope="module")
def house(store: Path) -> Iterator[House]:
    made = House(Settings(nets=Chosen(NAME, "f32"), label=None, mark=False, because="a test looks at colours"))
    yield made
    made.close()


def frame(index: int) -> Frame:
    image = av.VideoFrame.from_ndarray(PICTURE, format="rgb24").reformat(format="yuv420p")
    return Frame(index, 3000 * index, Fraction(1, 90_000), Planes.of(image), 0.0)


def cheek(picture: object) -> U8:
    """Pixels below an eye."""
    assert isinstance(picture, Planes)
    return picture.rgb(Rect(round(AT.x - 0.22 * AT.width) - 4, round(AT.y + 0.12 * AT.width) - 4, 8, 8))


def calls(house: House) -> tuple[int, int]:
    made = house._ensemble
    assert made is not None
    return made.hub.calls[NAME, "f32", ROWS]


def at_once(*work: Callable[[], None]) -> None:
    threads = [threading.Thread(target=one, daemon=True) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)


def test_two_sessions_share_one_engine_and_each_shows_its_own_face(house: House) -> None:
    """Each session's faces go with the other's in one call; the colours are those of its own photo."""
    faces = [house.prepare([(name, photo(name))]) for name in ("astronaut", "hopper")]
    swaps = [house.swap(face)(Metered(Metrics())) for face in faces]
    before = calls(house)
    shown: list[list[U8]] = [[], []]

    def session(i: int) -> Callable[[], None]:
        def work() -> None:
            for index in range(5):
                out = swaps[i](frame(index))
                assert out.route is Route.FAST and out.faces == 1 and not out.held
                shown[i].append(cheek(out.picture))

        return work

    at_once(session(0), session(1))
    for swap in swaps:
        swap.close()
    made, rows = (now - then for now, then in zip(calls(house), before, strict=True))
    assert (made, rows) == (5, 10)
    for i, face in enumerate(faces):
        assert isinstance(face, Sources) and face.rows is not None
        own = 255 * (face.rows[0].mean(axis=(1, 2)) * 0.5 + 0.5)
        for pixels in shown[i]:
            assert np.abs(pixels.reshape(-1, 3).mean(axis=0) - own).max() < 8
    assert np.abs(shown[0][0].astype(int).mean(axis=(0, 1)) - shown[1][0].mean(axis=(0, 1))).max() > 10


def test_a_session_that_ends_leaves_the_others_theirs(house: House) -> None:
    """It ends while its face waits: that is given up, and the other session waits for nobody."""
    face = house.prepare([("hopper", photo("hopper"))])
    gone, stays = (house.swap(face)(Metered(Metrics())) for _ in range(2))
    lost: list[BaseException] = []

    def ask() -> None:
        try:
            gone(frame(0))
        except Exception as error:
            lost.append(error)

    def end() -> None:
        made = house._ensemble
        assert made is not None
        while not made.hub.waiting and not lost:
            threading.Event().wait(0.001)
        gone.close()

    at_once(ask, end)
    assert [type(error).__name__ for error in lost] == ["CancelledError"]
    before = calls(house)
    for index in range(3):
        assert stays(frame(index)).faces == 1
    assert calls(house) == (before[0] + 3, before[1] + 3)
    stays.close()


def test_a_session_opens_no_network(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    face = house.prepare([("hopper", photo("hopper"))])
    monkeypatch.setattr("engines.nets.opened.open_engine", lambda *_, **__: pytest.fail("a session opened a network"))
    swaps: list[Swap] = [house.swap(face)(Metered(Metrics())) for _ in range(3)]
    for swap in swaps:
        swap.close()


def test_a_dfm_is_every_sessions_face_and_takes_no_photo(store: Path) -> None:
    made = House(Settings(nets=Chosen("anna", "f32"), label=None, mark=False, because="a test looks at colours"))
    with pytest.raises(SourceError, match="anna is one person"):
        made.prepare([("hopper", photo("hopper"))])
    swap = made.swap(None)(Metered(Metrics()))
    plain, out = cheek(frame(0).picture).astype(float), swap(frame(0))
    assert np.abs(cheek(out.picture) - plain / 2).max() < 10
    swap.close()
    made.close()


def test_what_is_missing_is_told_at_the_start(store: Path) -> None:
    for nets, why in (
        (Chosen("hyperswap_1a_256"), "models pull hyperswap_1a_256"),
        (Chosen(NAME, "int8"), "models compile uniface_256 --precision int8"),
        (Chosen(NAME, masks=("xseg_1",)), "models pull xseg_1"),
        (Chosen("anna", boost=512), "a DFM, which has its own size"),
    ):
        with pytest.raises(UnderstudyError, match=why):
            House(Settings(nets=nets))


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--pixel-boost", "512"], "--pixel-boost goes with a swapping network"),
        (["--model", "inswaper"], "no model is called 'inswaper'"),
        (["--model", NAME, "--enhance", "gfpgan_1.4:7"], "a share from 0 to 1"),
    ],
)
def test_the_commands_options_are_those_of_files(store: Path, words: list[str], why: str) -> None:
    done = CliRunner().invoke(app(), ["serve", "--port", "0", *words])
    assert isinstance(done.exception, (UnderstudyError, ModelError)) and why in str(done.exception)
