"""Report: a run as JSON. Frames go to disk as they come, so that memory stays flat however long the clip."""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from engines.errors import OutputError
from stream.frame import Plan, Route
from stream.media.atomicfile import AtomicFile
from stream.telemetry.stats import StageTiming, Table


class Report:
    """Written beside the final name and renamed when whole; nothing stands under the final name before `finish`."""

    def __init__(self, path: Path) -> None:
        """Raises OutputError if the file cannot be made."""
        self._landing = AtomicFile(path)
        self._first = True
        try:
            self._file: TextIO = self._landing.partial.open("w", encoding="utf-8")
        except OSError as error:
            self._landing.abandon()
            raise OutputError(f"cannot write the report {path}: {error.strerror}; choose another place") from error
        self._write('{"frames":[')

    def add(self, plan: Plan) -> None:
        """One frame's row, in order."""
        row = json.dumps(frame_row(plan), separators=(",", ":"))
        self._write(row if self._first else ",\n" + row)
        self._first = False

    def finish(self, table: Table, source: Mapping[str, object], output: Mapping[str, object], **told: object) -> None:
        """Adds the figures and gives the file its final name. told: what else there is to say, under its own names."""
        rest = {
            "routes": {route.value: route_row(table, route) for route in table.routes},
            "stages": {name: {"count": t.count, **quantiles(t)} for name, t in table.stages.items()},
            "fps": round(table.fps, 3),
            "wall_s": round(table.wall, 3),
            "input": source,
            "output": output,
            **told,
        }
        self._write("],\n" + json.dumps(rest)[1:] + "\n", last=True)
        self._landing.land()

    def _write(self, text: str, last: bool = False) -> None:
        try:
            self._file.write(text)
            if last:
                self._file.close()
        except OSError as error:
            raise OutputError(f"cannot write the report {self._landing.path}: {error.strerror}; make room") from error

    def abandon(self) -> None:
        """Leaves nothing behind. May be called at any time, also after `finish`."""
        with suppress(OSError):
            self._file.close()
        self._landing.abandon()


def frame_row(plan: Plan) -> dict[str, object]:
    """A frame as the report tells it. box: [x0, y0, x1, y1] in pixels of the displayed frame."""
    scene = plan.scene
    return {
        "index": scene.frame.index,
        "pts": scene.frame.pts,
        "route": plan.route.value,
        "tracks": [
            {
                "id": track.id,
                "box": [round(float(v), 1) for v in (track.box.x0, track.box.y0, track.box.x1, track.box.y1)],
                "score": round(float(track.face.score), 4),
            }
            for track in scene.tracks
        ],
    }


def route_row(table: Table, route: Route) -> dict[str, float]:
    """The profiler's figures of one route: frames, their share of all, mean of painting and refining."""
    timing = table.routes[route]
    return {
        "count": timing.count,
        "share": round(table.share(route), 4),
        "mean_ms": round(timing.mean * 1000, 3),
    }


def quantiles(timing: StageTiming) -> dict[str, float]:
    """A stage's quantiles in milliseconds, as every JSON of this project gives them."""
    return {f"p{q}_ms": round(getattr(timing, f"p{q}") * 1000, 3) for q in (50, 95, 99)}
