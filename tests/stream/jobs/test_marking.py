"""A job's marking put together: what is opened, what is said in words and in the report, what is signed with."""

import hashlib
import json
import logging
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest

from engines.errors import UnderstudyError
from engines.values import Box
from stream.frame import Route
from stream.jobs import marking as marks
from stream.jobs.job import SwapJob
from stream.marks.happened import WhatHappened
from stream.marks.keys import Identity, local_identity
from stream.marks.layers import Marking, MarkingError, Signer
from stream.marks.output_marks import OutputMarks
from stream.media.marking import MarkingSink
from stream.media.sink import Encoding, open_sink
from stream.media.source import open_source
from stream.pipeline.guard import Missed, Reason
from stream.pipeline.misses import MissLog
from stream.pipeline.spec import SwapSpec
from stream.telemetry.stats import Stats
from tests.stream import clips
from tests.stream.jobs.stages import stages

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
BARE = Marking(False, False, "nobody will see it")
MARK_ONLY = Marking(manifest=False, because="the player chokes on it")


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keys in a folder of the test's own, as the journal is."""
    monkeypatch.setattr("stream.marks.output_marks.local_identity", lambda: identity(tmp_path))
    return tmp_path


def identity(folder: Path) -> Identity:
    return local_identity(folder / "keys")


def job(marking: Marking = Marking(), target: str = "in.mp4") -> SwapJob:  # noqa: B008 (frozen)
    return SwapJob(SwapSpec(((Path("face.png"),),)), target, "out.mp4", marking=marking)


def networks(folder: Path) -> dict[str, Path]:
    """One that was opened."""
    (folder / "net.onnx").write_bytes(b"weights")
    return {"net": folder / "net.onnx"}


def test_without_layers_nothing_is_signed_and_the_reason_is_logged(
    state: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        stamp = marks.open_marks(job(BARE), "out.mp4")
    assert stamp.marker is None
    assert not (state / "keys").exists(), "no key is made for nothing"
    assert "nobody will see it" in caplog.text
    assert marks.in_words(stamp) == "not marked: nobody will see it"
    (line,) = (json.loads(text) for text in (state / "journal.jsonl").read_text().splitlines())
    assert (line["output"], line["because"]) == ("out.mp4", "nobody will see it")


def test_the_mark_alone_is_told_by_its_text(state: Path) -> None:
    stamp = marks.open_marks(job(MARK_ONLY), "out.mp4")
    assert stamp.marker is not None
    assert marks.in_words(stamp) == f"marked: invisible mark {stamp.marker.payload.text}"


def test_a_signature_is_told_once_it_is_there(state: Path) -> None:
    stamp = OutputMarks("out.mp4", Marking(), None, NOON, identity(state))
    assert stamp.marker is not None
    before = marks.in_words(stamp)
    assert "signed" not in before
    stamp.signed = "in the file"
    assert marks.in_words(stamp) == f"{before}; signed record in the file, by {identity(state).name}"


def test_a_sink_marks_only_where_there_is_a_marker(state: Path, tmp_path: Path) -> None:
    clip = clips.make(tmp_path / "a.mp4", frames=2)
    with open_source(str(clip)) as source:
        sink = open_sink(str(tmp_path / "b.mp4"), source, Encoding())
        assert marks.marked(sink, marks.open_marks(job(BARE), "b.mp4")) is sink
        assert isinstance(marks.marked(sink, marks.open_marks(job(MARK_ONLY), "b.mp4")), MarkingSink)
        sink.abandon()


def test_the_report_names_networks_by_digest(state: Path) -> None:
    stamp = marks.open_marks(job(MARK_ONLY), "out.mp4")
    told = marks.as_report(stamp, job(MARK_ONLY), networks(state), MissLog())
    assert told["consent"] is None
    models = told["models"]
    assert isinstance(models, list)
    assert models == [{"name": "net", "sha256": hashlib.sha256(b"weights").hexdigest()}]
    marking = told["marking"]
    assert isinstance(marking, dict)
    assert marking["off"] == ["signed manifest"]
    json.dumps(told)


def test_where_nothing_was_replaced_there_is_nothing_marked(state: Path) -> None:
    assert marks.as_report(None, job(), networks(state), MissLog())["marking"] is None


def test_what_signs_knows_the_routes_as_they_were_at_the_end(state: Path) -> None:
    """The signer is made before the first frame and called after the last."""
    signed: list[tuple[object, ...]] = []

    class Recording(OutputMarks):
        def sign(self, path: Path, version: str, happened: WhatHappened, ingredient: Path | None) -> Path | None:
            signed.append((path, happened, ingredient))
            return None

    stats, misses = Stats(), MissLog()
    stamp = Recording("out.mp4", MARK_ONLY, None, NOON, identity(state))
    for _ in range(3):
        stats.routed(Route.FAST, 0.01)
        misses.add(0.0, True, ())
    stats.routed(Route.REFINE, 0.02)
    misses.add(0.0, False, (), covered=True)
    pipeline = replace(stages(), files=networks(state), misses=misses)
    trimmed = replace(job(MARK_ONLY, "clip.mp4"), start=Fraction(1))
    marks.sign(Path("out.part.mp4"), stamp, trimmed, marks.what_happened(trimmed, pipeline, stats, True), stats)
    ((path, happened, ingredient),) = signed
    assert (path, ingredient) == (Path("out.part.mp4"), Path("clip.mp4"))
    assert isinstance(happened, WhatHappened)
    assert (happened.frames, happened.painted, happened.covered) == (4, 3, 1)
    assert happened.routes == {"fast": 3, "refine": 1}
    assert (happened.start, happened.end, happened.partial) == (Fraction(1), None, True)
    assert [model.name for model in happened.models] == ["net"]
    assert stats.table().stages["sign"].count == 1


@pytest.mark.parametrize("target", ["-", "rtmp://host/key"])
def test_pipes_and_addresses_are_no_ingredient(target: str) -> None:
    assert job(target=target).ingredient is None


def test_a_journal_that_cannot_be_written_stops_an_unmarked_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("UNDERSTUDY_JOURNAL", str(tmp_path / "file" / "journal.jsonl"))
    with pytest.raises(MarkingError, match="logged"):
        marks.open_marks(job(BARE), "out.mp4")


def test_a_layer_does_not_go_off_without_a_reason() -> None:
    for manifest, watermark in ((False, True), (True, False), (False, False)):
        with pytest.raises(MarkingError, match="--because"):
            Marking(manifest, watermark)
    assert Marking().off == ()


def test_a_key_goes_with_a_certificate() -> None:
    with pytest.raises(MarkingError, match="--certificate"):
        Signer(key=Path("k.pem"))
    with pytest.raises(MarkingError, match="--certificate"):
        Signer(remote="https://signer.example")
    assert Signer(timestamp="https://time.example").chain is None


@pytest.mark.parametrize(("painted", "missed"), [(0, 0), (9, 1)])
def test_strict_faces_refuse_a_job_in_which_one_was_missed(painted: int, missed: int) -> None:
    misses = MissLog()
    for _ in range(painted):
        misses.add(0.0, True, ())
    for _ in range(missed):
        misses.add(2.5, False, (Missed(1, Reason.LOST, Box(0, 0, 9, 9)),))
    marks.refuse_misses(job(), misses)
    strict = replace(job(), spec=replace(job().spec, strict_faces=True))
    with pytest.raises(UnderstudyError, match="first at 0:02.5" if missed else "in every frame"):
        marks.refuse_misses(strict, misses)


def test_strict_faces_are_content_where_all_were_painted() -> None:
    misses = MissLog()
    misses.add(0.0, True, ())
    marks.refuse_misses(replace(job(), spec=replace(job().spec, strict_faces=True)), misses)
