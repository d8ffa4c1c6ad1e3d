"""Figures: a session as it stands, for pages and other clients: delays, counts, faces that are seen, what is wanted."""

import statistics

from stream.live.session import LiveSession
from stream.live.wanted import Wanted


def figures(session: LiveSession | None, wanted: Wanted | None, recording: int = 0) -> dict[str, object]:
    """wanted: what it shows, None while it has no face. recording: viewers who say that they record. For JSON."""
    told: dict[str, object] = {"live": session is not None, "recording": recording}
    if wanted is not None:
        told["settings"] = wanted.to_json()
    return told if session is None else told | _of_session(session)


def _of_session(s: LiveSession) -> dict[str, object]:
    delay = statistics.median(s.delays) if s.delays else 0.0
    faces = [
        {
            "id": face.id,
            "box": [round(v, 1) for v in (face.box.x0, face.box.y0, face.box.x1, face.box.y1)],
            "person": None if face.source is None else face.source + 1,
        }
        for face in s.seen
    ]
    return {
        "came": s.came,
        "left": s.left,
        "shed": s.shed,
        "held": s.held,
        "delay_ms": round(1000 * delay, 1),
        "route": s.route,
        "rung": s.rung.name.lower(),
        "faces": s.faces,
        "viewers": len(s.video),
        "clock": round(s.clock(), 3),
        "picture": list(s.size),
        "tracks": faces,
    }
