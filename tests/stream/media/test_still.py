"""Pictures: orientation, alpha, depth and metadata by value, and the errors a user meets."""

import struct
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt
import pytest

from engines.errors import InputError, OutputError
from engines.values import U8
from stream.media.still import is_image, read_image, write_image

RNG = np.random.default_rng(7)


def exif(orientation: int) -> U8:
    entry = struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    return np.frombuffer(b"MM\0*\0\0\0\x08\0\x01" + entry + b"\0\0\0\0", np.uint8)


def picture(height: int = 20, width: int = 30) -> U8:
    return RNG.integers(0, 256, (height, width, 3), np.uint8)


def load(path: str) -> npt.NDArray[np.generic]:
    return np.asarray(cv2.imread(path, cv2.IMREAD_UNCHANGED))


def painted(rgb: U8) -> U8:
    copy = rgb.copy()
    copy[4:9, 5:11] = 255 - copy[4:9, 5:11]
    return copy


def test_is_image_goes_by_the_ending() -> None:
    assert is_image("a/b.JPG") and is_image("x.webp") and is_image("x.png")
    assert not is_image("clip.mp4") and not is_image("png")


@pytest.mark.parametrize("ending", [".png", ".webp"])
def test_lossless_pictures_come_back_bit_for_bit(tmp_path: Path, ending: str) -> None:
    rgb = picture()
    path = str(tmp_path / f"a{ending}")
    write_image(path, rgb)
    assert np.array_equal(read_image(path), rgb)
    assert [p.name for p in tmp_path.iterdir()] == [f"a{ending}"]


def test_a_jpeg_stays_close_with_full_chroma(tmp_path: Path) -> None:
    rgb = np.zeros((32, 32, 3), np.uint8)
    rgb[:, ::2, 0] = 255  # red columns of one pixel: halved chroma would smear them
    write_image(str(tmp_path / "a.jpg"), rgb)
    assert np.abs(read_image(str(tmp_path / "a.jpg")).astype(int) - rgb).mean() < 4


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied_as_opencv_does(tmp_path: Path, orientation: int) -> None:
    path = tmp_path / "a.png"
    _, data = cv2.imencodeWithMetadata(".png", picture(), [cv2.IMAGE_METADATA_EXIF], [exif(orientation)])
    path.write_bytes(data.tobytes())
    expected = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB)
    assert np.array_equal(read_image(str(path)), np.asarray(expected))


def test_an_output_made_upright_does_not_turn_again(tmp_path: Path) -> None:
    one, two = tmp_path / "a.png", tmp_path / "b.png"
    _, data = cv2.imencodeWithMetadata(".png", picture(), [cv2.IMAGE_METADATA_EXIF], [exif(6)])
    one.write_bytes(data.tobytes())
    rgb = read_image(str(one))
    write_image(str(two), rgb, like=str(one))
    assert np.array_equal(read_image(str(two)), rgb)
    _, kinds, blobs = cv2.imdecodeWithMetadata(np.fromfile(two, np.uint8), flags=cv2.IMREAD_UNCHANGED)
    assert list(kinds) == [cv2.IMAGE_METADATA_EXIF]
    assert bytes(np.asarray(blobs[0]).ravel()) == exif(1).tobytes()


def test_alpha_is_kept_and_unpainted_pixels_too(tmp_path: Path) -> None:
    bgra = RNG.integers(0, 256, (20, 30, 4), np.uint8)
    one, two = str(tmp_path / "a.png"), str(tmp_path / "b.png")
    cv2.imwrite(one, bgra)
    rgb = read_image(one)
    assert np.array_equal(rgb, bgra[..., 2::-1])
    write_image(two, painted(rgb), like=one)
    back = load(two)
    assert np.array_equal(back[..., 3], bgra[..., 3])
    assert np.array_equal(back[..., 2::-1], painted(rgb))


def test_sixteen_bits_stay_outside_what_was_painted(tmp_path: Path) -> None:
    deep = RNG.integers(0, 65536, (20, 30, 3)).astype(np.uint16)
    one, two = str(tmp_path / "a.png"), str(tmp_path / "b.png")
    cv2.imwrite(one, deep)
    rgb = read_image(one)
    assert np.abs(rgb - deep[..., ::-1] / 257).max() <= 0.5
    write_image(two, painted(rgb), like=one)
    back = load(two)
    outside = (painted(rgb) == rgb).all(2)
    assert back.dtype == np.uint16
    assert np.array_equal(back[outside], deep[outside])
    assert np.array_equal(back[~outside][:, ::-1], painted(rgb)[~outside].astype(np.uint16) * 257)


def test_sixteen_bits_with_alpha_to_webp(tmp_path: Path) -> None:
    deep = RNG.integers(0, 65536, (8, 8, 4)).astype(np.uint16)
    one, two = str(tmp_path / "a.png"), str(tmp_path / "b.webp")
    cv2.imwrite(one, deep)
    deep_alpha = np.rint(deep[..., 3] / 257)
    write_image(two, read_image(one), like=one)
    assert np.array_equal(load(two)[..., 3], deep_alpha)


def test_grey_reads_as_rgb_and_unchanged_stays_grey(tmp_path: Path) -> None:
    grey = RNG.integers(0, 256, (20, 30), np.uint8)
    one, two = str(tmp_path / "a.png"), str(tmp_path / "b.png")
    cv2.imwrite(one, grey)
    rgb = read_image(one)
    assert np.array_equal(rgb, np.repeat(grey[..., None], 3, 2))
    write_image(two, rgb, like=one)
    assert load(two).shape == (20, 30)
    write_image(two, painted(rgb), like=one)
    assert np.array_equal(read_image(two), painted(rgb))


def test_a_picture_of_16k_is_refused_by_its_header(tmp_path: Path) -> None:
    path = tmp_path / "wide.png"
    cv2.imwrite(str(path), np.zeros((2, 16000, 3), np.uint8))
    with pytest.raises(InputError, match="16000x2: sides over 12000"):
        read_image(str(path))


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    text = tmp_path / "note.png"
    text.write_text("dear diary\n" * 50)
    hurt = tmp_path / "hurt.png"
    _, data = cv2.imencode(".png", picture(200, 200))
    hurt.write_bytes(data.tobytes()[:60])
    for path, word in ((tmp_path / "no.png", "no file"), (text, "text file"), (tmp_path, "folder"), (hurt, "damaged")):
        with pytest.raises(InputError, match=word):
            read_image(str(path))


@pytest.mark.parametrize("ending", ["mp4", "mkv", "avi", "ts"])
def test_a_video_is_said_to_be_one(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"clip.{ending}"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width = stream.height = 64
        for _ in range(5):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture(64, 64), "rgb24")))
        container.mux(stream.encode(None))
    with pytest.raises(InputError, match=rf"clip\.{ending} is a video \(\w+\), and a picture is wanted here"):
        read_image(str(path))


def test_what_cannot_be_written_says_why(tmp_path: Path) -> None:
    one = str(tmp_path / "a.png")
    write_image(one, picture())
    (tmp_path / "link.png").symlink_to(one)
    cases = ((one, "overwrite the input"), (str(tmp_path / "link.png"), "overwrite the input"))
    for path, word in (*cases, (str(tmp_path / "no" / "a.png"), "no folder"), (str(tmp_path / "a.xyz"), "endings")):
        with pytest.raises(OutputError, match=word):
            write_image(path, picture(), like=one)


def test_a_side_over_what_webp_holds_is_an_error_and_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"\.png"):
        write_image(str(tmp_path / "a.webp"), np.zeros((2, 17000, 3), np.uint8))
    assert not list(tmp_path.iterdir())
