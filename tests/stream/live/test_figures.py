"""What is told of a session: its faces with boxes and people, its settings; and whether it has begun."""

import asyncio
import json

import pytest

from engines.values import Box
from stream.live.figures import figures
from stream.live.session import LiveSession
from stream.live.swap import FollowedFace
from stream.live.wanted import first
from stream.pipeline.control import SourceSet
from stream.pipeline.spec import SwapSpec
from stream.pixels.label import Label
from stream.telemetry.metrics import Metrics
from tests.stream.io.feeding import Same

WANTED = first(SwapSpec(who="all"), SourceSet(baked=True), Label("Altered"))


def test_what_waits_has_its_settings_alone() -> None:
    assert figures(None, None) == {"live": False, "recording": 0}
    assert figures(None, WANTED, 2) == {"live": False, "recording": 2, "settings": WANTED.to_json()}


def test_a_session_tells_its_faces_and_delays() -> None:
    async def main() -> None:
        session = LiveSession(Same, Metrics(), clock=lambda: 12.3456)
        session.seen = (FollowedFace(7, Box(1.04, 2, 3, 4), 1), FollowedFace(8, Box(5, 6, 7, 8), None))
        session.size = (640, 480)
        session.delays.extend([0.03, 0.05, 0.2])
        told = json.loads(json.dumps(figures(session, WANTED)))
        await session.close()
        assert told["tracks"] == [
            {"id": 7, "box": [1.0, 2, 3, 4], "person": 2},
            {"id": 8, "box": [5, 6, 7, 8], "person": None},
        ]
        assert told["picture"] == [640, 480] and told["delay_ms"] == pytest.approx(50) and told["clock"] == 12.346
        assert told["live"] and told["rung"] == "full" and told["settings"]["who"] == "all"

    asyncio.run(main())
