"""OSC messages become the same changes; wrong ones are logged and change nothing."""

import asyncio
import logging

import pytest

from engines.errors import UnderstudyError
from stream.live.steering import Steer, SteerError
from stream.pipeline.choices import Routing
from tests.tools.live.test_control import Desk
from tools.live import osc
from tools.live.osc import OscServer, read_message


@pytest.mark.parametrize(
    ("address", "values", "steer"),
    [
        ("strength", (0.5,), Steer(strength=0.5)),
        ("strength", (1,), Steer(strength=1.0)),
        ("strength", ("0.25",), Steer(strength=0.25)),
        ("mask", (True,), Steer(mask=True)),
        ("mask", (0,), Steer(mask=False)),
        ("mask", ("true",), Steer(mask=True)),
        ("routing", ("fast",), Steer(routing=Routing.FAST)),
        ("map", ("1=track:3", "2=all"), Steer(map=("1=track:3", "2=all"))),
        ("source", ("ann", "bob", "i-have-consent"), Steer(source=("ann", "bob"), consent=True)),
    ],
)
def test_a_message_is_a_change(address: str, values: tuple[object, ...], steer: Steer) -> None:
    assert read_message(f"/understudy/{address}", values) == steer


@pytest.mark.parametrize(
    ("address", "values", "field"),
    [
        ("/understudy/strength", (7.0,), "strength"),
        ("/understudy/strength", (), "strength"),
        ("/understudy/source", ("ann",), "consent"),
        ("/understudy/consent", (True,), "/understudy/consent"),
        ("/other/strength", (1.0,), "/other/strength"),
        ("/understudy/nothing", (), "/understudy/nothing"),
        ("/understudy/mask", (3,), "mask"),
    ],
)
def test_mistakes_name_the_field(address: str, values: tuple[object, ...], field: str) -> None:
    with pytest.raises(SteerError) as caught:
        read_message(address, values)
    assert caught.value.field == field


def test_messages_come_by_udp_in_their_order(caplog: pytest.LogCaptureFixture) -> None:
    client = pytest.importorskip("pythonosc.udp_client")
    desk = Desk()

    async def main() -> None:
        server = OscServer("127.0.0.1", 0, desk)
        port = await server.open()
        with client.SimpleUDPClient("127.0.0.1", port) as sender:
            for value in (0.25, 9.0, 0.13, 0.75):
                sender.send_message("/understudy/strength", value)
            sender.send_message("/understudy/map", ["1=track:3", "1=all"])
        async with asyncio.timeout(5):
            while len(desk.changes) < 3:
                await asyncio.sleep(0.01)
        await server.close()

    with caplog.at_level(logging.WARNING, "understudy.io"):
        asyncio.run(main())
    assert desk.changes == [Steer(strength=0.25), Steer(strength=0.75), Steer(map=("1=track:3", "1=all"))]
    wrong = [record.getMessage() for record in caplog.records]
    assert len(wrong) == 2 and "strength: 9" in wrong[0] and "unlucky" in wrong[1]


def test_only_here_and_only_with_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnderstudyError, match="no token"):
        OscServer("0.0.0.0", 9000, Desk())
    monkeypatch.setattr(osc, "find_spec", lambda _: None)
    with pytest.raises(UnderstudyError, match=r"\.\[osc\]"):
        OscServer("127.0.0.1", 9000, Desk())
