"""The mark read back from pictures as they are, harmed, retimed, cut and never marked."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from engines.values import U8
from engines.watermark.detect import ENOUGH, TRACE, detect
from engines.watermark.gather import shrunk
from engines.watermark.payload import Payload
from tests.engines.watermark.scenes import PAYLOAD, marked, scene

Change = Callable[[list[U8]], list[U8]]


@pytest.fixture(scope="module")
def plain() -> list[U8]:
    return scene(90)


@pytest.fixture(scope="module")
def clip(plain: list[U8]) -> list[U8]:
    return marked(plain)


def sized(width: int, height: int) -> Change:
    def change(pictures: list[U8]) -> list[U8]:
        return [np.asarray(cv2.resize(p, (width, height), interpolation=cv2.INTER_AREA), np.uint8) for p in pictures]

    return change


def jpeg(pictures: list[U8]) -> list[U8]:
    coded = [cv2.imencode(".jpg", p, [cv2.IMWRITE_JPEG_QUALITY, 60])[1] for p in pictures]
    return [np.asarray(cv2.imdecode(c, cv2.IMREAD_GRAYSCALE), np.uint8) for c in coded]


CHANGES: dict[str, Change] = {
    "untouched": lambda p: p,
    "one second": lambda p: p[40:65],
    "half the size": sized(320, 180),
    "twice the size": sized(1280, 720),
    "odd size": sized(531, 299),
    "squeezed to 4:3": sized(480, 360),
    "JPEG": jpeg,
    "darker": lambda p: [np.asarray(one * 0.8, np.uint8) for one in p],
    "a tenth dropped": lambda p: [one for n, one in enumerate(p) if n % 10 != 7],
    "25 to 30": lambda p: [p[n * 25 // 30] for n in range(len(p) * 30 // 25)],
    "60 to 30": lambda p: p[::2],
    "mirrored": lambda p: [np.asarray(one[:, ::-1], np.uint8) for one in p],
    "crop in the middle": lambda p: [np.ascontiguousarray(one[9:-9, 16:-16]) for one in p],
    "crop at a corner": lambda p: [np.ascontiguousarray(one[18:, :-32]) for one in p],
    "crop and smaller": lambda p: sized(480, 270)([np.ascontiguousarray(one[9:-9, 16:-16]) for one in p]),
}


@pytest.mark.parametrize("name", CHANGES)
def test_payload_is_read_bit_for_bit(name: str, clip: list[U8]) -> None:
    found = detect(CHANGES[name](clip))
    assert found.found and found.payload == PAYLOAD
    assert found.strength > ENOUGH and found.confidence > 0.999


def test_a_crop_is_located(clip: list[U8]) -> None:
    window = detect([np.ascontiguousarray(one[18:, :-32]) for one in clip]).window
    assert window.left == pytest.approx(0, abs=0.01) and window.top == pytest.approx(0.05, abs=0.01)
    assert window.width == pytest.approx(0.95, abs=0.01) and window.height == pytest.approx(0.95, abs=0.01)


def test_unmarked_pictures_hold_nothing(plain: list[U8]) -> None:
    found = detect(plain)
    assert not found.found and found.payload is None and found.confidence == 0
    assert found.strength < TRACE


@pytest.mark.parametrize("kind", ["black", "noise", "static"])
def test_odd_pictures_hold_nothing(kind: str) -> None:
    rng = np.random.default_rng(2)
    one = rng.integers(0, 256, (360, 640)).astype(np.uint8)
    pictures = {
        "black": [np.zeros((360, 640), np.uint8)] * 40,
        "noise": [rng.integers(0, 256, (360, 640)).astype(np.uint8) for _ in range(40)],
        "static": [one] * 40,
    }[kind]
    assert not detect(pictures).found


def test_another_payload_is_another_answer(plain: list[U8]) -> None:
    other = Payload(PAYLOAD.producer, PAYLOAD.session ^ 1)
    assert detect(marked(plain[:40], other)).payload == other


def test_traces_without_a_payload(clip: list[U8], plain: list[U8]) -> None:
    """Two marks spliced in one window: the pilot is plain to see, the words of neither are whole."""
    half = len(plain) // 2
    spliced = clip[:half] + marked(plain, Payload(0x3F3F3, 0x3E11EEFF))[half:]
    found = detect(spliced, thorough=False)
    assert found.found and found.payload in (None, PAYLOAD, Payload(0x3F3F3, 0x3E11EEFF))


def test_one_still_picture_is_enough(clip: list[U8]) -> None:
    assert detect(clip[20:21], thorough=False).payload == PAYLOAD


def test_upright_pictures() -> None:
    pictures = scene(40, 360, 640)
    assert detect(marked(pictures)).payload == PAYLOAD


def test_a_crop_that_stands_a_square_up() -> None:
    pictures = marked(scene(60, 400, 400))
    assert detect([np.ascontiguousarray(one[:, 10:-10]) for one in pictures]).payload == PAYLOAD


def test_shrunk_pictures_read_as_well(clip: list[U8]) -> None:
    large = sized(1280, 720)(clip[:40])
    small = [shrunk(one) for one in large]
    assert small[0].shape == (360, 640) and shrunk(small[0]) is small[0]
    assert detect(small, thorough=False).payload == PAYLOAD


def test_no_pictures_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="no pictures"):
        detect([])
