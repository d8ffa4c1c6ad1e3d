"""The full-size network: its form, and that each part sees what it should."""

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from tests.tools.train.test_resnet import published  # noqa: E402
from tools.train.full import Classifier, FullNet, UNet  # noqa: E402

pytestmark = pytest.mark.train


def test_it_takes_and_gives_what_the_small_one_does() -> None:
    logits, maps = FullNet().eval()(torch.zeros(1, 7, 128, 128))
    assert logits.shape == (1, 3)
    assert maps.shape == (1, 3, 128, 128)


def test_its_size_is_that_of_a_resnet_34_with_a_decoder_and_a_resnet_18() -> None:
    """A ResNet-18 has 11.2 M parameters without its classifier, a ResNet-34 21.3, the decoder 3.2."""
    parts = [sum(p.numel() for p in part.parameters()) / 1e6 for part in (UNet(7), Classifier(7))]
    assert parts == pytest.approx([24.4, 11.2], abs=0.1)


def test_the_maps_know_where_and_the_decoder_sees_every_level() -> None:
    torch.manual_seed(3)
    net = UNet(7).eval()
    face = torch.rand(1, 7, 64, 64)
    other = face.clone()
    other[:, :3, 8:12, 8:12] += 1
    with torch.no_grad():
        change = (net(other) - net(face)).abs().mean((0, 1))
        assert float(change[4:16, 4:16].mean()) > 3 * float(change[48:, 48:].mean())
        skips = net.encoder(face)
    for level, values in enumerate(skips):
        values.requires_grad_(True)
        deep, *rest = reversed(skips)
        for step, skip in zip(net.steps, (*rest, None), strict=True):
            deep = step(deep, skip)
        net.maps(deep).sum().backward()
        assert float(values.grad.abs().sum()) > 0, f"level {level} is not used"


def test_the_class_does_not_hang_on_the_maps_weights() -> None:
    """So that `train occlusion` leaves the masks as they are: all of it lies under `head`."""
    names = [name for name, _ in FullNet().named_parameters()]
    assert {name.split(".")[0] for name in names} == {"segment", "head"}


def test_published_weights_go_to_their_own_encoder(tmp_path: Path) -> None:
    files = []
    for depth in (18, 34):
        torch.save(published(depth), tmp_path / f"{depth}.pth")
        files.append(tmp_path / f"{depth}.pth")
    net = FullNet(encoders=tuple(files))
    for depth, encoder in ((34, net.segment.encoder), (18, net.head.encoder)):
        wanted = published(depth)["layer4.1.conv2.weight"]
        assert torch.equal(encoder.levels["4"][1].second[0].weight, wanted)
