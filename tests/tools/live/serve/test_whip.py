"""WHIP and WHEP by the letter, over real connections."""

import asyncio
from typing import Any

import aiohttp
import pytest
from aiortc import RTCPeerConnection

from engines.errors import InputError
from stream.webrtc.client import Client
from tests.tools.live.serve.served import Colour, Viewer, served
from tests.waiting import until
from tools.bench.live.camera import Microphone
from tools.live.serve.settings import parse_ice

SDP = {"Content-Type": "application/sdp"}
FRAGMENT = "application/trickle-ice-sdpfrag"


def test_pictures_and_sound_go_from_publisher_to_viewers() -> None:
    async def main() -> None:
        async with served() as (server, url, http), Client(f"{url}/whip/a") as up:
            await up.publish(Colour(90), Microphone())
            async with Client(f"{url}/whep/a") as one, Client(f"{url}/whep/a") as two:
                viewers = [Viewer(), Viewer()]
                for client, viewer in zip((one, two), viewers, strict=True):
                    await client.play(viewer.picture, viewer.sound)
                for viewer in viewers:
                    await viewer.until(20)
                    width, height, level = viewer.frames[-1]
                    assert (width, height) == (320, 240) and abs(level - 91.5) < 4
                    await until(lambda v=viewer: v.packets > 10)
                async with http.get(f"{url}/api/rooms/a") as response:
                    figures = await response.json()
                assert figures["viewers"] == 2 and figures["left"] > 15 and figures["delay_ms"] < 500
            await until(lambda: len(server.rooms.rooms["a"].links) == 1)
        assert not server.rooms.rooms

    asyncio.run(main())


def test_the_letters_of_rfc_9725() -> None:
    async def main() -> None:
        async with served() as (server, url, http), Client(f"{url}/whip/a") as up:
            answers: list[aiohttp.ClientResponse] = []

            async def ask(method: str, path: str, **more: Any) -> aiohttp.ClientResponse:
                response = await http.request(method, url + path, **more)
                answers.append(response)
                return response

            await up.publish(Colour(90))
            (link,) = server.rooms.rooms["a"].links.values()
            place = f"/whip/a/{link.id}"
            assert up.resource == url + place
            options = await ask("OPTIONS", "/whip/a")
            assert options.status == 204 and options.headers["Accept-Post"] == "application/sdp"
            for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE"):
                refused = await ask(method, "/whip/a")
                assert refused.status == 405 and refused.headers["Allow"] == "OPTIONS,POST"
            for method in ("GET", "HEAD", "PUT", "POST"):
                refused = await ask(method, place)
                assert refused.status == 405 and refused.headers["Allow"] == "DELETE,OPTIONS,PATCH"
            head = {"Content-Type": FRAGMENT}
            good = f"a=ice-ufrag:{'x' * 4}\r\na=mid:0\r\n"
            candidate = "a=mid:0\r\na=candidate:1 1 udp 2130706431 192.0.2.9 9 typ host\r\n"
            match = {"If-Match": f'"{link.etag}"'}
            for headers, data, status in (
                (head, candidate, 428),
                ({**head, "If-Match": '"other"'}, candidate, 412),
                ({**head, "If-Match": "*"}, good, 422),
                ({**head, **match}, good, 422),  # another ufrag: a restart
                ({**head, **match}, "a=candidate:1", 400),
                ({**match, "Content-Type": "text/plain"}, candidate, 415),
                ({**head, **match}, candidate, 204),
                ({**head, "If-Match": f'"older", "{link.etag}"'}, candidate, 204),
            ):
                response = await ask("PATCH", place, headers=headers, data=data)
                assert response.status == status, (status, await response.text())
                assert ("ETag" in response.headers, await response.read() == b"") == (False, status == 204)
                if status == 415:
                    assert response.headers["Accept-Patch"] == FRAGMENT
            assert (await ask("PATCH", "/whip/a/none", headers=head, data=candidate)).status == 404
            assert (await ask("DELETE", place.replace("whip", "whep"))).status == 404
            other = await ask("POST", "/whip/a", headers={"Content-Type": "text/plain"}, data="v=0")
            assert other.status == 415 and other.headers["Accept-Post"] == "application/sdp"
            bad = await ask("POST", "/whip/b", headers=SDP, data="v=0\r\n")
            assert bad.status == 400 and bad.headers["Content-Type"] == "application/problem+json"
            assert "video" in (await bad.json())["detail"]
            assert (await ask("DELETE", place)).status == 200
            assert (await ask("DELETE", place)).status == 404
            assert "a" not in server.rooms.rooms
            for response in answers:
                response.release()

    asyncio.run(main())


def test_the_answer_to_an_offer() -> None:
    """201 with the whole answer, a location, the ICE session's tag, the ICE servers; nothing is half accepted."""

    async def main() -> None:
        ice = (parse_ice("stun:stun.example.net"), parse_ice("turn:ann:secret@turn.example.net:3478"))
        async with served(ice=ice, origins=("https://friend.example",)) as (server, url, http):
            connection = RTCPeerConnection()
            connection.addTrack(Colour(90))
            await connection.setLocalDescription(await connection.createOffer())
            offer = connection.localDescription.sdp
            async with http.post(f"{url}/whip/a", data=offer.encode(), headers=SDP) as got:
                assert got.status == 201 and got.headers["Content-Type"] == "application/sdp"
                (link,) = server.rooms.rooms["a"].links.values()
                assert got.headers["Location"] == f"/whip/a/{link.id}" and len(link.id) >= 16
                assert got.headers["ETag"] == f'"{link.etag}"' and got.headers["Accept-Patch"] == FRAGMENT
                assert got.headers.getall("Link") == [
                    '<stun:stun.example.net>; rel="ice-server"',
                    '<turn:turn.example.net:3478>; rel="ice-server"; username="ann"; credential="secret";'
                    ' credential-type="password"',
                ]
                answer = await got.text()
            assert answer.count("m=") == offer.count("m=") and "a=candidate:" in answer and "m=video 0" not in answer
            two = offer + offer[offer.index("m=video") :].replace("a=mid:0", "a=mid:1")
            async with http.post(f"{url}/whip/b", data=two.encode(), headers=SDP) as got:
                assert got.status == 400 and "more than one video" in (await got.json())["detail"]
            assert set(server.rooms.rooms) == {"a"}
            async with http.options(f"{url}/whip/a") as got:
                assert got.headers.getall("Link") == ['<stun:stun.example.net>; rel="ice-server"'], "no password"
            asked = {"Origin": "https://friend.example", "Access-Control-Request-Method": "POST"}
            for place in ("/whip/a", "/api/rooms", "/api/rooms/a"):
                async with http.options(url + place, headers=asked) as got:
                    assert got.status == 204 and "Link" not in got.headers, "a preflight, which cannot read it"
                    assert "Authorization" in got.headers["Access-Control-Allow-Headers"]
                    assert "Location" in got.headers["Access-Control-Expose-Headers"]
            async with http.options(f"{url}/api/rooms", headers={**asked, "Origin": "https://other.example"}) as got:
                assert got.status == 405 and "Access-Control-Allow-Origin" not in got.headers
            await connection.close()

    asyncio.run(main())


def test_two_publishers_on_one_key() -> None:
    async def main() -> None:
        async with served() as (_, url, _http), Client(f"{url}/whip/key") as first, Client(f"{url}/whip/key") as second:
            await first.publish(Colour(90))
            with pytest.raises(InputError, match="409"):
                await second.publish(Colour(50))
            async with Client(f"{url}/whep/key") as viewer:
                seen = Viewer()
                await viewer.play(seen.picture, seen.sound)
                await seen.until(5)
                assert seen.frames[-1][2] > 80

    asyncio.run(main())


def test_a_publisher_comes_back() -> None:
    async def main() -> None:
        async with served() as (server, url, _):
            for level in (60, 160):
                async with Client(f"{url}/whip/k") as up, Client(f"{url}/whep/k") as down:
                    await up.publish(Colour(level))
                    seen = Viewer()
                    await down.play(seen.picture, seen.sound)
                    await seen.until(5)
                    assert abs(seen.frames[-1][2] - level) < 20
                await until(lambda: "k" not in server.rooms.rooms)

    asyncio.run(main())


def test_a_client_that_goes_without_goodbye_is_noticed() -> None:
    async def main() -> None:
        async with served(quiet_after=1.0) as (server, url, _):
            up = Client(f"{url}/whip/k")
            await up.publish(Colour(90))
            await until(lambda: (s := server.rooms.sessions()) and s[0].came > 3)
            up.resource = None  # no DELETE
            for transceiver in up.connection.getTransceivers():
                transceiver.sender.replaceTrack(None)  # and nothing more comes
            await until(lambda: not server.rooms.rooms)
            await up.close()

    asyncio.run(main())


def test_the_picture_changes_its_size_and_turns_in_mid_stream() -> None:
    async def main() -> None:
        async with served() as (_, url, _http), Client(f"{url}/whip/k") as up, Client(f"{url}/whep/k") as down:
            camera = Colour(90)
            await up.publish(camera)
            seen = Viewer()
            await down.play(seen.picture, seen.sound)
            await seen.until(5)
            for size in ((240, 320), (640, 360)):
                camera.size = size
                await until(lambda s=size: seen.frames[-1][:2] == s)

    asyncio.run(main())


def test_when_all_is_taken_the_next_is_told_to_wait() -> None:
    async def main() -> None:
        async with served(most=1) as (_, url, http), Client(f"{url}/whip/a") as up:
            await up.publish(Colour(90))
            async with Client(f"{url}/whip/b") as late:
                with pytest.raises(InputError, match="503"):
                    await late.publish(Colour(90))
            async with http.get(f"{url}/readyz") as response:
                assert response.status == 503
            async with http.get(f"{url}/metrics") as response:
                assert 'understudy_refused_total{reason="capacity"} 1.0' in await response.text()

    asyncio.run(main())
