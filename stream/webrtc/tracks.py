"""ViewerTrack: what a peer connection sends, read from a subscription. Knows aiortc; nothing of peers or sessions."""

from typing import Any

from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError

from stream.io.fanout import Ended, Subscription


class ViewerTrack(MediaStreamTrack):
    """One viewer's pictures or sound. To be used on the event loop's thread."""

    def __init__(self, subscription: Subscription) -> None:
        super().__init__()
        self.kind = subscription.kind
        self._subscription = subscription

    async def recv(self) -> Any:
        """The next picture or packet. Raises MediaStreamError once the source has ended."""
        try:
            return await self._subscription.recv()
        except Ended:
            self.stop()
            raise MediaStreamError from None

    def stop(self) -> None:
        """Ends the track and its subscription."""
        super().stop()
        self._subscription.stop()
