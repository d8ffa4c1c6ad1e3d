"""The file that ships answers like the network it was made of, weights rounded and batch norms folded alike."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from torch import nn  # noqa: E402

from engines.errors import ModelError  # noqa: E402
from engines.values import F32  # noqa: E402
from tools.train import export, full, net  # noqa: E402

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


def sigmoid(x: F32) -> F32:
    return np.asarray(1 / (1 + np.exp(-x.astype(np.float64))), np.float64)


def faces(count: int) -> F32:
    return np.random.default_rng(2).random((count, 7, 128, 128), np.float32)


def lived_in(small: Any) -> Any:
    """With batch norms as training leaves them: statistics and gains that differ from channel to channel."""
    torch.manual_seed(5)
    for module in small.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.3)
            module.running_var.uniform_(0.2, 3)
            module.weight.data.uniform_(0.3, 1.7)
            module.bias.data.normal_(0, 0.2)
    return small.eval()


def initializers(path: Path) -> dict[str, Any]:
    onnx = pytest.importorskip("onnx")
    from onnx import numpy_helper

    return {w.name: numpy_helper.to_array(w) for w in onnx.load(str(path)).graph.initializer}


class Tiny:
    """A net as the exporter takes it, made when torch is there."""

    def __new__(cls) -> Any:
        class Net(nn.Module):  # type: ignore[misc]
            def __init__(self) -> None:
                super().__init__()
                self.wide = nn.Conv2d(7, 24, 3, 1, 1)  # 1512 weights: stored as halves
                self.thin = nn.Conv2d(24, 3, 1)  # 72: as they are
                self.head = nn.Linear(24, 3)

            def forward(self, face: Any) -> tuple[Any, Any]:
                seen = torch.relu(self.wide(face))
                return self.head(seen.mean((2, 3))), self.thin(seen)

        torch.manual_seed(4)
        return Net().eval()


def test_large_weights_ship_as_halves_and_small_ones_whole(tmp_path: Path) -> None:
    small = Tiny()
    export.export(small, tmp_path / "whole.onnx", half=False)
    export.export(small, tmp_path / "new" / "half.onnx")
    whole, half = initializers(tmp_path / "whole.onnx"), initializers(tmp_path / "new" / "half.onnx")
    assert {a.dtype for a in whole.values()} == {np.dtype(np.float32)}
    large = {n for n, a in whole.items() if a.size >= 1024}
    assert large
    for name in large:
        assert half[name + ".f16"].dtype == np.float16
        assert np.array_equal(half[name + ".f16"], whole[name].astype(np.float16))
    for name in whole.keys() - large:
        assert np.array_equal(half[name], whole[name])


@pytest.mark.parametrize("half", [False, True])
def test_the_file_answers_as_the_net_with_its_maps_as_probabilities(tmp_path: Path, half: bool) -> None:
    small = Tiny()
    if half:
        export.rounded(small)
    path = tmp_path / "n.onnx"
    export.export(small, path, half=half)
    faces = np.random.default_rng(2).random((2, 7, 128, 128), np.float32)
    assert export.parity(small, path, faces) < 1e-5
    logits, maps = export.answers(small, faces)
    with torch.no_grad():
        raw = small(torch.from_numpy(faces))
    assert np.array_equal(logits, raw[0].numpy())
    np.testing.assert_allclose(maps, sigmoid(raw[1].numpy()), atol=1e-6)


def test_rounding_changes_large_weights_alone_and_only_once() -> None:
    plain, once = Tiny(), export.rounded(Tiny())
    again = {k: v.clone() for k, v in export.rounded(once).state_dict().items()}
    for name, was in plain.state_dict().items():
        want = was.half().float() if was.numel() >= 1024 else was
        assert torch.equal(once.state_dict()[name], want)
        assert torch.equal(again[name], want)


@pytest.mark.parametrize("make", [net.SmallNet, full.FullNet])
def test_the_file_that_ships_answers_like_the_network(tmp_path: Path, make: Any) -> None:
    torch.manual_seed(2)
    shipped = export.rounded(lived_in(make()))
    path = tmp_path / "occlusion.onnx"
    export.export(shipped, path)
    seen = faces(2)
    assert export.parity(shipped, path, seen) < 1e-6, "rounded before the fold or after it, it would be 1e-5 to 1e-4"
    assert path.stat().st_size == pytest.approx(2 * sum(p.numel() for p in shipped.parameters()), rel=0.02)
    with torch.no_grad():
        dict(shipped.named_modules())[{net.SmallNet: "head.2", full.FullNet: "head.last"}[make]].bias += 0.1
    with pytest.raises(ModelError, match="export it again"):
        export.parity(shipped, path, seen)


def test_folding_changes_no_answer() -> None:
    plain = lived_in(net.SmallNet())
    seen = torch.from_numpy(faces(2))
    with torch.no_grad():
        before = plain(seen)
        after = export.folded(plain)(seen)
    for one, other in zip(before, after, strict=True):
        assert float((one - other).abs().max()) < 1e-4 * float(one.abs().max())


def test_no_batch_norm_is_left_beside_a_convolution() -> None:
    for make in (net.SmallNet, full.FullNet):
        assert not [m for m in export.folded(make()).modules() if isinstance(m, nn.BatchNorm2d)]
