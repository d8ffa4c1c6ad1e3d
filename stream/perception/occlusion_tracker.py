"""OcclusionTracker: what lies before each face, followed over time. One thread's stage within perception.

While nothing is there the network is asked only when the face's look has changed, or now and then; while something is
there, in every frame. The clean plate is learned from clear frames alone. An occluder must not bend the mesh: under one
the mesh is measured on the picture completed with the plate.
"""

from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from calib.thresholds import RouteState, Thresholds, advance
from engines.align import similarity
from engines.landmarks import Landmarks
from engines.mesh.fuse import forgetting, width
from engines.occlusion import deocclude
from engines.occlusion.clean_plate import Placed, Plate, drawn_at, placed, updated
from engines.occlusion.network import (
    NONE,
    OPAQUE,
    SIDE,
    TRANSPARENT,
    Occlusion,
    OcclusionNet,
    cut,
    frame_to_crop,
    shifted,
)
from engines.protocol import Engine
from engines.values import F32, Box, Region
from stream.frame import FaceOcclusion
from stream.perception.evidence import remains, weighed
from stream.perception.tracker import Look, mesh_box

CHANGED = 14.0  # levels by which a cell of the face must change for the network to be asked at once
ASK_EVERY = 0.3  # seconds between questions while all is clear
LEARN_EVERY = 0.3  # seconds between updates of the plate, once it is known
KNOWN = 5  # clear frames after which the plate is learned less often
LITTLE = 0.02  # share of the face below which something transparent is not worth refining
PLAIN = 0.8  # probability of something opaque at which its mask is believed without a plate
THICK = 0.7  # opacity of smoke above which it hides
SPECK = 6  # pixels of the crop below which a doubt has nothing to cut out
MOVED = 0.02  # face widths by which the mesh must be set right for the network to be asked again
MEASURE_EVERY = 0.06  # seconds between measurements of a covered face's mesh; in between flow carries it along
SLIPPED = 0.1  # face widths between the mesh as measured and as carried from which either may be quite wrong
COVERED = 0.5  # probability or opacity of a pixel that counts


@dataclass(slots=True)
class _State:
    held: RouteState | None = None
    plate: Plate = field(default_factory=Plate.empty)
    seen: Occlusion | None = None
    cells: F32 | None = None
    asked: float = -1e9
    learned: float = -1e9
    measured: float = -1e9
    covered: bool = False  # something blocked the view of the face in the last frame
    behind: bool = False  # so much of it that FaceMesh did not see the face
    mesh: F32 | None = None  # of the last frame, and where it lies in the plate
    at: Placed | None = None

    def placed(self, last: F32) -> Placed:
        """The last frame's mesh in the plate."""
        return self.at if self.at and self.mesh is last else placed(last)


class OcclusionTracker:
    """Call it for each followed face, in order of time. always: the network is asked in every frame."""

    def __init__(self, engine: Engine, thresholds: Thresholds, always: bool = False) -> None:
        self._net, self._thresholds, self._always = OcclusionNet(engine), thresholds, always
        self._states: dict[int, _State] = {}

    def ask_always(self, always: bool) -> None:
        """From the next frame on the network is asked in every frame, or only when something has changed."""
        self._always = always

    def close(self) -> None:
        self._net.close()

    def keep(self, ids: set[int]) -> None:
        """Forgets everybody else."""
        self._states = {i: s for i, s in self._states.items() if i in ids}

    def __call__(
        self, person: int, look: Look, before: Look | None, landmarks: Landmarks
    ) -> tuple[Look, FaceOcclusion]:
        """What lies before the face, and the look with its mesh set right if something does."""
        state = self._states.setdefault(person, _State())
        state.behind = False
        return self._looked(state, look, before, landmarks)

    def _looked(
        self, state: _State, look: Look, before: Look | None, landmarks: Landmarks
    ) -> tuple[Look, FaceOcclusion]:
        now = look.seconds
        cells = _cells(look)
        # in doubt, too: a mask is then needed in each frame
        was = state.held.masked(self._thresholds) if state.held else None
        calm = was == NONE and state.cells is not None and float(np.abs(cells - state.cells).max()) < CHANGED
        if calm and not self._always and now - state.asked < ASK_EVERY:
            self._learn(state, look)
            state.covered = False
            return look, FaceOcclusion(NONE, None, state.plate)
        look, seen, at = self._seen(state, look, before, landmarks)
        state.mesh, state.at = look.face.mesh, at
        state.held = advance(state.held, seen.logits, self._thresholds)
        state.seen, state.asked = seen, now
        kind = settle(state.held.kind, state.held.masked(self._thresholds), seen)
        if kind == NONE:
            state.cells = cells
        young = kind == OPAQUE and state.plate.frames < KNOWN  # what is seen of a face that entered covered
        if (kind == NONE or young) and state.learned < now:
            self._learn(state, look)
        return look, FaceOcclusion(kind, seen, state.plate, at)

    def behind(
        self, person: int, look: Look, before: Look | None, landmarks: Landmarks
    ) -> tuple[Look, FaceOcclusion] | None:
        """As a call, for a face that FaceMesh does not see, where it was: None where nothing opaque hides it, or what
        nothing hides is not the person's face. Nothing is kept of such a frame."""
        state = self._states.get(person)
        if state is None or state.plate.frames < KNOWN:
            return None
        kept = replace(state)
        look, front = self._looked(state, look, before, landmarks)
        if front.kind == OPAQUE and front.seen is not None and front.at is not None:
            shown = drawn_at(front.plate, front.at, front.seen.matrix, (SIDE, SIDE))
            crop = cut(look.region.rgb, shifted(front.seen.matrix, _corner(look)))
            same = remains(front.seen, crop, shown)
            state.behind = same or (same is None and state.behind)
            if state.behind:
                return look, front
        self._states[person] = kept
        return None

    def _seen(
        self, state: _State, look: Look, before: Look | None, landmarks: Landmarks
    ) -> tuple[Look, Occlusion, Placed]:
        """The look with its mesh set right, what the network sees before it, and the mesh's place in the plate."""
        mesh, moved, at, slipped = look.face.mesh, None, None, False
        if before is not None and state.covered and state.seen is not None:
            moved = deocclude.Flow.between(before.view, look.view, before.face.mesh)
            pose = moved.carried(_hiding(state.seen), _hiding(state.seen))
            # what covers a face bends the mesh that is measured, and the network is led astray by a plate drawn there
            apart = _apart(mesh, pose)
            slipped = apart > SLIPPED
            if apart > MOVED:
                mesh, at = pose, state.placed(before.face.mesh).moved(similarity(before.face.mesh[:, :2], pose[:, :2]))
        at = at or placed(mesh)
        seen = self._ask(look, mesh, at, state.plate)
        if state.plate.frames == 0:
            state.plate, state.learned = self._first(look, seen), look.seconds
            seen = self._ask(look, mesh, at, state.plate)
        state.covered = self._covers(seen)
        if slipped and state.covered:
            # the flow may have lost a quick face: one that is clear where it was measured is not covered at all
            there = placed(look.face.mesh)
            other = self._ask(look, look.face.mesh, there, state.plate)
            if not self._covers(other):
                mesh, at, seen, state.covered = look.face.mesh, there, other, False
        if before is not None and state.covered:
            begins = moved is None
            moved = moved or deocclude.Flow.between(before.view, look.view, before.face.mesh)
            look = self._straightened(look, before, state, seen, moved, begins, landmarks)
            if begins and _apart(mesh, look.face.mesh) > MOVED:
                mesh, at = look.face.mesh, placed(look.face.mesh)
                seen = self._ask(look, mesh, at, state.plate)
        return look, seen, at if mesh is look.face.mesh else placed(look.face.mesh)

    def _covers(self, seen: Occlusion) -> bool:
        """Whether something blocks the view of the face."""
        likely = float(seen.probabilities(self._thresholds.temperature)[NONE]) < 0.5
        return likely and _hidden_share(seen) > LITTLE

    def _ask(self, look: Look, mesh: F32, at: Placed, known: Plate) -> Occlusion:
        matrix = frame_to_crop(mesh)
        shown = drawn_at(known, at, matrix, (SIDE, SIDE))
        colour = shown.colour if known.frames else None
        crop = cut(look.region.rgb, shifted(matrix, _corner(look)))
        return weighed(self._net.run(crop, colour, shown.mask, matrix), crop, shown)

    def _first(self, look: Look, seen: Occlusion) -> Plate:
        """A plate to begin with. Without one the network takes a shadow or a lip for glass: only what is plainly opaque
        is left out, and a pane that was there from the beginning counts as the face's own, as spectacles do."""
        sure = float(seen.probabilities(self._thresholds.temperature)[OPAQUE]) > PLAIN
        hidden = seen.opaque if sure else None
        return updated(Plate.empty(), look.region.rgb, _local(look), hidden, shifted(seen.matrix, _corner(look)))

    def _learn(self, state: _State, look: Look) -> None:
        if state.plate.frames >= KNOWN and look.seconds - state.learned < LEARN_EVERY:
            return
        rgb, local, seen = look.region.rgb, _local(look), state.seen
        if seen is None:
            state.plate = updated(state.plate, rgb, local)
        else:
            state.plate = updated(state.plate, rgb, local, covering(seen), shifted(seen.matrix, _corner(look)))
        state.learned = look.seconds

    def _straightened(
        self,
        look: Look,
        before: Look,
        state: _State,
        seen: Occlusion,
        moved: deocclude.Flow,
        begins: bool,
        landmarks: Landmarks,
    ) -> Look:
        """The look with the mesh that the visible part of the face and the plate speak for. begins: the face was not
        covered before."""
        now = _hiding(seen)
        then = now if state.seen is None else _hiding(state.seen)
        pose = moved.carried(then, now)
        mesh, score = pose, look.face.score
        if begins or look.seconds - state.measured > MEASURE_EVERY:
            at = state.placed(before.face.mesh).moved(similarity(before.face.mesh[:, :2], pose[:, :2]))
            mesh, score = deocclude.mesh_under(landmarks, look.region.rgb, _corner(look), pose, state.plate, at, now)
            state.measured = look.seconds
        mesh = moved.steadied(mesh, then, now, forgetting(look.seconds - before.seconds))
        face = replace(look.face, mesh=mesh, box=mesh_box(mesh), score=max(score, look.face.score))
        return replace(look, face=face) if _likely(face.box, before.face.box) else look


def _apart(a: F32, b: F32) -> float:
    """How far two meshes lie apart, on the mean, in face widths."""
    return float(np.linalg.norm(a[:, :2] - b[:, :2], axis=1).mean()) / width(b)


def _corner(look: Look) -> tuple[int, int]:
    return look.region.x, look.region.y


def _local(look: Look) -> F32:
    return np.asarray(look.face.mesh - np.array([look.region.x, look.region.y, 0], np.float32), np.float32)


def settle(kind: int, masked: int, seen: Occlusion) -> int:
    """The class to act on. kind: the track's; masked: with doubts taken for something opaque. False alarms are settled
    at once: hardly any transparent area is no work for the refinement lane, a doubt that marks nothing none at all."""
    clear = float(np.maximum(seen.veil > 0.1, seen.glass > COVERED).mean())
    if masked == TRANSPARENT and clear < LITTLE:
        return OPAQUE
    if kind == NONE and int((seen.opaque > COVERED).sum()) < SPECK:
        return NONE
    return masked


def covering(seen: Occlusion) -> F32:
    """Opacity of whatever lies before the face, float32 (128, 128), in crop pixels."""
    return np.asarray(np.maximum(seen.opaque, np.maximum(seen.veil, np.float32(0.6) * seen.glass)), np.float32)


def blocking(opaque: F32, veil: F32, glass: F32) -> F32:
    """`covering` of what the face cannot be measured through, of maps (h, w): smoke bends the mesh less than a plate in
    its place."""
    thick = np.clip((veil - THICK) / (1 - THICK), 0, 1)
    return np.asarray(np.maximum(opaque, np.maximum(thick, 0.6 * glass)), np.float32)


def _blocking(seen: Occlusion) -> F32:
    return blocking(seen.opaque, seen.veil, seen.glass)


def onto(field: F32, matrix: F32, region: Region) -> F32:
    """A map in crop pixels as one in the region's, 0 beyond the crop."""
    h, w = region.rgb.shape[:2]
    inverse = cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR
    out = cv2.warpAffine(
        field, shifted(matrix, (region.x, region.y)), (w, h), flags=inverse, borderMode=cv2.BORDER_CONSTANT
    )
    return np.asarray(out, np.float32)


def _hiding(seen: Occlusion) -> deocclude.Hidden:
    return _blocking(seen), seen.matrix


def _hidden_share(seen: Occlusion) -> float:
    return float((_blocking(seen) > 0.5 * COVERED).mean())


def _likely(now: Box, was: Box) -> bool:
    return 0.5 < now.area / max(was.area, 1.0) < 2 and now.iou(was) > 0.3


def _cells(look: Look) -> F32:
    """The face as 8x8 cells of grey: what a change in front of it cannot hide from. float32 (8, 8)."""
    matrix = shifted(frame_to_crop(look.face.mesh, 64), _corner(look))
    few = cv2.warpAffine(look.region.rgb, matrix, (64, 64), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    small = cv2.resize(cv2.cvtColor(few, cv2.COLOR_RGB2GRAY), (8, 8), interpolation=cv2.INTER_AREA)
    cells = np.asarray(small, np.float32)
    return np.asarray(cells - cells.mean(), np.float32)
