"""Signing outputs of inputs that C2PA's library cannot take apart: they are named all the same."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from stream.consent.consent import ConsentedSource, require_consent
from stream.marks.happened import WhatHappened
from stream.marks.keys import local_identity
from stream.marks.manifest import Manifest
from stream.marks.provenance import Ingredient, ManifestState
from stream.marks.read import read_provenance
from stream.marks.sign import sign_file
from tests.stream.marks.clips import PAYLOAD, clip, pictures

NOW = datetime(2026, 11, 21, tzinfo=UTC)
BEHIND = {
    "a phone's notes": b"SEFHj\0\0\0\1\0\0\0\0\0\x30\x0a" + b"SlowMotion_Data\0" * 4 + b"SEFT",
    "half a box": (9000).to_bytes(4, "big") + b"cami" + bytes(12),
    "nothing": b"",
}


def manifest() -> Manifest:
    consent = require_consent([ConsentedSource("a.jpg", "cd" * 32)], True, False, lambda _: False, NOW)
    return Manifest("out.mp4", "0.1.0", WhatHappened(NOW, 3, 3), mark=PAYLOAD, consent=consent)


@pytest.mark.parametrize("kind", BEHIND)
def test_an_output_of_it_is_signed_and_names_it(tmp_path: Path, kind: str) -> None:
    identity = local_identity(tmp_path / "signing")
    taken = clip(tmp_path / "in.mp4", pictures(mark=False, count=3))
    taken.write_bytes(taken.read_bytes() + BEHIND[kind])
    path = clip(tmp_path / "out.mp4", pictures(count=3))
    sign_file(path, manifest(), taken, identity)
    told = read_provenance(path, identity.root)
    assert told.state is ManifestState.TRUSTED
    assert told.ingredients == (Ingredient("in.mp4"),)
