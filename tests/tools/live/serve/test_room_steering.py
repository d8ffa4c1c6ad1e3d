"""A running session changed over HTTP: what the swap is told, what is answered, who may, and what the log says."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import cv2
import numpy as np
import pytest

from engines.errors import UnderstudyError
from stream.consent.package import default_identities
from stream.pipeline.choices import Routing
from stream.pipeline.control import Change, SourceSet
from stream.pixels.label import Label
from stream.telemetry.metrics import Metered
from stream.webrtc.client import Client
from tests.stream.io.feeding import Same
from tests.tools.live.serve.served import Colour, served
from tools.http.tokens import Scope, Tokens, save
from tools.live.serve.app import Server

PHOTO = cv2.imencode(".png", np.full((32, 32, 3), 200, np.uint8))[1].tobytes()
PNG = {"Content-Type": "image/png"}
KEY = "a-key-that-is-not-guessed"


def person(mark: float) -> SourceSet:
    return SourceSet(rows=np.full((1, 2), mark, np.float32), notes=("the photo is dark",))


@dataclass
class Running:
    """A session with one publisher. url: of its room."""

    server: Server
    url: str
    http: aiohttp.ClientSession
    swap: Same

    async def patch(self, told: object = None, **words: Any) -> tuple[int, dict[str, Any]]:
        sent = {"json": told} if told is not None else {"data": PHOTO, "headers": PNG}
        async with self.http.patch(self.url, **(sent | words)) as response:
            return response.status, await response.json()

    @property
    def last(self) -> Change:
        return self.swap.changes[-1][0]


@contextlib.asynccontextmanager
async def running(publish: bool = True, token: str | None = None, **settings: Any) -> AsyncIterator[Running]:
    made: list[Same] = []

    def kind(stats: Metered) -> Same:
        made.append(Same(stats))
        return made[-1]

    words = {"default": person(1), "face": person(2), "kind": kind, "deny": lambda _: None} | settings
    async with served(**words) as (server, url, http), Client(f"{url}/whip/{KEY}", token) as up:
        if publish:
            await up.publish(Colour(90))
            async with asyncio.timeout(20):
                while not (made and server.rooms.sessions()[0].seen):
                    await asyncio.sleep(0.02)
        yield Running(server, f"{url}/api/rooms/{KEY}", http, made[0] if made else Same(Metered(server.metrics)))


def test_values_go_to_the_swap_between_two_frames_and_are_told() -> None:
    async def main() -> None:
        async with running() as run:
            status, told = await run.patch({"strength": 0.5, "routing": "fast", "label_place": "top"})
            assert status == 200
            assert run.last == Change(routing=Routing.FAST, strength=0.5)
            label = run.swap.changes[-1][1]
            assert isinstance(label, Label) and label.place == "top"
            assert told["settings"]["strength"] == 0.5 and told["settings"]["routing"] == "fast"
            assert told["tracks"] == [{"id": 4, "box": [10.0, 20, 60, 80], "person": 1}]
            assert told["picture"] == [320, 240] and told["live"]
            async with run.http.get(run.url) as again:
                assert (await again.json())["settings"] == told["settings"]
            await run.patch({"strength": 1.0})
            assert run.last == Change(strength=1.0) and run.swap.changes[-1][1] is None

    asyncio.run(main())


def test_a_photo_takes_the_place_of_a_person_or_is_a_new_one(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with running() as run:
            status, told = await run.patch(params={"consent": "true"})
            assert status == 200 and told["settings"]["people"] == 1 and told["notes"] == ["the photo is dark"]
            assert run.last.sources is not None and run.last.maps is None
            asked = [("consent", "true"), ("person", "2"), ("map", "2=track:4"), ("map", "1=all"), ("strength", "0.9")]
            status, told = await run.patch(params=asked)
            assert status == 200 and told["settings"]["people"] == 2
            assert told["settings"]["map"] == ["2=track:4", "1=all"]
            assert run.last.strength == 0.9 and run.last.maps == ("2=track:4", "1=all")
            (room,) = run.server.rooms.rooms.values()
            assert room.source is run.last.sources and len(run.last.sources or ()) == 2

    with caplog.at_level(logging.INFO, "understudy.serve"):
        asyncio.run(main())
    changes = [r.__dict__["facts"] for r in caplog.records if "was changed" in r.message]
    assert [c["faces"][0]["person"] for c in changes] == [1, 2]
    assert all(c["faces"][0]["consent"] == "ticked on the page that took the photo" for c in changes)
    assert all(len(c["faces"][0]["sha256"]) == 64 and c["frame"] > 0 and c["session"] == 1 for c in changes)


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"strength": 2}, "strength"),
        ({"map": ["5=all"]}, "map"),
        ({"mask": False}, "mask"),
        ({"model": "inswapper_128"}, "model"),
        ({"mouth": "swap"}, "mouth"),
        ({"source": ["nobody-of-this-name"], "consent": True}, "source"),
        ({"source": ["../../etc"], "consent": True}, "source"),
        ({"source": ["ann"]}, "consent"),
    ],
)
def test_mistakes_name_the_field_and_change_nothing(told: dict[str, object], field: str) -> None:
    async def main() -> None:
        async with running() as run:
            status, problem = await run.patch(told)
            assert status == 422 and problem["field"] == field and problem["detail"].startswith(f"{field}: ")
            assert problem["status"] == 422 and not run.swap.changes
            (room,) = run.server.rooms.rooms.values()
            assert room.wanted is None

    asyncio.run(main())


def test_a_photo_needs_consent_a_number_that_fits_and_a_face() -> None:
    async def main() -> None:
        async with running() as run:
            for asked, field in (
                ({}, "consent"),
                ({"consent": "yes"}, "consent"),
                ({"consent": "true", "person": "3"}, "person"),
                ({"consent": "true", "person": "x"}, "person"),
                ({"consent": "true", "source": "ann"}, "consent"),
                ({"consent": "true", "strength": "much"}, "strength"),
            ):
                status, problem = await run.patch(params=asked)
                assert status == 422 and problem["field"] == field, asked
            dark = cv2.imencode(".png", np.zeros((32, 32, 3), np.uint8))[1].tobytes()
            async with run.http.patch(run.url, data=dark, headers=PNG, params={"consent": "true"}) as response:
                assert response.status == 422 and "no face seen" in (await response.json())["detail"]
            async with run.http.patch(run.url, data="x", headers={"Content-Type": "text/plain"}) as response:
                assert response.status == 415
            assert not run.swap.changes

    asyncio.run(main())


def test_what_the_pipeline_refuses_is_not_kept() -> None:
    async def main() -> None:
        async with running() as run:

            def refuse(change: Change, label: Label | None = None) -> None:
                raise UnderstudyError("the network went away")

            run.swap.update = refuse  # type: ignore[method-assign]
            status, problem = await run.patch({"strength": 0.5})
            assert status == 422 and problem["detail"] == "the network went away"
            async with run.http.get(run.url) as again:
                assert (await again.json())["settings"]["strength"] == 1

    asyncio.run(main())


def test_before_anybody_publishes_there_is_nothing_to_change() -> None:
    async def main() -> None:
        async with running(publish=False) as run:
            assert (await run.patch({"strength": 1}))[0] == 404
            base = run.url.rpartition("/")[0]
            async with run.http.post(base, data=PHOTO, headers=PNG, params={"consent": "true", "key": KEY}) as made:
                assert made.status == 201 and (await made.json())["name"] == KEY
            async with run.http.post(base, data=PHOTO, headers=PNG, params={"consent": "true", "key": KEY}) as made:
                assert made.status == 409
            async with run.http.post(base, data=PHOTO, headers=PNG, params={"consent": "true", "key": "a b"}) as made:
                assert made.status == 422
            status, problem = await run.patch({"strength": 1})
            assert status == 409 and "nobody publishes" in problem["detail"]
            async with run.http.get(run.url) as response:
                told = await response.json()
            assert told["live"] is False and told["settings"]["people"] == 1

    asyncio.run(main())


def test_a_kept_identity_comes_in_with_its_own_consent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("UNDERSTUDY_IDENTITIES", str(tmp_path / "kept"))
    (tmp_path / "a.png").write_bytes(PHOTO)
    now = datetime.now(UTC)
    store = default_identities()
    store.add("ann", [tmp_path / "a.png"], "Ann, today, for tests", now)
    store.add("old", [tmp_path / "a.png"], "once", now - timedelta(days=9), (now - timedelta(days=3)).date())

    async def main() -> None:
        async with running() as run:
            status, told = await run.patch({"source": ["ann", "ann"], "consent": True})
            assert status == 200 and told["settings"]["names"] == ["ann", "ann"]
            assert len(run.last.sources or ()) == 2
            status, problem = await run.patch({"source": "old", "consent": True})
            assert status == 422 and problem["field"] == "source" and "ended" in problem["detail"]

    with caplog.at_level(logging.INFO, "understudy.serve"):
        asyncio.run(main())
    (said,) = [r.__dict__["facts"] for r in caplog.records if "was changed" in r.message]
    assert [one["consent"] for one in said["faces"]] == ["identity record"] * 2
    assert "Ann" not in json.dumps(said), "the log says nothing of who it is"


async def event(lines: aiohttp.StreamReader) -> tuple[str, dict[str, Any]]:
    kind = (await lines.readline()).decode().strip().removeprefix("event: ")
    data = json.loads((await lines.readline()).decode().removeprefix("data: "))
    assert (await lines.readline()) == b"\n"
    return kind, data


def test_events_tell_figures_until_the_session_ends() -> None:
    async def main() -> None:
        async with running() as run, run.http.get(f"{run.url}/events") as stream:
            assert stream.content_type == "text/event-stream"
            kind, first = await event(stream.content)
            assert kind == "state" and first["live"] and first["tracks"][0]["id"] == 4
            await run.patch({"strength": 0.25})
            async with asyncio.timeout(5):
                while (await event(stream.content))[1]["settings"]["strength"] != 0.25:
                    pass
            async with run.http.delete(run.url) as ended:
                assert ended.status == 204
            async with asyncio.timeout(5):
                while (await event(stream.content))[0] != "end":
                    pass
                assert await stream.content.read() == b""

    asyncio.run(main())


def test_the_publisher_is_told_who_records() -> None:
    async def main() -> None:
        async with running() as run:
            async with Client(run.url.replace("/api/rooms/", "/whep/")) as down:
                await down.play(lambda _: None, lambda _: None)
                link = str(down.resource).rpartition("/")[2]
                for on in (True, False, True):
                    async with run.http.post(f"{run.url}/recording", json={"viewer": link, "on": on}) as response:
                        assert response.status == 204
                    async with run.http.get(run.url) as told:
                        assert (await told.json())["recording"] == int(on)
                for wrong, status in (({"viewer": "x", "on": True}, 404), ({"viewer": link, "on": 1}, 400), ([], 400)):
                    async with run.http.post(f"{run.url}/recording", json=wrong) as response:
                        assert response.status == status
            async with asyncio.timeout(10):
                while run.server.rooms.rooms[KEY].recorders:
                    await asyncio.sleep(0.05)

    asyncio.run(main())


def test_only_its_maker_changes_it_and_only_an_admin_rewords_the_label(tmp_path: Path) -> None:
    tokens, file, made = Tokens(), tmp_path / "tokens.json", {}
    for name, scopes in (
        ("swap", [Scope.SWAP, Scope.VIEW]),
        ("both", [Scope.SWAP, Scope.UPLOAD]),
        ("admin", [Scope.ADMIN]),
    ):
        tokens, _, made[name] = tokens.issued(scopes, None)
    save(tokens, file)

    def by(name: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {made[name]}"}

    async def main() -> None:
        async with running(token=made["swap"], tokens=file) as run:
            assert (await run.patch({"strength": 0.5}))[0] == 401
            assert (await run.patch({"strength": 0.5}, headers=by("both")))[0] == 403, "another token's"
            assert (await run.patch({"strength": 0.5}, headers=by("swap")))[0] == 200
            photo = {"data": PHOTO, "params": {"consent": "true"}}
            assert (await run.patch(headers=PNG | by("swap"), **photo))[0] == 403, "it may bring no faces"
            assert (await run.patch(headers=PNG | by("admin"), **photo))[0] == 200
            assert (await run.patch({"label": "nothing here"}, headers=by("swap")))[0] == 403
            assert (await run.patch({"label": "Altered"}, headers=by("admin")))[0] == 200
            async with run.http.get(f"{run.url}/events") as response:
                assert response.status == 401

    asyncio.run(main())
