"""Kept identities on their way into a session: each denied, ended or prepared by itself."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from calib.denylist import DeniedError
from engines.values import U8
from stream.consent.consent import Given
from stream.consent.package import IdentityStore
from stream.consent.photos import NamedPhoto
from stream.live.steering import SteerError
from stream.pipeline.control import SourceSet
from tools.live.face_admission import FaceAdmission, said_of


@pytest.fixture
def store(tmp_path: Path) -> IdentityStore:
    """`ann` of level 40 and `bob` of level 90."""
    made = IdentityStore(tmp_path / "identities")
    for name, level in (("ann", 40), ("bob", 90)):
        photo = tmp_path / f"{name}.png"
        cv2.imwrite(str(photo), np.full((8, 8, 3), level, np.uint8))
        made.add(name, [photo], f"{name} agreed", datetime.now(UTC))
    return made


def prepare(photos: Sequence[tuple[str, U8]]) -> SourceSet:
    return SourceSet(rows=np.array([[photos[0][1].mean()]], np.float32))


def test_each_identity_is_one_person_in_order(store: IdentityStore) -> None:
    looked: list[str] = []
    admission = FaceAdmission(lambda photos: looked.extend(name for name, _ in photos), prepare, store)
    people, consent = admission.kept(["bob", "ann"], Given.REQUEST)
    said = said_of(consent)
    assert people.sources.rows is not None and people.sources.rows[:, 0].tolist() == [90, 40]
    assert people.names == ("bob", "ann") and people.at is None and len(looked) == 2
    assert [one["consent"] for one in said] == ["identity record"] * 2
    assert len({one["sha256"] for one in said}) == 2


def test_who_is_denied_is_not_prepared(store: IdentityStore) -> None:
    def deny(photos: Sequence[NamedPhoto]) -> None:
        raise DeniedError("this face must not be used")

    def never(photos: Sequence[tuple[str, U8]]) -> SourceSet:
        raise AssertionError

    with pytest.raises(DeniedError):
        FaceAdmission(deny, never, store).kept(["ann"], Given.REQUEST)


def test_nobody_and_an_unknown_name_are_the_sources_mistake(store: IdentityStore) -> None:
    admission = FaceAdmission(lambda _: None, prepare, store)
    for names in ([], ["zoe"], ["ann", "../ann"]):
        with pytest.raises(SteerError) as caught:
            admission.kept(names, Given.REQUEST)
        assert caught.value.field == "source"
