"""Files that a relay wrote, signed: which, with what payload, and what their records say."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from stream.consent.consent import ConsentedSource, Given, consent_said
from stream.io.address import inlet, outlet
from stream.io.recordings import Recordings, after_earlier, is_recording
from stream.io.relay import Relay
from stream.marks.keys import Identity, SigningError, local_identity
from stream.marks.layers import Marking
from stream.marks.provenance import ManifestState
from stream.marks.read import read_provenance
from stream.marks.sidecar import sidecar
from stream.telemetry.metrics import Metered, Metrics
from tests.stream.io.feeding import Same, counted, write

NOW = datetime(2026, 11, 30, tzinfo=UTC)


def clock() -> datetime:
    return NOW


@pytest.fixture
def identity(tmp_path: Path) -> Identity:
    return local_identity(tmp_path / "keys" / "signing")


def relayed(tmp_path: Path, names: list[str]) -> Relay:
    write(str(tmp_path / "in.mkv"), 1.5, size=(160, 120))
    given = [outlet(str(tmp_path / name)) for name in names]
    relay = Relay(inlet(str(tmp_path / "in.mkv"), realtime=True), given, Same, Metrics(), preset="ultrafast")
    asyncio.run(relay.run(asyncio.Event()))
    return relay


def test_which_outputs_are_recordings() -> None:
    files = ("a.mp4", "a.ts", "a.mkv", "a.flv")
    others = ("a.m3u8", "rtmp://h/app/key", "udp://127.0.0.1:9", "whip+https://h/whip/k")
    assert [is_recording(outlet(text)) for text in files + others] == [True] * 4 + [False] * 4


def test_files_are_signed_with_the_sessions_mark_and_the_rest_is_left(tmp_path: Path, identity: Identity) -> None:
    names = ["a.mp4", "b.ts", "live.m3u8"]
    recordings = Recordings(
        [outlet(str(tmp_path / name)) for name in names], Marking(), None, identity, clock, label="Not me"
    )
    relay = relayed(tmp_path, names)
    recordings.opened(counted(7))
    said = recordings.sign(relay.outputs)
    assert len(said) == 2 and "a.mp4: signed record in the file" in said[0] and "b.ts.c2pa" in said[1]
    assert sidecar(tmp_path / "b.ts").exists() and not sidecar(tmp_path / "live.m3u8").exists()
    for name, output in zip(names[:2], relay.outputs, strict=False):
        found = read_provenance(tmp_path / name, identity.root)
        assert found.state is ManifestState.TRUSTED and found.record is not None
        assert recordings.payload is not None and found.watermark == recordings.payload.text
        assert [found.record.frames, found.record.painted] == [output.pictures[0], 7]
        assert found.record.label == "Not me" and not found.record.partial and not found.record.resumed


def test_a_file_has_no_more_painted_pictures_than_it_has(tmp_path: Path, identity: Identity) -> None:
    recordings = Recordings([outlet(str(tmp_path / "a.mp4"))], Marking(), None, identity, clock)
    relay = relayed(tmp_path, ["a.mp4"])
    recordings.opened(counted(100_000))
    recordings.sign(relay.outputs)
    record = read_provenance(tmp_path / "a.mp4", identity.root).record
    assert record is not None and record.painted == record.frames == relay.outputs[0].pictures[0]


def test_nothing_is_signed_where_no_picture_came_or_the_record_is_off(tmp_path: Path, identity: Identity) -> None:
    (tmp_path / "x").mkdir()
    given = [outlet(str(tmp_path / "x" / "a.mp4"))]
    assert Recordings(given, Marking(), None, identity, clock).sign([]) == []
    off = Recordings(given, Marking(manifest=False, because="a test"), None, identity, clock)
    relay = relayed(tmp_path, ["a.mp4"])
    off.opened(counted(7))
    assert off.sign(relay.outputs) == []
    assert read_provenance(tmp_path / "a.mp4", identity.root).state is ManifestState.MISSING
    assert Recordings(given, Marking(watermark=False, because="a test"), None, identity, clock).payload is None


def test_another_files_record_in_the_way_is_told_at_the_start(tmp_path: Path, identity: Identity) -> None:
    sidecar(tmp_path / "a.ts").write_bytes(b"of something else")
    with pytest.raises(SigningError, match="is not overwritten"):
        Recordings([outlet(str(tmp_path / "a.ts"))], Marking(), None, identity, clock)


def test_who_came_in_while_it_ran_is_in_the_record_and_so_is_every_label(tmp_path: Path, identity: Identity) -> None:
    relay = relayed(tmp_path, ["a.mp4"])
    sources = [ConsentedSource(name, name[0] * 64, f"{name} agreed") for name in ("ann", "bob")]
    first, later = (consent_said([one], Given.REQUEST, NOW) for one in sources)
    recordings = Recordings([relay.outputs[0].address], Marking(), first, identity, clock, "Altered")
    recordings.came_in(later)
    recordings.relabelled("Changed")
    recordings.relabelled("Altered")
    recordings.opened(counted(3))
    (said,) = recordings.sign(relay.outputs)
    assert said.startswith("a.mp4: signed record")
    record = read_provenance(tmp_path / "a.mp4", identity.root).record
    assert record is not None and record.label == "Altered / Changed"
    assert len(record.consents) == 2


def test_a_relay_that_fails_has_its_files_signed_as_partial_ones(tmp_path: Path, identity: Identity) -> None:
    write(str(tmp_path / "in.mkv"), 1.0)
    given = [outlet(str(tmp_path / "a.ts"))]
    recordings = Recordings(given, Marking(), None, identity, clock)
    frames = 0

    class Failing(Same):
        def __call__(self, frame: Any) -> Any:
            nonlocal frames
            frames += 1
            if frames > 20:
                raise ZeroDivisionError
            return super().__call__(frame)

    def make(stats: Metered) -> Failing:
        recordings.opened(counted(frames))
        return Failing(stats)

    relay = Relay(inlet(str(tmp_path / "in.mkv"), realtime=True), given, make, Metrics(), preset="ultrafast")
    with pytest.raises(ZeroDivisionError):
        asyncio.run(recordings.run(relay, asyncio.Event()))
    record = read_provenance(tmp_path / "a.ts", identity.root).record
    assert record is not None and record.partial and record.frames == relay.outputs[0].pictures[0] > 0


def test_a_recording_over_an_earlier_one_gets_a_record_of_its_own(tmp_path: Path, identity: Identity) -> None:
    """The earlier one's record lies beside it, and is none of the new file's."""
    for painted in (3, 5):
        recordings = Recordings([outlet(str(tmp_path / "a.ts"))], Marking(), None, identity, clock)
        relay = relayed(tmp_path, ["a.ts"])
        recordings.opened(counted(painted))
        assert recordings.sign(relay.outputs)
        found = read_provenance(tmp_path / "a.ts", identity.root)
        assert found.state is ManifestState.TRUSTED and found.record is not None and found.record.painted == painted


def test_a_file_that_cannot_be_signed_does_not_keep_the_others_from_it(tmp_path: Path, identity: Identity) -> None:
    names = ["a.ts", "b.ts"]
    recordings = Recordings([outlet(str(tmp_path / name)) for name in names], Marking(), None, identity, clock)
    relay = relayed(tmp_path, names)
    recordings.opened(counted(7))
    sidecar(tmp_path / "a.ts").write_bytes(b"of something else")
    with pytest.raises(SigningError, match=r"a\.ts"):
        recordings.sign(relay.outputs)
    assert read_provenance(tmp_path / "b.ts", identity.root).state is ManifestState.TRUSTED


@pytest.mark.parametrize(
    ("there", "first", "second"),
    [
        ([], "a.ts", "a-2.ts"),
        (["a.ts"], "a-2.ts", "a-3.ts"),
        (["a-4.ts"], "a-5.ts", "a-6.ts"),
        (["a.ts.c2pa"], "a-2.ts", "a-3.ts"),
        (["a-0.ts", "a-b.ts", "a.mp4", "ba.ts"], "a.ts", "a-2.ts"),
    ],
)
def test_names_after_earlier_recordings(tmp_path: Path, there: list[str], first: str, second: str) -> None:
    for name in there:
        (tmp_path / name).touch()
    found = after_earlier(outlet(str(tmp_path / "a.ts")))
    assert [found.part(0), found.part(1)] == [str(tmp_path / first), str(tmp_path / second)]
    (tmp_path / "live.m3u8").touch()
    hls = outlet(str(tmp_path / "live.m3u8"))
    assert after_earlier(hls) is hls
