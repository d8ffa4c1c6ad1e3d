"""When a track changes its occlusion class: thresholds with hysteresis, as values, in a small TOML file.

Pure: a track's state goes in, the next comes out. Knows classes, not lanes; frames, not seconds.
"""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from calib.temperature import softmax
from engines.errors import ModelError
from engines.occlusion.network import NONE, OPAQUE, TRANSPARENT
from engines.values import F32

COUNTS = ("enter_frames", "leave_frames", "dwell")
SHIPPED = Path(__file__).parent / "routing.toml"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """temperature: the logits are divided by it. keep: share of the last frame's smoothed logits kept. enter:
    probability at which another class is taken up, after enter_frames in a row. leave: probability of the present
    class at or below which it is left, after leave_frames in a row. dwell: frames that a class is kept at least. sure:
    confidence below which a face that passes for clear is masked nevertheless."""

    temperature: float = 1.0
    keep: float = 0.4
    enter: float = 0.7
    enter_frames: int = 2
    leave: float = 0.4
    leave_frames: int = 2
    dwell: int = 3
    sure: float = 0.6

    def __post_init__(self) -> None:
        shares = 0 <= self.leave < self.enter <= 1 and 0 <= self.keep < 1 and 0 <= self.sure <= 1
        if not (shares and 0 < self.temperature < np.inf and min(getattr(self, name) for name in COUNTS) >= 0):
            raise ValueError(
                "thresholds that cannot work: leave < enter, both and sure 0 to 1, keep below 1, no count negative: "
                f"{self}"
            )


@dataclass(frozen=True, slots=True, eq=False)  # arrays have no plain equality
class RouteState:
    """A track's state. kind: NONE, OPAQUE, TRANSPARENT. logits: smoothed, (3,). rising: frames in a row that `wanted`
    has asked to be entered. falling: frames in a row that the present class was weak. age: frames in this class."""

    kind: int
    logits: F32
    wanted: int
    rising: int = 0
    falling: int = 0
    age: int = 0

    def masked(self, thresholds: Thresholds) -> int:
        """The class to act on: OPAQUE instead of NONE where the network is in doubt."""
        p = softmax(self.logits, thresholds.temperature)
        return OPAQUE if self.kind == NONE and float(p[NONE]) < thresholds.sure else self.kind


def advance(before: RouteState | None, logits: F32, thresholds: Thresholds, cut: bool = False) -> RouteState:
    """The state after a frame whose logits (3,) the network gave. before: None for a new track. cut: a new shot began,
    nothing from before it counts."""
    t = thresholds
    if before is None or cut:
        return RouteState(int(np.argmax(logits)), logits, int(np.argmax(logits)))
    z = np.asarray(t.keep * before.logits + (1 - t.keep) * logits, np.float32)
    p = softmax(z, t.temperature)
    best = int(p.argmax())
    other = best if best != before.kind else before.wanted
    rises = best != before.kind and float(p[best]) >= t.enter
    rising = (before.rising + 1 if other == before.wanted else 1) if rises else 0
    falling = before.falling + 1 if float(p[before.kind]) <= t.leave else 0
    age = before.age + 1
    change = age >= t.dwell and best != before.kind and (rising >= t.enter_frames or falling >= t.leave_frames)
    if change:
        return RouteState(best, z, best)
    return RouteState(before.kind, z, other, rising, falling, age)


def routed(logits: F32, thresholds: Thresholds) -> list[int]:
    """The class acted on in each frame of a sequence of logits (n, 3)."""
    held, out = None, []
    for row in logits:
        held = advance(held, row, thresholds)
        out.append(held.masked(thresholds))
    return out


def save(thresholds: Thresholds, path: Path, notes: tuple[str, ...] = ()) -> None:
    """Writes a TOML file; notes become comments at its head."""
    lines = [f"# {note}" for note in notes]
    for field in fields(thresholds):
        value = getattr(thresholds, field.name)
        lines.append(f"{field.name} = {value if isinstance(value, int) else round(float(value), 4)}")
    path.write_text("\n".join(lines) + "\n")


def load(path: Path = SHIPPED) -> Thresholds:
    """Reads what `save` wrote. ModelError where the file is missing or says something else."""
    try:
        found = tomllib.loads(path.read_text("utf-8"))
        for name, value in found.items():
            if isinstance(value, bool) or not isinstance(value, int if name in COUNTS else (int, float)):
                raise ValueError(f"{name} = {value!r} is no {'whole ' * (name in COUNTS)}number")
        return Thresholds(**found)
    except (OSError, tomllib.TOMLDecodeError, TypeError, ValueError) as error:
        raise ModelError(
            f"{path} holds no route thresholds ({error}); write it with `understudy calibrate routing`"
        ) from error


CLASSES = (NONE, OPAQUE, TRANSPARENT)
