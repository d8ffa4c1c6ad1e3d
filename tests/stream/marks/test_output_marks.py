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
from engines.watermark.payload import Payload
from stream.consent.consent import ConsentedSource, require_consent
from stream.marks.happened import UsedModel, WhatHappened
from stream.marks.keys import Identity, SigningError, local_identity
from stream.marks.layers import Marking, MarkingError, Signer
from stream.marks.output_marks import OutputMarks, identity_of
from stream.marks.provenance import ManifestState
from stream.marks.read import read_provenance
from stream.marks.sidecar import sidecar
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
    stamp.sign(
        part, "0.1.0", WhatHappened(NOW, len(lumas), len(lumas), routes={"fast": len(lumas)}, models=MODELS), None
    )
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
        "manifest": "o.mkv.c2pa",
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


class TestSidecarInTheWay:
    def test_a_foreign_one_stops_the_work_before_it_begins(self, tmp_path: Path, identity: Identity) -> None:
        """An output x.ts beside whose place another file's record lies."""
        produced(OutputMarks(str(tmp_path / "y.ts"), Marking(), CONSENT, NOW, identity), tmp_path / "y.ts")
        foreign = sidecar(tmp_path / "y.ts").rename(sidecar(tmp_path / "x.ts"))
        before = foreign.read_bytes()
        with pytest.raises(SigningError, match=r"x\.ts\.c2pa is the signed record of another file.*move it away"):
            OutputMarks(str(tmp_path / "x.ts"), Marking(), CONSENT, NOW, identity)
        assert foreign.read_bytes() == before

    def test_a_stale_one_too(self, tmp_path: Path, identity: Identity) -> None:
        path = tmp_path / "x.ts"
        produced(OutputMarks(str(path), Marking(), CONSENT, NOW, identity), path)
        path.write_bytes(path.read_bytes() + b"more")
        with pytest.raises(SigningError, match="is not overwritten"):
            OutputMarks(str(path), Marking(), CONSENT, NOW, identity)

    def test_one_that_comes_while_the_work_goes_on(self, tmp_path: Path, identity: Identity) -> None:
        path = tmp_path / "x.ts"
        stamp = OutputMarks(str(path), Marking(), CONSENT, NOW, identity)
        sidecar(path).write_bytes(b"somebody's")
        with pytest.raises(SigningError, match="is not overwritten"):
            produced(stamp, path)
        assert sidecar(path).read_bytes() == b"somebody's"

    def test_that_of_the_file_which_is_replaced_goes_with_it(self, tmp_path: Path, identity: Identity) -> None:
        path = tmp_path / "x.ts"
        for _ in range(2):
            produced(OutputMarks(str(path), Marking(), CONSENT, NOW, identity), path)
            assert read_provenance(path, identity.root).state is ManifestState.TRUSTED
        assert sorted(one.name for one in tmp_path.iterdir() if one.is_file()) == ["x.ts", "x.ts.c2pa"]

    def test_the_jobs_own_left_by_a_break_is_replaced(self, tmp_path: Path, identity: Identity) -> None:
        """Killed between the record and the file's name: the record lies there, and the file does not."""
        path, payload = tmp_path / "x.ts", Payload(identity.producer, 77)
        produced(OutputMarks(str(path), Marking(), CONSENT, NOW, identity, payload=payload), path)
        path.unlink()
        with pytest.raises(SigningError, match="is not overwritten"):
            OutputMarks(str(path), Marking(), CONSENT, NOW, identity)
        produced(OutputMarks(str(path), Marking(), CONSENT, NOW, identity, payload=payload), path)
        assert read_provenance(path, identity.root).state is ManifestState.TRUSTED

    def test_a_neighbours_is_no_matter(self, tmp_path: Path, identity: Identity) -> None:
        for name in ("x.mkv", "x.ts", "x.mp4"):
            produced(OutputMarks(str(tmp_path / name), Marking(), CONSENT, NOW, identity), tmp_path / name)
        for name in ("x.mkv", "x.ts", "x.mp4"):
            assert read_provenance(tmp_path / name, identity.root).state is ManifestState.TRUSTED

    @pytest.mark.parametrize("output", ["-", "rtmp://host/a/b", "o.mp4"])
    def test_where_there_is_no_place_none_is_looked_at(
        self, tmp_path: Path, identity: Identity, output: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "-.c2pa").touch()
        (tmp_path / "o.mp4.c2pa").touch()
        OutputMarks(output, Marking(), CONSENT, NOW, identity)


def test_an_output_that_did_not_land_takes_its_record_back(tmp_path: Path, identity: Identity) -> None:
    path = tmp_path / "o.ts"
    stamp = OutputMarks(str(path), Marking(), CONSENT, NOW, identity)
    produced(stamp, path)
    assert stamp.beside == sidecar(path)
    stamp.discard()
    assert not sidecar(path).exists()
    stamp.discard()
    assert stamp.as_json()["manifest"] is None


def test_a_recording_names_the_mark_of_its_session(tmp_path: Path, identity: Identity) -> None:
    payload = Payload(identity.producer, 4711)
    stamp = OutputMarks(str(tmp_path / "o.mp4"), Marking(), CONSENT, NOW, identity, payload=payload)
    produced(stamp, tmp_path / "o.mp4")
    assert read_provenance(tmp_path / "o.mp4").watermark == payload.text == read_mark(tmp_path / "o.mp4")


def test_nobody_is_asked_to_sign_where_the_network_is_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNDERSTUDY_SIGNING", str(tmp_path / "own" / "signing"))
    monkeypatch.setenv("UNDERSTUDY_OFFLINE", "1")
    identity_of(Signer())
    for signer in (
        Signer(timestamp="http://time.example.org"),
        Signer(tmp_path / "own" / "signing" / "chain.pem", remote="https://sign.example.org"),
    ):
        with pytest.raises(SigningError, match=r"UNDERSTUDY_OFFLINE is set, and signing would ask .*example\.org"):
            identity_of(signer)
