"""Damage is done, and done again the same by the same seed."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import av
import pytest

from tests.stream.clips import make
from tests.stream.parts import part
from tests.tools.fuzz import mutations
from tests.tools.fuzz.mutations import ANY, OWN, boxes, mutated

ENDINGS = ("mp4", "mkv", "ts")
ALL = [(one, ending) for ending in ENDINGS for one in dict.fromkeys((*ANY, *OWN[ending]))]


@pytest.fixture(scope="module")
def wholes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("wholes")
    made = {ending: make(folder / f"a.{ending}", frames=5, audio="aac") for ending in ("mp4", "mkv")}
    made["ts"] = part(folder / "a.ts", 3, frames=5)
    return {ending: path.read_bytes() for ending, path in made.items()}


@pytest.mark.parametrize(("one", "ending"), ALL, ids=[f"{one.__name__}-{ending}" for one, ending in ALL])
def test_every_kind_changes_a_file_and_is_repeatable(
    wholes: dict[str, bytes], one: Callable[[bytes, Random], bytes], ending: str
) -> None:
    data = wholes[ending]
    made = [one(data, Random(seed)) for seed in range(20)]
    assert made == [one(data, Random(seed)) for seed in range(20)]
    assert sum(m != data for m in made) >= 10


def test_a_whole_run_is_repeatable(wholes: dict[str, bytes]) -> None:
    for ending, data in wholes.items():
        for seed in range(10):
            assert mutated(data, ending, Random(seed)) == mutated(data, ending, Random(seed))
            assert mutated(data, ending, Random(seed))[1]


def test_boxes_are_found_with_what_they_hold(wholes: dict[str, bytes]) -> None:
    found = [one.kind for one in boxes(wholes["mp4"])]
    assert {b"ftyp", b"moov", b"mdat", b"trak", b"stts", b"mdhd"} <= set(found)
    assert found.count(b"trak") == 2
    assert sum(one.size for one in boxes(wholes["mp4"]) if one.kind in (b"ftyp", b"moov", b"mdat", b"free")) == len(
        wholes["mp4"]
    )


def test_one_byte_can_be_damaged_too() -> None:
    for one, _ in ALL:
        for seed in range(5):
            assert isinstance(one(b"x", Random(seed)), bytes)


def test_bent_stamps_are_read_as_times(wholes: dict[str, bytes], tmp_path: Path) -> None:
    """They are well-formed: what is tried is the time, not the header."""
    path, before, after = tmp_path / "a.ts", set[int](), set[int]()
    for seed, seen in ((None, before), *((s, after) for s in range(40))):
        data = wholes["ts"] if seed is None else mutations.clock(wholes["ts"], Random(seed))
        path.write_bytes(data)
        with av.open(str(path)) as clip:
            seen |= {p.pts for p in clip.demux() if p.pts is not None}
    assert len(after - before) >= 5
