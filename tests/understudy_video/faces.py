"""Pictures for the API's tests: a face to put in, a picture to change, keys of the test's own."""

from pathlib import Path

import cv2
import pytest

from engines.values import U8
from tests.stream.portraits import Placed, paint

CONSENT = "self, 2026-11-30, a test"
AT = Placed("astronaut", 320, 240, 150)
PICTURE: U8 = paint([AT])


def face_file(folder: Path) -> Path:
    path = folder / "face.png"
    cv2.imwrite(str(path), paint([Placed("hopper", 240, 230, 190)], (480, 480))[..., ::-1])
    return path


@pytest.fixture
def own_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNDERSTUDY_SIGNING", str(tmp_path / "signing"))
    monkeypatch.setenv("UNDERSTUDY_JOURNAL", str(tmp_path / "journal.jsonl"))
