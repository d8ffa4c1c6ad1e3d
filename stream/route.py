"""Where each face of a frame goes. Pure: a scene in, a plan out. Knows no frames' pixels, no queues, no engines."""

from engines.occlusion.network import NONE, TRANSPARENT
from stream.frame import FaceTrack, Plan, Route, Scene
from stream.pipeline.choices import Routing

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


def route(scene: Scene) -> Plan:
    """Every face's route, as the scene's control wants routes to be chosen."""
    return Plan(scene, tuple(track_route(track, scene.control.routing) for track in scene.tracks))
