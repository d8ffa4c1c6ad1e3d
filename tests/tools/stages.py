"""Stages of a journey that need no network: someone at a known place, painted in one colour, some through the lane."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from engines.values import Box, Face, Patch
from stream.frame import Done, FaceTrack, Frame, Pending, Plan, Route, Scene
from tools.swap.cast import Cast

COLOUR = (200, 30, 60)
PLACE = (8, 16, 24, 20)  # x, y, width, height of the patch
SOMEBODY = Face(Box(8, 16, 32, 36), np.zeros((6, 2), np.float32), np.zeros((468, 3), np.float32), 1.0)


def patch() -> Patch:
    x, y, w, h = PLACE
    return Patch(x, y, np.full((h, w, 3), COLOUR, np.uint8), np.ones((h, w), np.float32))


def stages(route: Callable[[int], Route] = lambda _: Route.FAST, notes: tuple[str, ...] = ()) -> Cast:
    """route: of the frame with an index. REFINE leaves the patch pending."""

    def perceive(frame: Frame) -> Scene:
        track = FaceTrack(1, SOMEBODY, 0)
        return Scene(frame, () if route(frame.index) is Route.PASS else (track,))

    def way(scene: Scene) -> Plan:
        return Plan(scene, route(scene.frame.index))

    def paint(plan: Plan) -> Done:
        if plan.route is Route.PASS:
            return Done(plan)
        if plan.route is Route.REFINE:
            return Done(plan, (), (Pending(plan.scene.tracks[0], patch()),))
        return Done(plan, (patch(),))

    def refine(done: Done) -> Done:
        return replace(done, patches=(*done.patches, *(p.patch for p in done.pending)), pending=())

    return Cast(perceive, way, paint, refine, notes)
