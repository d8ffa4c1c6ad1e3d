"""The viewer's page and the QR code of its address, and the key that a room is asked to have."""

import asyncio
import re
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from tests.tools.live.serve.served import served
from tools.http.tokens import Scope, Tokens, save
from tools.live.serve.view_pages import asked_key


def test_the_page_has_no_controls_and_asks_its_own_server_alone() -> None:
    async def main() -> None:
        async with served() as (_, url, http):
            async with http.get(f"{url}/view/some-key?token=x") as response:
                page = await response.text()
                assert response.status == 200 and response.content_type == "text/html"
                assert response.headers["Cache-Control"] == "no-store"
            assert not re.findall(r"<(button|input|select|a)\b", page) and "controls" not in page
            assert not re.findall(r"(?:https?:)?//", page)
            async with http.get(f"{url}/view.js") as response:
                assert response.status == 200 and "javascript" in response.content_type
            async with http.get(f"{url}/view/no%20key") as response:
                assert response.status == 404

    asyncio.run(main())


def test_an_address_becomes_a_qr_code() -> None:
    async def main() -> None:
        async with served() as (_, url, http):
            async with http.post(f"{url}/api/qr", data="http://127.0.0.1/view/abc") as response:
                one = await response.text()
                assert response.status == 200 and response.content_type == "image/svg+xml"
                assert one.startswith("<svg") and "<script" not in one
            async with http.post(f"{url}/api/qr", data="http://127.0.0.1/view/abd") as response:
                assert await response.text() != one
            for wrong, status in (("", 422), ("x" * 601, 413), ("a\nb", 422)):
                async with http.post(f"{url}/api/qr", data=wrong) as response:
                    assert response.status == status
            async with http.post(f"{url}/api/qr", json={}) as response:
                assert response.status == 415

    asyncio.run(main())


def test_with_tokens_the_page_opens_and_a_code_needs_one(tmp_path: Path) -> None:
    tokens, _, secret = Tokens().issued([Scope.VIEW], None)
    save(tokens, tmp_path / "tokens.json")

    async def main() -> None:
        async with served(tokens=tmp_path / "tokens.json") as (_, url, http):
            async with http.get(f"{url}/view/some-key") as response:
                assert response.status == 200
            async with http.post(f"{url}/api/qr", data="x") as response:
                assert response.status == 401
            headers = {"Authorization": f"Bearer {secret}"}
            async with http.post(f"{url}/api/qr", data="x", headers=headers) as response:
                assert response.status == 200

    asyncio.run(main())


@pytest.mark.parametrize("key", ["short", "with%20spaces-in-it-all", "x" * 65, "\N{GREEK SMALL LETTER ALPHA}" * 20])
def test_a_key_that_could_be_guessed_or_sent_wrongly_is_refused(key: str) -> None:
    with pytest.raises(web.HTTPUnprocessableEntity, match="16 to 64"):
        asked_key(make_mocked_request("POST", f"/api/rooms?key={key}"))


def test_a_key_is_taken_as_it_is_and_none_is_needed() -> None:
    assert asked_key(make_mocked_request("POST", "/api/rooms?key=0123456789_abc-DEF")) == "0123456789_abc-DEF"
    assert asked_key(make_mocked_request("POST", "/api/rooms")) is None
