"""Which formats keep what matters: by name."""

import pytest

from stream.media.video.formats import evened, has_alpha, is_rgb, keeps_alpha, suited, usual

X264 = ["yuv420p", "yuvj420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv444p10le", "gray"]
X265 = ["yuv420p", "yuv444p", "gbrp", "yuv420p10le", "yuv420p12le", "yuva420p"]
VP9 = ["yuv420p", "yuva420p", "yuv444p", "yuva444p", "gbrp", "gbrap"]


@pytest.mark.parametrize(("name", "alpha", "rgb"), [
    ("yuv420p", False, False), ("yuva444p12le", True, False), ("bgra", True, True), ("rgb0", False, True),
    ("pal8", True, True), ("gbrap10le", True, True), ("ya8", True, False), ("gray", False, False),
])  # fmt: skip
def test_what_a_format_holds(name: str, alpha: bool, rgb: bool) -> None:
    assert has_alpha(name) is alpha
    assert is_rgb(name) is rgb


@pytest.mark.parametrize(("codec", "known", "source", "alpha", "chosen"), [
    ("libx264", X264, "yuv422p", False, X264),
    ("libx264", X264, "rgb24", False, ["yuv420p", "yuvj420p"]),
    ("libx264", X264, "gbrp10le", False, ["yuv420p", "yuvj420p"]),
    ("libx265", X265, "gbrp10le", False, ["yuv420p", "yuv420p10le"]),
    ("libx265", X265, "yuva420p", True, ["yuv420p", "yuv444p", "gbrp", "yuv420p10le", "yuv420p12le"]),
    ("libvpx-vp9", VP9, "yuva444p", True, ["yuva420p"]),
    ("libvpx-vp9", VP9, "yuv444p", False, ["yuv420p", "yuv444p", "gbrp"]),
    ("libvpx-vp9", VP9, "bgra", True, ["yuva420p"]),
    ("libvpx-vp9", VP9, "bgra", False, ["yuv420p"]),
    ("ffv1", ["yuv420p", "bgra", "bgr0"], "bgra", False, ["yuv420p", "bgra", "bgr0"]),
    ("mjpeg", ["yuvj420p"], "rgb24", False, ["yuvj420p"]),
])  # fmt: skip
def test_what_an_encoder_chooses_from(
    codec: str, known: list[str], source: str, alpha: bool, chosen: list[str]
) -> None:
    assert suited(codec, known, source, alpha) == chosen


@pytest.mark.parametrize(("container", "pix_fmt", "alpha", "hdr", "codec"), [
    ("mov", "yuva444p12le", True, False, "prores_ks"),
    ("webm", "yuva420p", True, False, "libvpx-vp9"),
    ("webm", "yuva444p10le", True, False, "libvpx-vp9"),
    ("matroska", "yuva420p", True, False, "libvpx-vp9"),
    ("matroska", "yuva444p12le", True, False, "prores_ks"),
    ("mp4", "yuva420p", True, False, None),
    ("mp4", "yuv420p10le", False, True, "libx265"),
    ("matroska", "yuv420p10le", False, True, "libx265"),
    ("webm", "yuv420p10le", False, True, None),
    ("mp4", "yuv420p", False, False, None),
])  # fmt: skip
def test_which_encoder_keeps_it(container: str, pix_fmt: str, alpha: bool, hdr: bool, codec: str | None) -> None:
    assert usual(container, pix_fmt, alpha, hdr) == codec


def test_where_transparency_survives() -> None:
    assert keeps_alpha("libvpx-vp9", "webm") and keeps_alpha("libvpx", "matroska")
    assert not keeps_alpha("libvpx-vp9", "mp4"), "VP9's is a thing of Matroska"
    assert keeps_alpha("prores_ks", "mov")
    assert not keeps_alpha("libx264", "matroska") and not keeps_alpha("libx265", "mov")


def test_odd_sizes_of_rgb_are_made_even_where_it_must_be() -> None:
    assert evened("libx264", "bgra", 333, 251) == (334, 252)
    assert evened("libx264", "yuv420p", 333, 251) == (333, 251)
    assert evened("libvpx-vp9", "bgra", 333, 251) == (333, 251)
    assert evened("ffv1", "rgb24", 333, 250) == (333, 250)
