"""SwapTrack: a video track with other faces, for any aiortc program."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import av
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError

from understudy_video.swap import Swap


class SwapTrack(MediaStreamTrack):
    """Takes the place of `track`. swap: of this track alone; closed by whoever opened it. Frames that come while one is
    being painted wait in the track they come from; aiortc's relays and receivers drop the oldest."""

    kind = "video"

    def __init__(self, track: MediaStreamTrack, swap: Swap) -> None:
        super().__init__()
        self._track, self._swap = track, swap
        self._worker: ThreadPoolExecutor | None = None

    async def recv(self) -> av.VideoFrame:
        """The next frame, painted on a thread of the track's own. Raises MediaStreamError at its end."""
        if self.readyState != "live":
            raise MediaStreamError
        frame = await self._track.recv()
        assert isinstance(frame, av.VideoFrame), "a video track gives frames"
        if self._worker is None:
            self._worker = ThreadPoolExecutor(1, thread_name_prefix="swap")
        return await asyncio.get_running_loop().run_in_executor(self._worker, self._swap, frame)

    def stop(self) -> None:
        super().stop()
        self._track.stop()
        if self._worker is not None:
            self._worker.shutdown(wait=False, cancel_futures=True)
