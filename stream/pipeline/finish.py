"""Finish: the last stage of a frame. What it shows where a face that is to be painted was not, and the account of that.

One stream's, called with its frames in order.
"""

from dataclasses import replace

from stream.frame import Done, FaceTrack, Scene
from stream.pipeline.choices import OnMiss
from stream.pipeline.cover import cover
from stream.pipeline.guard import Guard, GuardedFace, Missed, Reason
from stream.pipeline.misses import MissLog
from stream.pipeline.stages import paste

EDGE = 0.02  # of a face's width: a face that was lost this near to the picture's edge has left it


class Finish:
    """misses: of all frames so far."""

    def __init__(self, on_miss: OnMiss) -> None:
        self._guard = Guard(on_miss)
        self.misses = MissLog()

    def __call__(self, done: Done) -> Done:
        """The frame with its picture; without one where the last picture is to be shown again."""
        scene, frame = done.plan.scene, done.frame
        decision = self._guard.judge(_seen(done), frame.seconds, scene.cut)
        left = tuple(m for m in decision.missed if not _has_left(m, scene))
        covered = decision.hold or bool(decision.covers)
        self.misses.beyond(scene.unfollowed)
        self.misses.add(frame.seconds, bool(done.patches), left, covered, _painted(done))
        if decision.hold:
            return replace(done, picture=None)
        covers = tuple(c for box in decision.covers if (c := cover(frame.picture, box)) is not None)
        if covers:
            patches = (*covers, *(laid.patch for laid in done.patches))
            return replace(done, picture=frame.picture.pasted(patches))
        return done if done.picture is not None else paste(done)


def wanted(scene: Scene) -> list[FaceTrack]:
    """The faces that are to be painted."""
    return [track for track in scene.tracks if track.source is not None]


def _seen(done: Done) -> tuple[GuardedFace, ...]:
    scene = done.plan.scene
    hidden = {laid.track: laid.opacity for laid in done.patches}
    intended = 1.0 if scene.control.strength == 0 else 0.0  # of a face that is not painted
    return tuple(GuardedFace(track.id, track.box, hidden.get(track.id, intended)) for track in wanted(scene))


def _painted(done: Done) -> set[int]:
    """The sources that were painted, by number."""
    laid = {patch.track for patch in done.patches}
    return {track.source for track in done.plan.scene.tracks if track.source is not None and track.id in laid}


def _has_left(missed: Missed, scene: Scene) -> bool:
    """Whether a lost face was last seen at the picture's edge."""
    box, picture = missed.box, scene.frame.picture
    near = EDGE * box.width
    edges = box.x0 < near, box.y0 < near, box.x1 > picture.width - near, box.y1 > picture.height - near
    return missed.reason is Reason.LOST and any(edges)
