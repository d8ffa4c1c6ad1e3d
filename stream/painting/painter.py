"""Painter: the stage that paints. From a plan to patches: each face painted, then laid as its route wants."""

from stream.frame import Done, FacePatch, Pending, Plan, Route
from stream.painting.face_painting import FacePainting, opacity
from stream.painting.underlay import under_opaque


class Painter:
    """Call it with plans in order, on one thread. Faces behind something transparent are left pending for the
    refinement."""

    def __init__(self, painting: FacePainting) -> None:
        self._painting = painting

    def __call__(self, plan: Plan) -> Done:
        if plan.scene.cut:
            self._painting.forget()
        if plan.route is Route.PASS:
            return Done(plan)
        patches: list[FacePatch] = []
        pending: list[Pending] = []
        for track, layer in zip(plan.scene.tracks, self._painting(plan), strict=True):
            if layer.patch is None:
                continue
            if layer.route is Route.REFINE:
                pending.append(Pending(track, layer.patch, layer.occluder, opacity(track)))
                continue
            patch = under_opaque(layer.occluder, layer.patch) if layer.occluder else layer.patch
            patches.append(FacePatch(track.id, patch, opacity(track)))
        return Done(plan, tuple(patches), tuple(pending))

    def close(self) -> None:
        self._painting.close()
