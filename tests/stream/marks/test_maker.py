"""What made an output: the version, and each network by name and sha256."""

import hashlib
import re
from pathlib import Path

import pytest

from engines.store.store import Store, default_store
from stream.marks.happened import UsedModel
from stream.marks.maker import used_models, version


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "models", default_store().catalog)


def test_the_version_is_the_programs() -> None:
    from importlib.metadata import version as installed

    assert version() == installed("understudy-video")
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", version())


def test_a_file_from_elsewhere_is_read(tmp_path: Path, store: Store) -> None:
    (tmp_path / "own.onnx").write_bytes(b"weights")
    digest = hashlib.sha256(b"weights").hexdigest()
    assert used_models({"own": tmp_path / "own.onnx"}, store) == (UsedModel("own", digest),)


def test_the_stores_own_pin_is_taken(store: Store) -> None:
    """A file that the store gave out was checked against its pin: it is not read a second time."""
    store.root.mkdir()
    (store.root / "net.onnx").write_bytes(b"weights")
    store.ledger.update("net", sha256="ab" * 32, size=7, mtime_ns=1, file="net.onnx")
    assert used_models({"net": store.root / "net.onnx"}, store) == (UsedModel("net", "ab" * 32),)
    unpinned = used_models({"other": store.root / "net.onnx"}, store)
    assert unpinned[0].sha256 == hashlib.sha256(b"weights").hexdigest()


def test_the_order_is_kept(tmp_path: Path, store: Store) -> None:
    for name in "cab":
        (tmp_path / name).write_bytes(name.encode())
    assert [one.name for one in used_models({n: tmp_path / n for n in "cab"}, store)] == ["c", "a", "b"]
