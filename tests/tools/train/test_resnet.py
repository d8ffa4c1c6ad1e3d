"""The encoders: their form, and that published weights give what the published network computes."""

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from torch.nn import functional as F  # noqa: E402

from engines.errors import InputError  # noqa: E402
from tools.train.resnet import BLOCKS, WIDTHS, ResNet, load_published  # noqa: E402

pytestmark = pytest.mark.train


def published(depth: int, channels: int = 3) -> dict[str, Any]:
    """Weights with the names and shapes that torchvision gives them, the classifier included."""
    chance = torch.Generator().manual_seed(depth)
    held: dict[str, Any] = {}

    def layer(name: str, norm: str, outputs: int, inputs: int, side: int) -> None:
        held[f"{name}.weight"] = torch.randn(outputs, inputs, side, side, generator=chance) / (inputs * side**2) ** 0.5
        for key in ("weight", "running_var"):
            held[f"{norm}.{key}"] = torch.rand(outputs, generator=chance) + 0.5
        for key in ("bias", "running_mean"):
            held[f"{norm}.{key}"] = torch.randn(outputs, generator=chance) * 0.1
        held[f"{norm}.num_batches_tracked"] = torch.tensor(7)

    layer("conv1", "bn1", 64, channels, 7)
    for i, count in enumerate(BLOCKS[depth], 1):
        for j in range(count):
            inputs, outputs, at = WIDTHS[i - (j == 0)], WIDTHS[i], f"layer{i}.{j}"
            layer(f"{at}.conv1", f"{at}.bn1", outputs, inputs, 3)
            layer(f"{at}.conv2", f"{at}.bn2", outputs, outputs, 3)
            if j == 0 and i > 1:
                layer(f"{at}.downsample.0", f"{at}.downsample.1", outputs, inputs, 1)
    held["fc.weight"], held["fc.bias"] = torch.zeros(1000, 512), torch.zeros(1000)
    return held


def normed(x: Any, held: dict[str, Any], at: str) -> Any:
    return F.batch_norm(x, *(held[f"{at}.{key}"] for key in ("running_mean", "running_var", "weight", "bias")))


def computed(x: Any, held: dict[str, Any], depth: int) -> list[Any]:
    """The five levels as the paper has them, straight from the published names."""
    x = F.relu(normed(F.conv2d(x, held["conv1.weight"], stride=2, padding=3), held, "bn1"))
    out = [x]
    x = F.max_pool2d(x, 3, 2, 1)
    for i, count in enumerate(BLOCKS[depth], 1):
        for j in range(count):
            at, stride = f"layer{i}.{j}", 2 if i > 1 and j == 0 else 1
            y = F.relu(normed(F.conv2d(x, held[f"{at}.conv1.weight"], stride=stride, padding=1), held, f"{at}.bn1"))
            y = normed(F.conv2d(y, held[f"{at}.conv2.weight"], padding=1), held, f"{at}.bn2")
            if f"{at}.downsample.0.weight" in held:
                x = normed(F.conv2d(x, held[f"{at}.downsample.0.weight"], stride=stride), held, f"{at}.downsample.1")
            x = F.relu(x + y)
        out.append(x)
    return out


@pytest.mark.parametrize("depth", BLOCKS)
def test_published_weights_compute_what_the_published_network_does(tmp_path: Path, depth: int) -> None:
    held, encoder = published(depth), ResNet(depth, 3).eval()
    torch.save(held, tmp_path / "resnet.pth")
    assert load_published([encoder], tmp_path / "resnet.pth") == depth
    x = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        got, wanted = encoder(x), computed(x, held, depth)
    assert [tuple(level.shape[1:]) for level in got] == [(w, 32 >> i, 32 >> i) for i, w in enumerate(WIDTHS)]
    for one, other in zip(got, wanted, strict=True):
        assert torch.allclose(one, other, rtol=1e-4, atol=1e-5)


def test_more_channels_share_the_weights_of_three(tmp_path: Path) -> None:
    """A grey picture in all seven gives what it gives in three, but for colours that come more often."""
    held, encoder = published(18), ResNet(18, 7).eval()
    held["conv1.weight"] = held["conv1.weight"][:, :1].repeat(1, 3, 1, 1)
    torch.save(held, tmp_path / "resnet.pth")
    load_published([encoder], tmp_path / "resnet.pth")
    grey = torch.rand(1, 1, 32, 32, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        got, wanted = encoder(grey.repeat(1, 7, 1, 1)), computed(grey.repeat(1, 3, 1, 1), held, 18)
    assert torch.allclose(got[0], wanted[0], rtol=1e-4, atol=1e-5)


def test_the_file_chooses_the_encoder(tmp_path: Path) -> None:
    encoders = [ResNet(34, 7), ResNet(18, 7)]
    before = [e.levels["4"][1].second[0].weight.clone() for e in encoders]
    torch.save(published(18), tmp_path / "resnet18.pth")
    assert load_published(encoders, tmp_path / "resnet18.pth") == 18
    after = [e.levels["4"][1].second[0].weight for e in encoders]
    assert torch.equal(before[0], after[0]) and not torch.equal(before[1], after[1])


def test_what_is_no_such_network_is_told(tmp_path: Path) -> None:
    (tmp_path / "torn.pth").write_bytes(b"PK\x03\x04torn")
    deep = published(34) | {f"layer{i}.0.conv3.weight": torch.zeros(1) for i in range(1, 5)}
    lacking = published(18)
    del lacking["layer3.1.bn2.bias"]
    wide = published(18)
    wide["layer1.0.conv1.weight"] = torch.zeros(128, 64, 3, 3)
    for name, held in {"list": [1, 2], "other": {"a.weight": torch.zeros(3)}, "lacking": lacking, "wide": wide}.items():
        torch.save(held, tmp_path / f"{name}.pth")
    torch.save({n: v for n, v in deep.items() if "layer4.2" not in n}, tmp_path / "deep.pth")
    for name, said in {
        "torn": "cannot be read as PyTorch weights",
        "list": "no ResNet-18 or ResNet-34",
        "other": "no ResNet-18 or ResNet-34",
        "deep": "no ResNet-18 or ResNet-34",
        "lacking": "lacks levels.3.1.second.1.bias",
        "wide": "is no ResNet-18",
        "none": "none.pth",
    }.items():
        with pytest.raises(InputError, match=said):
            load_published([ResNet(34, 7), ResNet(18, 7)], tmp_path / f"{name}.pth")


def test_a_file_whose_network_is_not_wanted_is_told(tmp_path: Path) -> None:
    torch.save(published(18), tmp_path / "resnet18.pth")
    with pytest.raises(InputError, match=r"resnet18\.pth"):
        load_published([ResNet(34, 7)], tmp_path / "resnet18.pth")
