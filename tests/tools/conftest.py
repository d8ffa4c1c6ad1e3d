"""A user for every test of this floor: folders of their own, and for those that ask, a photo and a clip."""

from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import pytest

from tests.tools.commands import film, portrait

if TYPE_CHECKING:
    from tools.bench.engines.contenders import Subject


@pytest.fixture(scope="session")
def signing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the signing identity lies; one for all tests, as making it takes time."""
    return tmp_path_factory.mktemp("keys") / "signing"


@pytest.fixture(autouse=True)
def home(signing: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing of the user's own is read or written, by child processes neither."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("UNDERSTUDY_SIGNING", str(signing))
    for name in ("identities", "journal"):
        monkeypatch.setenv(f"UNDERSTUDY_{name.upper()}", str(folder / name))
    return folder


@pytest.fixture(scope="session")
def face(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo with one face."""
    path = tmp_path_factory.mktemp("source") / "grace.png"
    cv2.imwrite(str(path), portrait()[..., ::-1])
    return path


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """45 pictures of 320 pixels a side with one face and a tone."""
    return film(tmp_path_factory.mktemp("target") / "clip.mp4", 45, with_face=True, size=320)


@pytest.fixture(scope="session")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> "Subject":
    """A small one of the stand-in's kind, with its int8 copy."""
    from engines.graph.load import save  # heavy: most tests of this floor do without
    from engines.graph.standin import standin
    from tools.bench.engines.contenders import Subject, quantised
    from tools.bench.engines.measure import standin_feeds

    folder = tmp_path_factory.mktemp("narrow")
    graph, count = standin(width=8, blocks=2)
    save(graph, folder / "m.onnx")
    feeds = standin_feeds()
    return Subject("narrow", folder / "m.onnx", feeds, count, quantised(folder / "m.onnx", [feeds], folder / "q.onnx"))
