"""A stream from begin to end, changed by its control socket on the way; and the ports as the options say them."""

import asyncio
import json
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engines.errors import UnderstudyError
from stream.consent.consent import Given, bare, consent_said
from stream.consent.package import IdentityStore
from stream.io.address import inlet, outlet
from stream.io.recordings import Recordings
from stream.live.swaps import LiveOptions
from stream.marks.keys import local_identity
from stream.marks.read import read_provenance
from stream.pipeline.choices import OnMiss, Routing
from stream.pipeline.spec import SwapSpec
from stream.pixels.label import draw
from tests.stream.io.desk import installed
from tests.stream.io.feeding import port
from tests.tools.commands import film, needs_models
from tools.live.stream_run import ControlPorts, StreamRun, run_stream

NOW = datetime(2026, 11, 30, tzinfo=UTC)


def test_ports_are_read_and_open_on_this_machine_alone() -> None:
    assert ControlPorts.read(None, None, None) == ControlPorts()
    told = ControlPorts.read(":8765", "secret", "127.0.0.1:9000")
    assert told == ControlPorts(("127.0.0.1", 8765), "secret", ("127.0.0.1", 9000)) and "secret" not in repr(told)
    with pytest.raises(UnderstudyError, match="goes with --control"):
        ControlPorts.read(None, "secret", None)


async def asked(place: int, changes: list[dict[str, object]]) -> list[dict[str, Any]]:
    """Each change's answer, asked once the stream shows a face."""
    async with asyncio.timeout(80):
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", place)
                break
            except OSError:
                await asyncio.sleep(0.05)
        answers: list[dict[str, Any]] = []
        while not answers:
            writer.write(b'{"get": "state"}\n')
            told = json.loads(await reader.readline())
            if told.get("tracks"):
                answers.append(told)
            await asyncio.sleep(0.05)
        for change in changes:
            writer.write(json.dumps(change).encode() + b"\n")
            answers.append(json.loads(await reader.readline()))
        writer.close()
    return answers


@pytest.mark.models
@needs_models[1]
@pytest.mark.timeout(120)
def test_a_stream_is_changed_on_the_way_and_its_record_names_everybody(
    tmp_path: Path, face: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNDERSTUDY_IDENTITIES", str(tmp_path / "kept"))
    IdentityStore(tmp_path / "kept").add("grace", [face], "Grace agreed", NOW)
    film(tmp_path / "in.mp4", 600, with_face=True, size=320)
    identity, place = local_identity(tmp_path / "keys" / "signing"), port()
    spec = SwapSpec(((face,),), who="all", routing=Routing.FAST, on_miss=OnMiss.HOLD)
    given = [outlet(str(tmp_path / "out.mp4"))]
    options = LiveOptions()
    agreed = consent_said([bare([face])], Given.FLAG, NOW)
    assert options.label is not None
    recordings = Recordings(given, options.marking, agreed, identity, lambda: NOW, options.label.words)
    taken = inlet(str(tmp_path / "in.mp4"), realtime=True)
    what = StreamRun(spec, options, taken, given, recordings, ports=ControlPorts(("127.0.0.1", place)))
    changes: list[dict[str, object]] = [
        {"strength": 0.5, "label": "Changed"},
        {"strength": 7},
        {"source": ["grace"], "consent": True},
    ]

    async def main() -> list[dict[str, Any]]:
        asking = asyncio.create_task(asked(place, changes))
        running = asyncio.create_task(run_stream(what))
        answers = await asking
        signal.raise_signal(signal.SIGTERM)  # as an operator ends it
        await running
        return answers

    first, half, wrong, grace = asyncio.run(main())
    assert first["settings"]["people"] == 1 and first["tracks"][0]["person"] == 1
    assert np.all(np.array(first["tracks"][0]["box"]) > 0) and first["picture"] == [320, 320]
    assert half["ok"] and half["settings"]["strength"] == 0.5
    assert not wrong["ok"] and wrong["field"] == "strength"
    assert grace["ok"] and grace["settings"]["names"] == ["grace"] and grace["settings"]["strength"] == 0.5
    record = read_provenance(tmp_path / "out.mp4", identity.root).record
    assert record is not None and record.painted
    assert record.label == f"{options.label.words} / Changed"
    assert [said.given for said in record.consents] == [Given.FLAG.value, Given.RECORD.value]


@pytest.mark.models
@needs_models[1]
@pytest.mark.timeout(120)
def test_what_a_virtual_camera_shows_is_labelled_like_all_that_leaves(
    tmp_path: Path, face: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = installed(monkeypatch)
    film(tmp_path / "in.mp4", 90, with_face=True, size=480)
    given, options = [outlet("virtualcam:?fps=30")], LiveOptions()
    identity = local_identity(tmp_path / "keys" / "signing")
    recordings = Recordings(given, options.marking, None, identity, lambda: NOW)
    spec = SwapSpec(((face,),), who="all", routing=Routing.FAST, on_miss=OnMiss.HOLD)
    asyncio.run(run_stream(StreamRun(spec, options, inlet(str(tmp_path / "in.mp4"), realtime=True), given, recordings)))
    shown = [one.reshape(720, 480)[:480] for one in desk.pictures]
    assert shown and desk.opened[-1] == (480, 480)
    assert options.label is not None
    patch = draw(options.label, 480, 480)
    height, width = patch.alpha.shape
    label = shown[-1][patch.y : patch.y + height, patch.x : patch.x + width]
    assert label.min() < 60 and label.max() > 180, "light words on dark ground"
