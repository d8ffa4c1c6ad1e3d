"""The 468-point face mesh: triangles, the canonical shape, the named rings of points, the mirror partners.

canonical.csv: float (468, 3), centimetres, x to the right on screen, y down, z away from the viewer: the mean of
FaceMesh measurements of averaged faces, made symmetric. triangles.csv: int (852, 3), FaceMesh's published topology,
which leaves the eyes and the inner mouth open; here they are closed by fans.
"""

from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engines.values import F32

I32 = npt.NDArray[np.int32]
HERE = Path(__file__).parent

OVAL = np.array(
    [10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150,
     136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109], np.int32)  # fmt: skip
RIGHT_EYE = np.array([33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246], np.int32)
LEFT_EYE = np.array([263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466], np.int32)
OUTER_LIPS = np.array(
    [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185], np.int32)  # fmt: skip
INNER_LIPS = np.array(
    [78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191], np.int32)  # fmt: skip
RIGHT_BROW = np.array([70, 63, 105, 66, 107, 55, 65, 52, 53, 46], np.int32)
LEFT_BROW = np.array([300, 293, 334, 296, 336, 285, 295, 282, 283, 276], np.int32)


def _load(name: str) -> npt.NDArray[np.float64]:
    return np.asarray(np.loadtxt(HERE / name, delimiter=","))


def _fan(ring: I32) -> I32:
    """Triangles that close a hole: a strip between the ring's two sides, which stays flat when the hole is a slit."""
    n, half = len(ring), len(ring) // 2
    lower, upper = ring[: half + 1], np.concatenate([ring[:1], ring[: half - 1 : -1]])
    out = [(lower[0], lower[1], upper[1])]
    for i in range(1, half - 1):
        out += [(lower[i], lower[i + 1], upper[i + 1]), (lower[i], upper[i + 1], upper[i])]
    out.append((lower[half - 1], lower[half], upper[half - 1]))
    assert len(out) == n - 2
    return np.array(out, np.int32)


CANONICAL: F32 = _load("canonical.csv").astype(np.float32)
SKIN_TRIANGLES: I32 = _load("triangles.csv").astype(np.int32)
TRIANGLES: I32 = np.concatenate([SKIN_TRIANGLES, _fan(RIGHT_EYE), _fan(LEFT_EYE), _fan(INNER_LIPS)])
WIDTH_CM = float(np.ptp(CANONICAL[OVAL, 0]))


@cache
def mirror() -> I32:
    """int32 (468,): each point's partner on the other side (itself on the midline)."""
    flipped = CANONICAL * np.array([-1, 1, 1], np.float32)
    distance = np.linalg.norm(flipped[:, None] - CANONICAL[None], axis=2)
    return np.asarray(distance.argmin(1), np.int32)


@cache
def laplacian() -> npt.NDArray[np.float64]:
    """float64 (468, 468): combinatorial graph Laplacian of the closed mesh."""
    adjacency = np.zeros((468, 468))
    for a, b in ((0, 1), (1, 2), (2, 0)):
        adjacency[TRIANGLES[:, a], TRIANGLES[:, b]] = adjacency[TRIANGLES[:, b], TRIANGLES[:, a]] = 1
    return np.asarray(np.diag(adjacency.sum(1)) - adjacency)


@cache
def modes(count: int = 30) -> tuple[F32, F32]:
    """The smoothest deformations: the Laplacian's lowest eigenvalues (count,) and eigenvectors (468, count)."""
    values, vectors = np.linalg.eigh(laplacian())
    return values[:count].astype(np.float32), vectors[:, :count].astype(np.float32)
