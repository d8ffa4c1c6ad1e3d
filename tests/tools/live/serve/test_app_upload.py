"""A photo that comes in: whose person agreed, and whom the deny list does not name."""

import asyncio
import hashlib
import logging
from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from calib.denylist import DeniedError
from stream.consent.photos import NamedPhoto
from tests.tools.live.serve.served import served

PIXELS = np.full((32, 32, 3), 200, np.uint8)
PHOTO = cv2.imencode(".png", PIXELS)[1].tobytes()
PNG = {"Content-Type": "image/png"}


def test_without_consent_no_photo_is_taken() -> None:
    looked: list[object] = []

    async def main() -> None:
        async with served(deny=looked.append) as (server, url, http):
            for asked in ("", "?consent=", "?consent=false", "?consent=1", "?agreed=true"):
                async with http.post(f"{url}/api/rooms{asked}", data=PHOTO, headers=PNG) as response:
                    assert response.status == 422 and "consent=true" in (await response.json())["detail"]
            assert not server.rooms.rooms and not looked

    asyncio.run(main())


def test_a_denied_face_makes_no_room() -> None:
    def deny(photos: Sequence[NamedPhoto]) -> None:
        ((_, rgb),) = photos
        np.testing.assert_array_equal(rgb, PIXELS)
        raise DeniedError("this face must not be used")

    async def main() -> None:
        async with served(deny=deny) as (server, url, http):
            async with http.post(f"{url}/api/rooms?consent=true", data=PHOTO, headers=PNG) as response:
                assert response.status == 422 and "must not be used" in (await response.json())["detail"]
            assert not server.rooms.rooms

    asyncio.run(main())


def test_that_consent_was_said_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with (
            served(deny=lambda _: None) as (_, url, http),
            http.post(f"{url}/api/rooms?consent=true", data=PHOTO, headers=PNG) as response,
        ):
            assert response.status == 201

    with caplog.at_level(logging.INFO, "understudy.serve"):
        asyncio.run(main())
    (facts,) = [r.__dict__["facts"] for r in caplog.records if r.message == "a photo came in, with consent"]
    digest = hashlib.sha256(hashlib.sha256(PHOTO).digest()).hexdigest()
    assert facts == {
        "event": "photo accepted",
        "sha256": digest,
        "consent": "ticked on the page that took the photo",
    }
