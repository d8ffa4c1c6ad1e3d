"""Copies of frames: memory of their own, everything else alike, and one copier for many threads."""

from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import av
import numpy as np

from stream.media.clone import Cloner
from stream.media.turning import Turner


def frame(value: int, size: tuple[int, int] = (64, 48), name: str = "yuv420p") -> av.VideoFrame:
    made = av.VideoFrame(*size, name)
    for plane in made.planes:
        plane.update(bytes([value]) * plane.buffer_size)
    made.pts, made.time_base = value, Fraction(1, 50)
    return made


def test_a_copy_has_memory_of_its_own() -> None:
    first = frame(9)
    twin = Cloner().copy(first)
    twin.planes[0].update(bytes(twin.planes[0].buffer_size))
    assert set(bytes(first.planes[0])) == {9}
    assert set(np.asarray(twin.to_ndarray()[:48]).ravel()) == {0}


def test_sizes_and_formats_may_change() -> None:
    cloner = Cloner()
    for size, name in (((64, 48), "yuv420p"), ((32, 16), "yuv420p"), ((32, 16), "gbrp"), ((64, 48), "yuv420p")):
        twin = cloner.copy(frame(7, size, name))
        assert (twin.width, twin.height, twin.format.name, twin.pts) == (*size, name, 7)


def test_threads_get_their_own_frame_back() -> None:
    cloner = Cloner()
    with ThreadPoolExecutor(4) as pool:
        twins = list(pool.map(lambda i: cloner.copy(frame(i)), range(100)))
    assert [t.pts for t in twins] == list(range(100))
    assert all(t.to_ndarray()[0, 0] == i for i, t in enumerate(twins))


def test_turner_turns_clockwise() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    for degrees in (90, 180, 270):
        source = av.VideoFrame.from_ndarray(rgb, format="rgb24")
        source.pts, source.time_base = 3, Fraction(1, 25)
        turned = Turner(degrees).turn(source)
        assert np.array_equal(turned.to_ndarray(), np.rot90(rgb, -degrees // 90))
        assert turned.pts == 3
