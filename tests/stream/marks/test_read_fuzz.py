"""Damaged and hostile records: no crash, no growth, nothing that a terminal obeys, nothing altered called intact."""

import json
import random
from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.watermark.detect import MarkDetection
from stream.marks.keys import Identity, local_identity
from stream.marks.provenance import ManifestState, Provenance
from stream.marks.read import fitting_sidecar, read_provenance
from stream.marks.sidecar import sidecar
from stream.marks.sign import sign_file
from stream.marks.verdict import Outcome, judge
from stream.marks.verify import Verified
from tests.fuzzing import damaged, hammer
from tests.stream.marks.clips import clip, pictures
from tests.stream.marks.foreign import resign_foreign
from tests.stream.marks.manifests import MANIFEST

NONE = MarkDetection(False, 0.0, None, 1.0)
FEW = 15


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return local_identity(tmp_path_factory.mktemp("keys") / "signing")


def judged(told: Provenance) -> Verified:
    """What is shown of it, looked through."""
    found = Verified(judge(told, NONE), told, NONE)
    for line in (found.verdict.headline, *found.verdict.details):
        assert line.isprintable(), line
        assert len(line) < 4000
    assert json.loads(json.dumps(found.to_json()))["verdict"]["code"] in (0, 1, 2)
    return found


def span(data: bytes) -> tuple[int, int]:
    """Where the record lies in a file."""
    at = data.index(b"jumb")
    return max(0, at - 60), min(len(data), at + 16_000)


def test_damaged_records(tmp_path: Path, identity: Identity) -> None:
    """In a picture, signed by us and again by another program."""
    path = tmp_path / "a.jpg"
    cv2.imwrite(str(path), np.random.default_rng(1).integers(0, 255, (48, 48, 3), np.uint8))
    sign_file(path, MANIFEST, None, identity)
    first = path.read_bytes()
    resign_foreign(path, local_identity(tmp_path / "other"), path)
    seeds = [(data, *span(data), cv2.imdecode(np.frombuffer(data, np.uint8), 1)) for data in (first, path.read_bytes())]
    chosen = 0

    def make(chance: random.Random) -> bytes:
        nonlocal chosen
        chosen = chance.randrange(len(seeds))
        data, low, high, _ = seeds[chosen]
        return damaged(chance, data, low, high) if chance.random() < 0.9 else damaged(chance, data)

    def look(data: bytes) -> None:
        path.write_bytes(data)
        found = judged(read_provenance(path, identity.root))
        if found.verdict.outcome is Outcome.INTACT:
            seen = cv2.imdecode(np.frombuffer(data, np.uint8), 1)
            assert np.array_equal(np.asarray(seen), np.asarray(seeds[chosen][3])), "an altered picture is called intact"

    hammer(FEW, make, look)


def test_damaged_records_of_a_clip(tmp_path: Path, identity: Identity) -> None:
    path = clip(tmp_path / "a.mp4", pictures(count=2))
    sign_file(path, MANIFEST, None, identity)
    whole = path.read_bytes()

    def make(chance: random.Random) -> bytes:
        return damaged(chance, whole, *span(whole)) if chance.random() < 0.9 else damaged(chance, whole)

    def look(data: bytes) -> None:
        path.write_bytes(data)
        judged(read_provenance(path, identity.root))

    hammer(FEW, make, look, seed=1)


def test_damaged_sidecars(tmp_path: Path, identity: Identity) -> None:
    """What lies beside a file is looked at before an output is written, too."""
    path = clip(tmp_path / "a.mkv", pictures(count=2))
    sign_file(path, MANIFEST, None, identity)
    whole = sidecar(path).read_bytes()

    def look(data: bytes) -> None:
        sidecar(path).write_bytes(data)
        told = read_provenance(path, identity.root)
        assert told.state is not ManifestState.TAMPERED, "what lies beside it proves nothing against it"
        judged(told)
        fitting = fitting_sidecar(path)
        assert fitting is None or fitting[1] == data

    hammer(FEW, lambda chance: damaged(chance, whole), look, seed=2)


def test_heads_of_all_formats(tmp_path: Path) -> None:
    """The first bytes of one format before the rest of another: whatever reader is chosen must bear it."""
    heads = [
        b"\xff\xd8\xff\xe0",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"II*\0",
        b"RIFF\0\0\0\0WEBP",
        b"RIFF\0\0\0\0AVI ",
        b"ID3\4\0",
    ]
    heads += [b"fLaC", b"\0\0\0\x18ftypmp42", b"\0\0\0\x18ftypavif", b"\0\0\0\x18moov", b"RIFF\0\0\0\0WAVE"]
    body = clip(tmp_path / "b.mp4", pictures(count=2)).read_bytes()[:3000]
    path = tmp_path / "a.bin"

    def look(data: bytes) -> None:
        path.write_bytes(data)
        judged(read_provenance(path))

    hammer(FEW, lambda chance: chance.choice(heads) + damaged(chance, body), look, seed=3)


@pytest.mark.parametrize("depth", [100, 60_000])
@pytest.mark.parametrize("fill", [b"\x81", b"\xa1\x61\x61", b"\xc1", b"\x9f"], ids=["list", "map", "tag", "open list"])
def test_deeply_nested_values(tmp_path: Path, identity: Identity, fill: bytes, depth: int) -> None:
    """CBOR within CBOR, where a long text stood: a parser that calls itself would run out of stack."""
    from tests.stream.marks.foreign import sign_foreign

    path = clip(tmp_path / "a.mp4", pictures(count=2))
    text = "x" * depth
    sign_foreign(path, identity, extra=({"label": "org.understudy.swap", "data": {"label": text}},))
    data = path.read_bytes()
    at, size = data.index(text.encode()), 2 if depth < 256 else 3
    nested = (fill * (depth + size))[: depth + size]
    path.write_bytes(data[: at - size] + nested + data[at + depth :])
    assert judged(read_provenance(path, identity.root)).verdict.outcome is Outcome.ALTERED
