"""NetworkPainting: all faces of a frame painted by one call of a swapping network."""

from collections.abc import Callable, Sequence

from engines.nets.pasted import Asked, Together
from engines.values import Patch
from stream.frame import FaceTrack, Plan, Route
from stream.painting.face_painting import FaceLayer, opacity
from stream.painting.occluders import gathered
from stream.painting.own_masks import OwnMasks
from stream.painting.underlay import completed
from stream.pipeline.control import Control, SourceSet

# what paints with these sources; with or without the networks that cut the swap
Chain = Callable[[SourceSet, bool], Together]


class NetworkPainting:
    """A `FacePainting`. own: the network's masks are its own (dual head): where something opaque is before a face, such
    a mask is taken in place of the occlusion network's while it can be trusted. leave: called when it is closed."""

    def __init__(self, chain: Chain, own: bool = False, leave: Callable[[], None] = lambda: None) -> None:
        self._chain, self._leave = chain, leave
        self._own = OwnMasks() if own else None
        self._opened: tuple[SourceSet, bool, Together] | None = None

    def __call__(self, plan: Plan) -> list[FaceLayer]:
        tracks, control = plan.scene.tracks, plan.scene.control
        if self._own is not None:
            return self._by_own_masks(self._own, tracks, plan.routes, control)
        return self._paint(tracks, plan.routes, control)

    def forget(self) -> None:
        """It remembers no faces but for masks, which are by track."""

    def close(self) -> None:
        self._leave()

    def _together(self, control: Control) -> Together:
        if self._opened is None or self._opened[0] is not control.sources or self._opened[1] is not control.masks:
            self._opened = control.sources, control.masks, self._chain(control.sources, control.masks)
        return self._opened[2]

    def _paint(self, tracks: Sequence[FaceTrack], routes: Sequence[Route], control: Control) -> list[FaceLayer]:
        occluders = [None if r is Route.FAST else gathered(t) for t, r in zip(tracks, routes, strict=True)]
        asked: dict[int, Asked] = {}
        for i, (track, occluder) in enumerate(zip(tracks, occluders, strict=True)):
            view, fade = completed(occluder) if occluder else track.region, opacity(track) * control.strength
            if track.source is not None and view is not None and fade > 0:
                asked[i] = Asked(view, track.face.mesh, track.source, fade)
        painted: dict[int, Patch | None] = {}
        if asked:
            painted = dict(zip(asked, self._together(control)(list(asked.values())), strict=True))
        return [FaceLayer(r, painted.get(i), o) for i, (r, o) in enumerate(zip(routes, occluders, strict=True))]

    def _by_own_masks(
        self, own: OwnMasks, tracks: Sequence[FaceTrack], routes: Sequence[Route], control: Control
    ) -> list[FaceLayer]:
        """Faces behind something opaque as they are, cut by their own masks, which leaves nothing to be done (FAST);
        where such a mask is doubted, once more as if nothing were there."""
        own.keep({track.id for track in tracks})
        bare = [Route.FAST if r is Route.XSEG and own.asked(t) else r for t, r in zip(tracks, routes, strict=True)]
        layers = self._paint(tracks, bare, control)
        doubted = []
        for i, (track, layer) in enumerate(zip(tracks, layers, strict=True)):
            fade = opacity(track) * control.strength
            if bare[i] is not routes[i] and layer.patch is not None and not own(track, layer.patch, fade):
                doubted.append(i)
        again = self._paint([tracks[i] for i in doubted], [routes[i] for i in doubted], control)
        for i, layer in zip(doubted, again, strict=True):
            layers[i] = layer
        return layers
