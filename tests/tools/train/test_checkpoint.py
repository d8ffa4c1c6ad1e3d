"""Files of weights: from another device, damaged, and never half written."""

import zipfile
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from engines.errors import InputError  # noqa: E402
from tools.train import checkpoint  # noqa: E402

pytestmark = pytest.mark.train


def as_from_cuda(path: Path) -> None:
    """Rewrites a file as if its tensors had lain on the first GPU: the device stands in it by name."""
    with zipfile.ZipFile(path) as old:
        parts = {item.filename: old.read(item) for item in old.infolist()}
    [index] = [name for name in parts if name.endswith("data.pkl")]
    cpu, cuda = b"X\x03\x00\x00\x00cpu", b"X\x06\x00\x00\x00cuda:0"
    assert cpu in parts[index]
    parts[index] = parts[index].replace(cpu, cuda)
    with zipfile.ZipFile(path, "w") as new:
        for name, data in parts.items():
            new.writestr(name, data)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU, which takes such a file as it is")
def test_what_a_gpu_saved_is_read_without_one(tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    checkpoint.write({"a": torch.arange(3.0), "step": 4}, path)
    as_from_cuda(path)
    with pytest.raises(RuntimeError, match="CUDA"):
        torch.load(path, weights_only=True)
    held = checkpoint.read(path)
    assert held["step"] == 4 and held["a"].tolist() == [0, 1, 2] and held["a"].device.type == "cpu"


@pytest.mark.parametrize("content", [b"", b"no weights", b"PK\x03\x04torn"])
def test_a_file_that_is_none_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "last.pt").write_bytes(content)
    with pytest.raises(InputError, match=r"last\.pt cannot be read as PyTorch weights"):
        checkpoint.read(tmp_path / "last.pt")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        checkpoint.read(tmp_path / "none.pt")


class Sneaky:
    """What only code could rebuild."""


def test_nothing_but_plain_weights_is_unpacked(tmp_path: Path) -> None:
    torch.save({"a": Sneaky()}, tmp_path / "last.pt")
    with pytest.raises(InputError, match="cannot be read"):
        checkpoint.read(tmp_path / "last.pt")


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    checkpoint.write({"step": 1}, path)
    with pytest.raises(Exception, match=r"pickle|local object"):  # as each Python says it
        checkpoint.write({"step": lambda: 2}, path)
    assert checkpoint.read(path) == {"step": 1}
