"""The small network: its form, and what its class hangs on."""

import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch")

from tools.train import net  # noqa: E402

pytestmark = pytest.mark.train


def test_the_small_net_sees_how_much_of_the_mesh_its_maps_cover() -> None:
    """The class hangs on the maps under the mask: a mask that hides them changes it, the maps stay."""
    torch.manual_seed(1)
    small = net.SmallNet().eval()
    face = torch.rand(1, 7, 128, 128)
    face[:, 6] = 1
    logits, maps = small(face)
    assert logits.shape == (1, 3)
    assert maps.shape == (1, 3, 128, 128)
    with torch.no_grad():
        small.head[0].weight[:, -6:] = 0
    blind, same = small(face)
    assert torch.equal(maps, same)
    assert not torch.allclose(logits, blind)
