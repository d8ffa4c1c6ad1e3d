"""What a request over HTTP says, read by value."""

import asyncio
import contextlib

import pytest
from aiohttp import StreamReader, web
from aiohttp.base_protocol import BaseProtocol
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st

from tools.daemon.errors import RequestError
from tools.daemon.http_values import (
    BODY,
    KEY_LONGEST,
    Page,
    digest_of,
    idempotency_key,
    json_object,
    page_of,
    priority_of,
)
from tools.daemon.queue.queued_job import JobState


def asked(path: str = "/jobs", **headers: str) -> web.Request:
    return make_mocked_request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize("value", [-100, 0, 100])
def test_priorities(value: int) -> None:
    assert priority_of(value) == value


@pytest.mark.parametrize("value", [-101, 101, 1.0, True, "1", None, [], 1 << 70])
def test_what_is_no_priority(value: object) -> None:
    with pytest.raises(RequestError, match="from -100 to 100"):
        priority_of(value)


@pytest.mark.parametrize(
    ("query", "page"),
    [
        ("", Page(None, 100, None)),
        ("?state=failed&limit=1000&before=12.5", Page(JobState.FAILED, 1000, 12.5)),
        ("?limit=1", Page(None, 1, None)),
    ],
)
def test_pages(query: str, page: Page) -> None:
    assert page_of(asked(f"/jobs{query}")) == page


@pytest.mark.parametrize(
    "query", ["state=gone", "state=", "limit=many", "limit=0", "limit=1001", "limit=-1", "before=x", "before=nan"]
)
def test_what_is_no_page(query: str) -> None:
    with pytest.raises(web.HTTPBadRequest, match=r"state is one of queued, .*limit is 1 to 1000"):
        page_of(asked(f"/jobs?{query}"))


def test_keys() -> None:
    assert idempotency_key(asked()) is None
    assert idempotency_key(asked(Idempotency_Key="k 1~")) == "rest:k 1~"
    assert idempotency_key(asked(Idempotency_Key="k" * KEY_LONGEST)) == "rest:" + "k" * KEY_LONGEST


@pytest.mark.parametrize("key", ["", "k" * (KEY_LONGEST + 1), "schlüssel", "a\x7f"])
def test_what_is_no_key(key: str) -> None:
    """A long one is not cut: two of them would be one."""
    with pytest.raises(web.HTTPBadRequest, match="ASCII"):
        idempotency_key(asked(Idempotency_Key=key))


def test_a_body_s_digest_is_that_of_what_it_means() -> None:
    assert digest_of({"a": 1, "b": [2]}) == digest_of({"b": [2], "a": 1}) != digest_of({"a": 1, "b": [3]})


def posted(data: bytes) -> web.Request:
    content = StreamReader(BaseProtocol(asyncio.get_running_loop()), 1 << 16, loop=asyncio.get_running_loop())
    content.feed_data(data)
    content.feed_eof()
    return make_mocked_request("POST", "/jobs", headers={"Content-Type": "application/json"}, payload=content)


@given(st.binary(max_size=200))
def test_whatever_the_body_it_is_an_object_or_refused(data: bytes) -> None:
    async def main() -> None:
        with contextlib.suppress(web.HTTPException, RequestError):
            assert isinstance(await json_object(posted(data)), dict)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"{", web.HTTPBadRequest),
        (b'{"a": ' + b"[" * 200, web.HTTPBadRequest),
        (b"\xff", web.HTTPBadRequest),
        (b'{"a": 1' + b"0" * 5000 + b"}", web.HTTPBadRequest),
        (b'{"a": "\\ud800"}', web.HTTPBadRequest),
        (b"[]", RequestError),
        (b" " * (BODY + 1), web.HTTPRequestEntityTooLarge),
    ],
)
def test_what_is_no_body(data: bytes, error: type[Exception]) -> None:
    async def main() -> None:
        with pytest.raises(error):
            await json_object(posted(data))

    asyncio.run(main())
