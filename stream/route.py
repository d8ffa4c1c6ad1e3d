"""Where a frame goes. Pure: a scene in, a plan out. Knows no frames' pixels, no queues, no engines."""

from stream.frame import Plan, Route, Scene


def route(scene: Scene) -> Plan:
    """No face to paint: the frame passes untouched. Else the straight swap."""
    painted = any(track.source is not None for track in scene.tracks)
    return Plan(scene, Route.FAST if painted else Route.PASS)
