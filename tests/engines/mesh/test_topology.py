"""The mesh's tables by value: closed surface, symmetric shape, rings in order, smooth modes."""

import numpy as np
import pytest

from engines.mesh.topology import (
    CANONICAL,
    I32,
    INNER_LIPS,
    LEFT_BROW,
    LEFT_EYE,
    OUTER_LIPS,
    OVAL,
    RIGHT_BROW,
    RIGHT_EYE,
    SKIN_TRIANGLES,
    TRIANGLES,
    WIDTH_CM,
    laplacian,
    mirror,
    modes,
)

RINGS = {"oval": OVAL, "right": RIGHT_EYE, "left": LEFT_EYE, "outer": OUTER_LIPS, "inner": INNER_LIPS}


def edges(triangles: I32) -> dict[tuple[int, int], int]:
    """Undirected edges and how many triangles share each."""
    pairs = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), 1)
    found, counts = np.unique(pairs, axis=0, return_counts=True)
    return {(int(a), int(b)): int(n) for (a, b), n in zip(found, counts, strict=True)}


def ring_edges(ring: I32) -> set[tuple[int, int]]:
    return {(min(int(a), int(b)), max(int(a), int(b))) for a, b in zip(ring, np.roll(ring, -1), strict=True)}


def test_shapes_and_types() -> None:
    assert CANONICAL.shape == (468, 3) and CANONICAL.dtype == np.float32
    assert SKIN_TRIANGLES.shape == (852, 3)
    # eyes have 16 points and need 14 triangles each, the mouth's 20 need 18
    assert len(TRIANGLES) == 852 + 14 + 14 + 18
    assert TRIANGLES.min() == 0 and TRIANGLES.max() == 467
    assert len(np.unique(TRIANGLES)) == 468


def test_the_closed_mesh_has_one_border_and_that_is_the_oval() -> None:
    counts = edges(TRIANGLES)
    assert set(counts.values()) == {1, 2}
    assert {e for e, n in counts.items() if n == 1} == ring_edges(OVAL)


def test_the_skin_alone_is_open_at_eyes_and_mouth_too() -> None:
    border = {e for e, n in edges(SKIN_TRIANGLES).items() if n == 1}
    expected = set().union(*(ring_edges(RINGS[name]) for name in ("oval", "right", "left", "inner")))
    assert border == expected


def test_the_closed_mesh_is_a_disc() -> None:
    assert 468 - len(edges(TRIANGLES)) + len(TRIANGLES) == 1  # Euler's number


@pytest.mark.parametrize("name", RINGS)
def test_rings_are_closed_walks_along_the_mesh(name: str) -> None:
    ring = RINGS[name]
    assert len(np.unique(ring)) == len(ring)
    assert ring_edges(ring) <= set(edges(TRIANGLES))


def test_the_face_stands_upright_and_looks_at_the_viewer() -> None:
    chin, top, nose = CANONICAL[152], CANONICAL[10], CANONICAL[1]
    assert top[1] < nose[1] < chin[1]  # y down
    assert nose[2] < CANONICAL[OVAL, 2].mean() - 2  # nearer by centimetres
    assert CANONICAL[RIGHT_EYE, 0].mean() < 0 < CANONICAL[LEFT_EYE, 0].mean()  # the subject's right is on our left
    assert CANONICAL[RIGHT_BROW, 1].mean() < CANONICAL[RIGHT_EYE, 1].mean()
    assert CANONICAL[LEFT_BROW, 1].mean() < CANONICAL[LEFT_EYE, 1].mean()
    assert CANONICAL[INNER_LIPS, 1].mean() > nose[1]


def test_sizes_are_those_of_a_human_in_centimetres() -> None:
    assert 12 < WIDTH_CM < 17
    eyes = np.linalg.norm(CANONICAL[RIGHT_EYE].mean(0) - CANONICAL[LEFT_EYE].mean(0))
    assert 5.5 < eyes < 7.5


def test_the_shape_is_symmetric() -> None:
    partner = mirror()
    flipped = CANONICAL[partner] * np.array([-1, 1, 1], np.float32)
    assert np.abs(flipped - CANONICAL).max() < 1e-3


def test_mirror_pairs_points() -> None:
    partner = mirror()
    assert np.array_equal(partner[partner], np.arange(468))
    assert partner[33] == 263 and partner[61] == 291 and partner[234] == 454
    assert partner[1] == 1 and partner[152] == 152
    assert set(partner[RIGHT_EYE]) == set(LEFT_EYE.tolist())
    assert set(partner[RIGHT_BROW]) == set(LEFT_BROW.tolist())


def test_laplacian_is_that_of_the_edges() -> None:
    lap = laplacian()
    assert np.array_equal(lap, lap.T)
    assert np.abs(lap.sum(1)).max() == 0
    counts = edges(TRIANGLES)
    assert np.trace(lap) == 2 * len(counts)
    a, b = next(iter(counts))
    assert lap[a, b] == -1


def test_modes_are_the_smoothest_and_orthonormal() -> None:
    values, vectors = modes(30)
    assert values.shape == (30,) and vectors.shape == (468, 30)
    assert abs(values[0]) < 1e-5 and values[1] > 1e-4  # connected: one constant mode
    assert np.all(np.diff(values) >= -1e-6)
    assert np.allclose(vectors.T @ vectors, np.eye(30), atol=1e-4)
    assert np.ptp(vectors[:, 0]) < 1e-4
    for k in (1, 7, 29):
        assert np.allclose(laplacian() @ vectors[:, k], values[k] * vectors[:, k], atol=1e-4)
