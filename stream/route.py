"""Where a frame goes. Pure: a scene in, a plan out. Knows no frames' pixels, no queues, no engines."""

from collections.abc import Callable
from enum import StrEnum

from engines.occlusion.network import NONE, TRANSPARENT
from stream.frame import FaceTrack, Plan, Route, Scene

ORDER = tuple(Route)


class Routing(StrEnum):
    """How the route is chosen: by what is seen before the face, or always the same one."""

    AUTO = "auto"
    FAST = "fast"
    XSEG = "xseg"
    ALWAYS_REFINE = "always-refine"


FIXED = {Routing.FAST: Route.FAST, Routing.XSEG: Route.XSEG, Routing.ALWAYS_REFINE: Route.REFINE}


def track_route(track: FaceTrack, routing: Routing = Routing.AUTO) -> Route:
    """The route of one face. PASS: it is left alone."""
    if track.source is None:
        return Route.PASS
    if routing in FIXED:
        return FIXED[routing]
    if track.front is None or track.front.kind == NONE:
        return Route.FAST
    return Route.REFINE if track.front.kind == TRANSPARENT else Route.XSEG


def route(scene: Scene, routing: Routing = Routing.AUTO) -> Plan:
    """The route of the hardest face to be painted; PASS where there is none."""
    return Plan(scene, max((track_route(t, routing) for t in scene.tracks), key=ORDER.index, default=Route.PASS))


def router(routing: Routing) -> Callable[[Scene], Plan]:
    """`route` with its mode chosen."""
    return lambda scene: route(scene, routing)
