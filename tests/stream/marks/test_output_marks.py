"""One output's marking from end to end, and that it cannot be switched off in silence."""

import json
import logging
from datetime import UTC, datetime
from pathlib import Path

import av
import numpy as np
import pytest

from engines.values import U8
from engines.watermark.detect import detect
from stream.consent.consent import ConsentedSource, require_consent
from stream.marks.keys import Identity, SigningError, local_identity
from stream.marks.layers import Marking, MarkingError, Signer
from stream.marks.manifest import UsedModel
from stream.marks.output_marks import OutputMarks, identity_of
from stream.marks.read import ManifestState, read_provenance
from stream.pixels.planes import Planes
from tests.stream.marks.clips import clip, pictures

NOW = datetime(2026, 11, 21, tzinfo=UTC)
MODELS = (UsedModel("face_landmark", "ab" * 32),)
CONSENT = require_consent([ConsentedSource("a.jpg", "cd" * 32)], True, False, lambda _: False, NOW)


@pytest.fixture
def identity(tmp_path: Path) -> Identity:
    return local_identity(tmp_path / "keys" / "signing")


def produced(stamp: OutputMarks, path: Path) -> None:
    """What a job does: every picture through the marker, the file closed, signed, renamed."""
    lumas: list[U8] = []
    for index, luma in enumerate(pictures(mark=False)):
        planes = Planes.of(av.VideoFrame.from_ndarray(np.ascontiguousarray(luma), format="gray"))
        shown = planes if stamp.marker is None else stamp.marker.mark(planes, index)
        lumas.append(np.asarray(shown.to_av().to_ndarray(), np.uint8))
    part = clip(path.with_name(f"{path.stem}.part{path.suffix}"), lumas)
    stamp.sign(part, "0.1.0", MODELS, {"fast": len(lumas)}, None)
    part.rename(path)


def read_mark(path: Path) -> str | None:
    with av.open(str(path)) as container:
        lumas = [np.asarray(frame.to_ndarray()[: frame.height], np.uint8) for frame in container.decode(video=0)]
    payload = detect(lumas, thorough=False).payload
    return payload.text if payload else None


@pytest.mark.parametrize("name", ["o.mp4", "o.mkv"])
def test_manifest_and_mark_tell_of_each_other(tmp_path: Path, identity: Identity, name: str) -> None:
    path = tmp_path / name
    stamp = OutputMarks(str(path), Marking(), CONSENT, NOW, identity)
    produced(stamp, path)
    told = read_provenance(path, identity.root)
    assert told.state is ManifestState.TRUSTED and told.watermark == read_mark(path)
    assert stamp.marker is not None and told.watermark == stamp.marker.payload.text
    assert stamp.marker.payload.producer == identity.producer


def test_two_outputs_have_two_sessions(tmp_path: Path, identity: Identity) -> None:
    one, two = (OutputMarks("o.mp4", Marking(), None, NOW, identity).marker for _ in range(2))
    assert one is not None and two is not None and one.payload.session != two.payload.session


@pytest.mark.parametrize(
    ("marking", "state", "marked", "off"),
    [
        (Marking(manifest=False, because="a test plate"), ManifestState.MISSING, True, ["signed manifest"]),
        (Marking(watermark=False, because="a test plate"), ManifestState.TRUSTED, False, ["invisible watermark"]),
        (
            Marking(False, False, "a test plate"),
            ManifestState.MISSING,
            False,
            ["signed manifest", "invisible watermark"],
        ),
    ],
)
def test_layers_go_off_loudly(
    tmp_path: Path,
    identity: Identity,
    marking: Marking,
    state: ManifestState,
    marked: bool,
    off: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    path, journal = tmp_path / "o.mp4", tmp_path / "log" / "unmarked.jsonl"
    with caplog.at_level(logging.WARNING, "understudy.marking"):
        produced(OutputMarks(str(path), marking, None, NOW, identity, journal), path)
    assert read_provenance(path, identity.root).state is state
    assert (read_mark(path) is not None) == marked
    (line,) = [json.loads(one) for one in journal.read_text().splitlines()]
    assert line == {"at": "2026-11-21T00:00:00+00:00", "output": str(path), "off": off, "because": "a test plate"}
    assert "a test plate" in caplog.text


def test_marked_outputs_are_not_logged(tmp_path: Path, identity: Identity) -> None:
    OutputMarks("o.mp4", Marking(), None, NOW, identity, tmp_path / "unmarked.jsonl")
    assert not (tmp_path / "unmarked.jsonl").exists()


@pytest.mark.parametrize("because", ["", "  "])
def test_no_reason_no_switch(because: str) -> None:
    with pytest.raises(MarkingError, match="signed manifest can be left off, but not silently"):
        Marking(manifest=False, because=because)


def test_what_cannot_be_logged_is_not_made(tmp_path: Path, identity: Identity) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MarkingError, match="unmarked outputs are logged"):
        OutputMarks(
            "o.mp4", Marking(watermark=False, because="x"), None, NOW, identity, tmp_path / "file" / "log.jsonl"
        )


def test_what_the_report_says(tmp_path: Path, identity: Identity) -> None:
    path = tmp_path / "o.mkv"
    stamp = OutputMarks(str(path), Marking(), CONSENT, NOW, identity)
    assert stamp.marker is not None
    before = stamp.as_json()
    assert (before["manifest"], before["signer"]) == (None, None), "nothing is signed yet"
    produced(stamp, path)
    assert stamp.as_json() == {
        "watermark": stamp.marker.payload.text,
        "manifest": "o.c2pa",
        "signer": identity.name,
        "off": [],
        "because": None,
    }


def test_who_signs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNDERSTUDY_SIGNING", str(tmp_path / "own" / "signing"))
    own, house = identity_of(Signer()), local_identity(tmp_path / "house")
    assert own == local_identity(tmp_path / "own" / "signing")
    assert identity_of(Signer(timestamp="http://time.example.org")).timestamp == "http://time.example.org"
    chain, key = tmp_path / "house" / "chain.pem", tmp_path / "house" / "key.pem"
    assert identity_of(Signer(chain, key)) == house
    with pytest.raises(SigningError, match="belong together"):
        identity_of(Signer(chain, tmp_path / "own" / "signing" / "key.pem"))
