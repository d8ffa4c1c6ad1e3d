"""Plan names and profiles: what makes a plan stale, and which batches it takes."""

from dataclasses import replace
from pathlib import Path

import pytest

from engines.backends.cuda import Gpu
from engines.backends.plans import PlanKey, profile
from engines.protocol import Spec

KEY = PlanKey("ab" * 32, Gpu("H200", "90", 13050), "11.4.0", "bf16", 8)


@pytest.mark.parametrize(
    "other",
    [
        replace(KEY, sha256="cd" * 32),
        replace(KEY, gpu=Gpu("L4", "90", 13050)),
        replace(KEY, gpu=Gpu("H200", "89", 13050)),
        replace(KEY, gpu=Gpu("H200", "90", 13060)),
        replace(KEY, tensorrt="11.4.1"),
        replace(KEY, precision="f16"),
        replace(KEY, batch=16),
    ],
)
def test_every_part_of_the_key_makes_another_plan(other: PlanKey) -> None:
    folder = Path("plans")
    assert KEY.plan(folder) == replace(KEY).plan(folder)
    assert other.plan(folder) != KEY.plan(folder)


def test_timings_are_shared_by_models_of_one_chip() -> None:
    folder = Path("plans")
    assert replace(KEY, sha256="cd" * 32, batch=1).timing(folder) == KEY.timing(folder)
    assert replace(KEY, gpu=Gpu("L4", "89", 13050)).timing(folder) != KEY.timing(folder)
    assert replace(KEY, tensorrt="12.0").timing(folder) != KEY.timing(folder)


def test_profiles_span_one_to_the_batch() -> None:
    assert profile(Spec((-1, 3, 128, 128), "float32"), 8) == ((1, 3, 128, 128), (8, 3, 128, 128), (8, 3, 128, 128))
    assert profile(Spec((1, 512), "float32"), 8) is None


@pytest.mark.parametrize("shape", [(1, 3, -1, -1), (-1, 3, -1, 128)])
def test_other_free_sizes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="only the first size"):
        profile(Spec(shape, "float32"), 8)
