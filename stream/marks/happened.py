"""WhatHappened: what a job did to its pictures, as the job itself counted it. The signed record says this and no more.

Values only: knows neither C2PA nor where the counts come from.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from stream.untrusted.json_values import Json

PASS = "pass"
"""The route of a frame in which there was nothing to paint; `stream.frame.Route.PASS`."""


@dataclass(frozen=True, slots=True)
class UsedModel:
    """A network that had a part in it. sha256: hexadecimal, of the file that was loaded."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class WhatHappened:
    """made: when the output was finished; with a time zone. frames: pictures in the output. painted: those in which at
    least one face was replaced. covered: those in which a face was made unrecognisable instead. routes: frames by
    route. models: the networks that ran. start, end: seconds of the input between which it was read, None where it was
    not trimmed on that side. partial: the job was stopped, and what came before that is in the output. resumed: how
    often the job was taken up again after a break. label: the words of the visible label, empty where there is none."""

    made: datetime
    frames: int
    painted: int
    covered: int = 0
    routes: Mapping[str, int] = field(default_factory=dict)
    models: tuple[UsedModel, ...] = ()
    start: Fraction | None = None
    end: Fraction | None = None
    partial: bool = False
    resumed: int = 0
    label: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError for counts that cannot be."""
        if self.made.tzinfo is None:
            raise ValueError("`made` has no time zone; pass an aware datetime")
        if min(self.frames, self.painted, self.covered, self.resumed, *self.routes.values()) < 0:
            raise ValueError("a count of frames or of resumptions is negative")
        if max(self.painted, self.covered) > self.frames:
            raise ValueError(
                f"{self.painted} painted and {self.covered} covered frames are more than the output's {self.frames}"
            )

    def to_json(self) -> dict[str, Json]:
        """For the signed record and for reports. Seconds as numbers, `made` in ISO 8601."""
        return {
            "made": self.made.isoformat(timespec="seconds"),
            "frames": self.frames,
            "painted": self.painted,
            "covered": self.covered,
            "routes": dict(self.routes),
            "models": [{"name": model.name, "sha256": model.sha256} for model in self.models],
            "start_s": None if self.start is None else round(float(self.start), 6),
            "end_s": None if self.end is None else round(float(self.end), 6),
            "partial": self.partial,
            "resumed": self.resumed,
            "label": self.label or None,
        }
