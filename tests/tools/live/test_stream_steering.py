"""What `stream` is told while it runs: the session gets it, and the records hear of who came in."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.errors import UnderstudyError
from stream.consent.consent import Consent, Given
from stream.consent.package import IdentityStore
from stream.live.session import LiveSession
from stream.live.steering import Steer, SteerError
from stream.live.wanted import first
from stream.pipeline.control import Change, SourceSet
from stream.pipeline.spec import SwapSpec
from stream.pixels.label import Label
from stream.telemetry.metrics import Metered, Metrics
from tests.stream.io.feeding import Same
from tools.live.face_admission import FaceAdmission
from tools.live.stream_steering import StreamSteering

SPEC = SwapSpec(who="all")
ONE = SourceSet(rows=np.zeros((1, 2), np.float32))


@dataclass
class Rig:
    """A session, what changes it, and what the records heard."""

    folder: Path
    came: list[Consent] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    swap: Same | None = None
    session: LiveSession | None = None

    def begin(self) -> StreamSteering:
        """On a running loop."""
        store = IdentityStore(self.folder / "kept")
        photo = self.folder / "ann.png"
        cv2.imwrite(str(photo), np.full((8, 8, 3), 90, np.uint8))
        store.add("ann", [photo], "Ann agreed", datetime.now(UTC))
        admission = FaceAdmission(lambda _: None, lambda _: SourceSet(rows=np.ones((1, 2), np.float32)), store)
        wanted = first(SPEC, ONE, Label("Altered"))
        return StreamSteering(SPEC, wanted, lambda: self.session, admission, self.came.append, self.labels.append)

    def make(self, stats: Metered) -> Same:
        self.swap = Same(stats)
        return self.swap


def test_changes_reach_the_session_and_the_records(tmp_path: Path) -> None:
    rig = Rig(tmp_path)

    async def main() -> None:
        steering = rig.begin()
        with pytest.raises(UnderstudyError, match="not begun"):
            await steering.change(Steer(strength=0.5))
        rig.session = LiveSession(rig.make, Metrics())
        told = await steering.change(Steer(strength=0.5))
        assert told["settings"] == steering.state()["settings"] and told["live"]
        assert not rig.came and not rig.labels
        await steering.change(Steer(source=("ann",), consent=True, label="Changed"))
        await rig.session.close()

    asyncio.run(main())
    assert rig.swap is not None
    (plain, none), (faces, label) = rig.swap.changes
    assert plain == Change(strength=0.5) and none is None
    assert faces.sources is not None and faces.sources is not ONE and label == Label("Changed")
    assert [(s.name, g) for c in rig.came for s, g in zip(c.sources, c.given, strict=True)] == [("ann", Given.RECORD)]
    assert rig.labels == ["Changed"]


def test_what_is_refused_changes_nothing_and_is_recorded_nowhere(tmp_path: Path) -> None:
    rig = Rig(tmp_path)

    async def main() -> None:
        steering = rig.begin()
        rig.session = LiveSession(rig.make, Metrics())
        for steer in (Steer(source=("zoe",), consent=True), Steer(model="other"), Steer(map=("9=all",))):
            with pytest.raises(SteerError):
                await steering.change(steer)
        settings = steering.state()["settings"]
        assert isinstance(settings, dict) and settings["people"] == 1 and settings["who"] == "all"
        await rig.session.close()

    asyncio.run(main())
    assert not rig.came and (rig.swap is None or not rig.swap.changes)
