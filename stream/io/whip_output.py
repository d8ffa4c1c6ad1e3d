"""WhipOutput: publishes by WHIP, and again when that breaks. Needs aiortc, which no other output does."""

import asyncio
import logging
from importlib.util import find_spec

from engines.errors import OutputError
from stream.io.address import OutputAddress
from stream.io.backoff import Backoff
from stream.io.fanout import Fanout

log = logging.getLogger("understudy.io")
NEEDED = ("aiohttp", "aiortc")


class WhipOutput:
    """address: of the endpoint. token: bearer, None without."""

    def __init__(self, address: OutputAddress, token: str | None) -> None:
        """Raises OutputError where a package that WHIP needs is missing."""
        if missing := next((name for name in NEEDED if find_spec(name) is None), None):
            raise OutputError(
                f"{address.shown} is published by WebRTC, which needs {missing}: install the `serve` extra"
            )
        self._address, self._token = address, token

    async def run(self, video: Fanout, audio: Fanout) -> None:
        """Publishes pictures and Opus packets until it is cancelled."""
        from stream.webrtc.client import Client
        from stream.webrtc.tracks import ViewerTrack

        backoff, clock = Backoff(), asyncio.get_running_loop().time
        while True:
            async with Client(self._address.url, self._token) as client:
                gone = asyncio.Event()
                client.when_gone(gone.set)
                tracks = [ViewerTrack(source.subscribe()) for source in (video, audio)]
                try:
                    await client.publish(*tracks)
                    backoff.up(clock())
                    await gone.wait()
                    log.warning("%s ended", self._address.shown)
                except Exception as error:
                    log.warning("%s", str(error).replace(self._address.url, self._address.shown))
                finally:
                    for track in tracks:
                        track.stop()
            await asyncio.sleep(backoff.down(clock()))
