"""Pictures with colour profiles: read as sRGB, written in their own colours, by known patches."""

import io
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from engines.values import U8
from stream.media.still import read_image, write_image
from tests.stream.stills.profiles import display_p3, grey, inks, p3_as_srgb

SKIN, RED, BEYOND = (217, 166, 139), (234, 51, 35), (255, 0, 0)  # in Display P3; the last is beyond sRGB
FORMS = {".jpg": "JPEG", ".png": "PNG", ".webp": "WEBP", ".tif": "TIFF", ".avif": "AVIF"}
EXACT = {".png": 0, ".tif": 0, ".webp": 0, ".jpg": 4, ".avif": 6}  # levels that storing it costs


def patches() -> U8:
    return np.repeat(np.array([[SKIN, RED, BEYOND]], np.uint8), 16, 0).repeat(16, 1)


def save(path: Path, image: Image.Image, **more: Any) -> str:
    options: dict[str, Any] = {"JPEG": {"quality": 98, "subsampling": 0}, "WEBP": {"lossless": True}}
    form = FORMS[path.suffix]
    image.save(path, form, **options.get(form, {}), **more)
    return str(path)


def p3(path: Path, rgb: U8 | None = None) -> str:
    return save(path, Image.fromarray(patches() if rgb is None else rgb), icc_profile=display_p3())


def profile_of(path: Path) -> bytes:
    with Image.open(path) as image:
        return bytes(image.info.get("icc_profile") or b"")


def stored(path: Path) -> U8:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"), np.uint8)


@pytest.mark.parametrize("ending", FORMS)
def test_a_profile_is_read_as_srgb(tmp_path: Path, ending: str) -> None:
    found = read_image(p3(tmp_path / f"a{ending}")).astype(int)
    for i, colour in enumerate((SKIN, RED, BEYOND)):
        wanted = p3_as_srgb(np.array(colour, np.uint8)).astype(int)
        assert np.abs(found[4:12, 16 * i + 4 : 16 * i + 12] - wanted).max() <= 4 + EXACT[ending]


def test_heic_of_phones_too(tmp_path: Path) -> None:
    library = pytest.importorskip("pillow_heif")
    rgb = patches()
    made = library.from_bytes("RGB", (48, 16), rgb.tobytes())
    made.save(str(tmp_path / "a.heic"), quality=98, chroma=444, icc_profile=display_p3(), icc_profile_type="prof")
    found = read_image(str(tmp_path / "a.heic"))
    assert np.abs(found[8, 8].astype(int) - p3_as_srgb(np.array(SKIN, np.uint8))).max() <= 6
    write_image(str(tmp_path / "b.jpg"), found, like=str(tmp_path / "a.heic"))
    assert profile_of(tmp_path / "b.jpg") == display_p3()
    assert np.abs(stored(tmp_path / "b.jpg").astype(int) - rgb)[:, 4:12].max() <= 8


@pytest.mark.parametrize("ending", FORMS)
def test_what_is_painted_is_in_the_picture_s_own_colours(tmp_path: Path, ending: str) -> None:
    one, two = p3(tmp_path / f"a{ending}"), tmp_path / f"b{ending}"
    rgb = read_image(one)
    rgb[:, :16] = (120, 90, 200)
    assert write_image(str(two), rgb, like=one) == ()
    assert profile_of(two) == display_p3()
    assert np.abs(read_image(str(two))[4:12, 4:12].astype(int) - (120, 90, 200)).max() <= 3 + EXACT[ending]
    own = np.abs(stored(two)[4:12, 20:].astype(int) - stored(Path(one))[4:12, 20:])
    assert own.max() <= EXACT[ending], "beyond sRGB, and left there"


def test_deep_samples_stay_where_nothing_was_painted(tmp_path: Path) -> None:
    deep = np.random.default_rng(2).integers(20_000, 40_000, (16, 16, 3)).astype(np.uint16)
    icc = np.frombuffer(display_p3(), np.uint8)
    _, data = cv2.imencodeWithMetadata(".png", deep, [cv2.IMAGE_METADATA_ICCP], [icc])
    (tmp_path / "a.png").write_bytes(data.tobytes())
    rgb = read_image(str(tmp_path / "a.png"))
    rgb[:4] = (120, 90, 200)
    for ending in (".png", ".tif"):
        write_image(str(tmp_path / f"b{ending}"), rgb, like=str(tmp_path / "a.png"))
        back = cv2.imread(str(tmp_path / f"b{ending}"), cv2.IMREAD_UNCHANGED)
        assert back is not None and back.dtype == np.uint16 and np.array_equal(back[4:], deep[4:])
        assert np.abs(read_image(str(tmp_path / f"b{ending}"))[:4].astype(int) - (120, 90, 200)).max() <= 3


def test_where_no_profile_can_be_the_colours_are_srgb_s_and_that_is_said(tmp_path: Path) -> None:
    one = p3(tmp_path / "a.png")
    rgb = read_image(one)
    (note,) = write_image(str(tmp_path / "b.bmp"), rgb, like=one)
    assert "colour profile is left out" in note and ".bmp holds none" in note
    assert np.array_equal(read_image(str(tmp_path / "b.bmp")), rgb)


def test_the_profile_of_srgb_stays_and_changes_nothing(tmp_path: Path) -> None:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    one = save(tmp_path / "a.png", Image.fromarray(patches()), icc_profile=profile)
    assert np.array_equal(read_image(one), patches())
    assert write_image(str(tmp_path / "b.tif"), patches(), like=one) == ()
    assert profile_of(tmp_path / "b.tif") == profile


@pytest.mark.parametrize("ending", [".jpg", ".tif"])
def test_inks_become_srgb(tmp_path: Path, ending: str) -> None:
    image = Image.fromarray(np.full((32, 32, 4), (255, 0, 0, 0), np.uint8), "CMYK")
    one = save(tmp_path / f"a{ending}", image, icc_profile=inks())
    found = read_image(one)
    assert np.abs(found.astype(int) - (0, 147, 221)).max() <= 14
    (note,) = write_image(str(tmp_path / f"b{ending}"), found, like=one)
    assert note == "the picture's printing inks (CMYK) were converted to sRGB"
    with Image.open(tmp_path / f"b{ending}") as made:
        assert made.mode == "RGB" and not made.info.get("icc_profile")
    assert np.abs(read_image(str(tmp_path / f"b{ending}")).astype(int) - found).max() <= 3
    plain = save(tmp_path / f"c{ending}", image)
    assert np.abs(read_image(plain).astype(int) - (0, 255, 255)).max() <= 4, "without a profile"


def test_inks_of_a_camera_that_was_turned(tmp_path: Path) -> None:
    inked = np.zeros((16, 32, 4), np.uint8)
    inked[:, :16, 3] = 255  # black on the left
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter to the right
    one = save(tmp_path / "a.jpg", Image.fromarray(inked, "CMYK"), icc_profile=inks(), exif=exif)
    found = read_image(one)
    assert found.shape == (32, 16, 3) and found[:12].max() < 20 and found[20:].min() > 235


def test_grey_with_a_profile(tmp_path: Path) -> None:
    image = Image.fromarray(np.full((16, 16), 55, np.uint8))
    one = save(tmp_path / "a.png", image, icc_profile=grey())
    seen = read_image(one)
    assert np.abs(seen.astype(int) - 128).max() <= 1
    write_image(str(tmp_path / "b.png"), seen, like=one)
    assert (tmp_path / "b.png").stat().st_size and profile_of(tmp_path / "b.png") == grey()
    with Image.open(tmp_path / "b.png") as same:
        assert same.mode == "L" and same.getpixel((0, 0)) == 55
    painted = seen.copy()
    painted[:4] = (200, 90, 60)
    (note,) = write_image(str(tmp_path / "c.png"), painted, like=one)
    assert "converted to sRGB" in note and profile_of(tmp_path / "c.png") == b""
    assert np.array_equal(read_image(str(tmp_path / "c.png")), painted)


def test_a_damaged_profile_is_carried_and_not_followed(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.fromarray(patches()).save(buffer, "PNG", icc_profile=b"nonsense")
    (tmp_path / "a.png").write_bytes(buffer.getvalue())
    assert np.array_equal(read_image(str(tmp_path / "a.png")), patches())
