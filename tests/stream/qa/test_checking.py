"""A finished swap from its file to its spans."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from calib.qa.reasons import QaReason
from engines.errors import InputError, SourceError, UnderstudyError
from engines.store.store import Store, default_store
from engines.values import U8
from stream.qa.checking import CheckJob, check_clip
from tests.stream.portraits import needs_models, photo, wall
from tests.stream.qa.files import written
from tests.stream.qa.talking import SIZE, talk

pytestmark = needs_models
COUNT, FIRST, LAST = 20, 8, 12


def painted(rgb: U8) -> U8:
    """A face of another colour, without an edge: as a swap would change the pixels."""
    mask = np.zeros(rgb.shape[:2], np.float32)
    cv2.ellipse(mask, (SIZE[0] // 2, SIZE[1] // 2), (38, 50), 0, 0, 360, 1.0, -1)
    alpha = cv2.GaussianBlur(mask, (0, 0), 8)[..., None]
    return np.asarray(np.clip(rgb + alpha * np.array([14, -8, -20]), 0, 255), np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("clips")
    original = talk("astronaut", range(COUNT))
    swap = [rgb if FIRST <= i <= LAST else painted(rgb) for i, rgb in enumerate(original)]
    written(made / "original.mp4", original)
    written(made / "swap.mp4", swap)
    written(made / "room.mp4", [wall(*SIZE)] * 5)
    cv2.imwrite(str(made / "hopper.png"), photo("hopper")[..., ::-1])
    cv2.imwrite(str(made / "room.png"), wall(*SIZE)[..., ::-1])
    return made


def without_embedder() -> Store:
    real = default_store()
    models = {name: model for name, model in real.catalog.models.items() if model.task != "identity"}
    models.pop("arcface_w600k_r50", None)
    return Store(real.root, replace(real.catalog, models=models), offline=True)


def job(folder: Path) -> CheckJob:
    return CheckJob(str(folder / "swap.mp4"), ((folder / "hopper.png",),), str(folder / "original.mp4"))


def test_frames_that_were_left_as_they_were_are_found_in_the_files(folder: Path) -> None:
    totals: list[int | None] = []

    def follow(total: int | None) -> object:
        totals.append(total)
        return lambda: None

    checked = check_clip(job(folder), follow, without_embedder())  # type: ignore[arg-type]
    [span] = [s for s in checked.spans if s.reason is QaReason.MISSED]
    assert (span.first, span.last) == (FIRST, LAST)
    assert span.start == pytest.approx(FIRST / 25)
    assert totals == [COUNT] and len(checked.watched.times) == COUNT and checked.rate == 25


def test_without_an_embedder_identity_is_said_to_be_left_out(folder: Path) -> None:
    checked = check_clip(replace(job(folder), original=None), store=without_embedder())
    assert set(checked.left_out) == {QaReason.IDENTITY, QaReason.MISSED, QaReason.SEAM, QaReason.MOUTH}
    assert "[identity]" in checked.left_out[QaReason.IDENTITY]
    assert checked.embedder == () and checked.bounds.identity is None
    assert not any(s.reason is QaReason.IDENTITY for s in checked.spans)


def test_a_clip_without_anybody_says_so(folder: Path) -> None:
    checked = check_clip(replace(job(folder), clip=str(folder / "room.mp4"), original=None), store=without_embedder())
    assert checked.spans == () and "no face that was to be replaced was seen" in checked.notes[0]


def test_an_original_that_goes_on_is_told(folder: Path) -> None:
    written(folder / "short.mp4", talk("astronaut", range(6)))
    checked = check_clip(replace(job(folder), clip=str(folder / "short.mp4")), store=without_embedder())
    assert any("14 frames have none beside them" in note for note in checked.notes)


def test_what_cannot_be_looked_at_is_refused(folder: Path) -> None:
    with pytest.raises(SourceError, match=r"room\.png"):
        check_clip(replace(job(folder), people=((folder / "room.png",),)), store=without_embedder())
    with pytest.raises(InputError, match=r"none\.mp4"):
        check_clip(replace(job(folder), clip=str(folder / "none.mp4")))
    with pytest.raises(UnderstudyError, match="nobody"):
        check_clip(replace(job(folder), who="somebody"))
