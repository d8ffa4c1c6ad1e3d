"""WHIP outputs: what they need is told at once; a server that refuses is tried again and leaves nothing behind."""

import asyncio
import logging
import sys

import pytest

from engines.errors import OutputError
from stream.io.address import outlet
from stream.io.fanout import Fanout
from stream.io.whip_output import NEEDED, WhipOutput
from tests.stream.io.feeding import port


@pytest.mark.parametrize("name", NEEDED)
def test_a_missing_package_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(OutputError, match=f"needs {name}"):
        WhipOutput(outlet("whip+http://127.0.0.1/whip/secret"), None)


def test_a_server_that_is_not_there_is_tried_again_and_nothing_piles_up(caplog: pytest.LogCaptureFixture) -> None:
    video, audio = Fanout("video"), Fanout("audio")
    url = f"whip+http://127.0.0.1:{port()}/whip/secret"

    async def main() -> None:
        task = asyncio.create_task(WhipOutput(outlet(url), "token").run(video, audio))
        async with asyncio.timeout(20):
            while len(caplog.records) < 2:
                await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        video.push("picture")
        audio.push("packet")
        assert (len(video), len(audio)) == (0, 0), "no subscription is left"

    with caplog.at_level(logging.WARNING, "understudy.io"):
        asyncio.run(main())
    assert all("cannot be reached" in r.getMessage() for r in caplog.records)
    assert "secret" not in caplog.text and "token" not in caplog.text
