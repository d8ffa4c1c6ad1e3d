"""Nonsense to the live server over real HTTP: offers, trickled candidates, JSON, uploads, paths, headers.

Every answer is one of the promised ones, none is the server's own failure, and the server is alive after all of it.
"""

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Coroutine, Iterator, Mapping
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import strategies as st

from stream.webrtc.sdp import BadSdp, check_offer, parse_fragment, ufrag_of, with_hints
from tests.stream.webrtc.offers import offer
from tests.tools.http.fuzzing import damaged, fuzz, resident
from tests.tools.live.serve.served import served

SDP, FRAGMENT, JSON = "application/sdp", "application/trickle-ice-sdpfrag", "application/json"
PHOTO = cv2.imencode(".png", np.full((32, 32, 3), 90, np.uint8))[1].tobytes()
CANDIDATE = "a=mid:0\r\na=candidate:1 1 udp 2130706431 192.0.2.9 9 typ host\r\n"
WORDS = [
    "0",
    "-1",
    "4294967296",
    "1e999",
    "H264/90000",
    "opus/48000/2",
    "sendrecv",
    "inactive",
    "::",
    "0.0.0.0",
    "é",
    "",
]
Answer = tuple[int, Mapping[str, str], bytes]


@st.composite
def offers(draw: st.DrawFn, whole: str) -> str:
    """The offer with lines gone, doubled, moved, and words in them replaced."""
    lines = whole.split("\r\n")
    for _ in range(draw(st.integers(0, 5))):
        at = draw(st.integers(0, len(lines) - 1))
        match draw(st.integers(0, 4)):
            case 0:
                lines[at] = ""
            case 1:
                lines[at:at] = [lines[at]] * draw(st.sampled_from((1, 2, 200)))
            case 2:
                other = draw(st.integers(0, len(lines) - 1))
                lines[at], lines[other] = lines[other], lines[at]
            case 3:
                words = lines[at].split(" ")
                words[draw(st.integers(0, len(words) - 1))] = draw(st.sampled_from(WORDS) | st.text(max_size=12))
                lines[at] = " ".join(words)
            case _:
                kind, _, value = lines[at].partition(":")
                lines[at] = f"{kind}:{draw(st.sampled_from(WORDS))}{value[: draw(st.integers(0, 40))]}"
    return draw(st.sampled_from(("\r\n", "\r\n", "\n"))).join(lines)


@pytest.fixture(scope="module")
def whole() -> str:
    return offer()


class Door:
    """A server on a thread of its own, and a client beside it."""

    def __init__(self) -> None:
        self.loop, self.ready, self.over = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
        self.thread = threading.Thread(target=self.loop.run_until_complete, args=(self.main(),))
        self.thread.start()
        assert self.ready.wait(20)

    async def main(self) -> None:
        async with served(most=4) as (self.server, self.url, self.http):
            self.ready.set()
            await self.over.wait()

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    def ask(self, method: str, path: str, data: bytes | None = None, **headers: str) -> Answer:
        async def asked() -> Answer:
            async with self.http.request(method, self.url + path, data=data, headers=headers) as response:
                return response.status, response.headers.copy(), await response.read()

        began = time.monotonic()
        status, told, body = self.do(asked())
        assert status < 500 or status == 503, (status, body)
        assert time.monotonic() - began < 20
        assert b"Traceback" not in body and b".py" not in body
        return status, told, body

    def clear(self) -> None:
        """Ends all rooms, so that cases do not wait for one another's."""

        async def cleared() -> None:
            for name in list(self.server.rooms.rooms):
                await self.server.rooms.end(name, "the next case comes")

        self.do(cleared())

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.over.set)
        self.thread.join(20)
        self.loop.close()


@pytest.fixture(scope="module")
def door() -> Iterator[Door]:
    opened = Door()
    yield opened
    assert opened.ask("GET", "/healthz")[0] == 200, "alive after all of it"
    opened.close()


def test_the_parsers_take_any_text(whole: str) -> None:
    def check(text: str) -> None:
        for parse in (check_offer, parse_fragment):
            with contextlib.suppress(BadSdp):
                parse(text)
        assert with_hints(with_hints(text)) == with_hints(text)
        ufrag_of(text)

    assert fuzz(check, offers(whole) | offers(CANDIDATE) | st.text(max_size=400), 200) >= 200


def test_offers_are_answered_or_refused(door: Door, whole: str) -> None:
    def check(case: tuple[str, str]) -> None:
        kind, text = case
        data = text.encode("utf-8", "surrogatepass")
        status, headers, body = door.ask("POST", f"/{kind}/room", data, **{"Content-Type": SDP})
        if status == 201:
            assert body.startswith(b"v=0") and headers["Location"].startswith(f"/{kind}/room/")
        else:
            assert status in (400, 404, 409, 413, 503), (status, body)
        door.clear()

    before = resident()
    assert fuzz(check, st.tuples(st.sampled_from(("whip", "whip", "whep")), offers(whole)), 40) >= 40
    assert resident() - before < 128


def test_trickled_candidates(door: Door, whole: str) -> None:
    _, headers, _ = door.ask("POST", "/whip/trickle", whole.encode(), **{"Content-Type": SDP})
    place, etag = headers["Location"], headers["ETag"]

    def check(case: tuple[str, str]) -> None:
        text, match = case
        told = {"Content-Type": FRAGMENT, "If-Match": match}
        status, _, body = door.ask("PATCH", place, text.encode("utf-8", "surrogatepass"), **told)
        assert status in (204, 400, 404, 412, 422), (status, body)

    assert fuzz(check, st.tuples(offers(CANDIDATE), st.sampled_from((etag, etag, etag, '"other"', "*"))), 60) >= 60
    door.clear()


def test_json_bodies(door: Door) -> None:
    def opened() -> str:
        _, _, made = door.ask("POST", "/api/rooms?consent=true", PHOTO, **{"Content-Type": "image/png"})
        return str(json.loads(made).get("name", "full"))  # a busy machine takes no more rooms

    name = opened()
    values = st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(("ms", "x")), inner, max_size=3),
        max_leaves=8,
    )
    bodies = values.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=300)

    def check(data: bytes) -> None:
        nonlocal name
        status, _, body = door.ask("POST", f"/api/rooms/{name}/glass", data, **{"Content-Type": JSON})
        assert status in (204, 400, 404, 413, 422), (status, body)
        if status == 404:  # a room that nobody uses ends after two minutes
            name = opened()

    assert fuzz(check, bodies | st.just(b"[" * 250), 100) >= 100
    door.clear()


def test_uploads(door: Door) -> None:
    kinds = st.sampled_from(("image/png", "image/jpeg", "image/webp", "text/plain", "multipart/form-data"))

    def check(case: tuple[bytes, str]) -> None:
        data, kind = case
        status, _, body = door.ask("POST", "/api/rooms?consent=true", data, **{"Content-Type": kind})
        assert status in (201, 400, 413, 415, 422, 503), (status, body)
        door.clear()

    before = resident()
    assert fuzz(check, st.tuples(damaged([PHOTO]), kinds), 20) >= 20
    assert resident() - before < 128


def test_paths_and_methods(door: Door) -> None:
    """No request names a file: what is not a route is not there, however it is spelt."""
    part = st.sampled_from(
        ("..", "%2e%2e", "etc", "passwd", "api", "rooms", "whip", "whep", "static", "\\", "%00", "a" * 300)
    )
    paths = st.lists(part | st.text("abcXYZ019-_.~", min_size=1, max_size=8), min_size=1, max_size=5).map(
        lambda parts: "/" + "/".join(parts)
    )
    methods = st.sampled_from(("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE"))

    def check(case: tuple[str, str]) -> None:
        status, _, body = door.ask(*case)
        assert status in (200, 201, 204, 400, 401, 403, 404, 405, 414, 415), (case, status, body)
        assert b"root:" not in body

    assert fuzz(check, st.tuples(methods, paths), 100) >= 100
