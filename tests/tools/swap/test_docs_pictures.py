"""The documents' pictures: their size, and where they come from."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from engines.errors import InputError
from tools.swap.docs_pictures import WIDTH, before_after, shown


@pytest.mark.parametrize(("size", "made"), [((720, 2560), (360, WIDTH)), ((300, 400), (300, 400))])
def test_a_picture_is_never_wider_than_documents_want_it(size: tuple[int, int], made: tuple[int, int]) -> None:
    assert shown(np.zeros((*size, 3), np.uint8)).shape == (*made, 3)


def test_before_and_after_is_the_demos_picture(tmp_path: Path) -> None:
    picture = np.zeros((400, 2000, 3), np.uint8)
    picture[:, 1000:] = (20, 120, 220)
    cv2.imwrite(str(tmp_path / "compare.png"), picture)
    made = cv2.imread(str(before_after(tmp_path, tmp_path / "docs" / "pictures")))
    assert made is not None and made.shape == (256, WIDTH, 3)
    assert np.abs(made[:, :600].astype(int)).max() <= 3
    assert np.abs(made[:, 680:].astype(int) - (20, 120, 220)).max() <= 4


def test_without_a_demo_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no compare.png; run `understudy demo --out"):
        before_after(tmp_path, tmp_path / "docs")
