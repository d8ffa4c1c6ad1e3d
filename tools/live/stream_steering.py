"""StreamSteering: `understudy stream` looked at and changed while it runs, whoever asks: the control socket or OSC.

The same changes as `PATCH /api/rooms/KEY`; knows no sockets.
"""

import asyncio
import logging
from collections.abc import Callable

from engines.errors import UnderstudyError
from stream.consent.consent import Consent, Given
from stream.live.figures import figures
from stream.live.session import LiveSession
from stream.live.steering import Steer
from stream.live.wanted import Newcomers, Wanted, after, change
from stream.pipeline.spec import SwapSpec
from tools.live.face_admission import FaceAdmission, said_of

log = logging.getLogger("understudy.io")


class StreamSteering:
    """wanted: as the stream begins. session: the one that runs, None before and after. admission: for kept identities.
    came_in: told of people who are put in, relabelled of the label's new words, once they are."""

    def __init__(
        self,
        spec: SwapSpec,
        wanted: Wanted,
        session: Callable[[], LiveSession | None],
        admission: FaceAdmission,
        came_in: Callable[[Consent], object],
        relabelled: Callable[[str], object],
    ) -> None:
        self._spec, self._wanted, self._session, self._admission = spec, wanted, session, admission
        self._came_in, self._relabelled = came_in, relabelled
        self._lock = asyncio.Lock()

    def state(self) -> dict[str, object]:
        """As `GET /api/rooms/KEY` tells it."""
        return figures(self._session(), self._wanted)

    async def change(self, steer: Steer) -> dict[str, object]:
        """Between two frames. Returns the state after it. Raises SteerError, UnderstudyError, and then nothing has
        changed."""
        async with self._lock:
            session = self._session()
            if session is None:
                raise UnderstudyError("the stream has not begun yet; try again in a moment")
            people: Newcomers | None = None
            consent: Consent | None = None
            if steer.source is not None:
                people, consent = await asyncio.to_thread(self._admission.kept, steer.source, Given.REQUEST)
            then = after(self._wanted, steer, self._spec, people)
            label = then.label if then.label != self._wanted.label else None
            await asyncio.to_thread(session.update, change(self._wanted, then), label)
            self._wanted = then
            if consent is not None:
                self._came_in(consent)
            if label is not None:
                self._relabelled(label.words)
            faces = said_of(consent) if consent is not None else []
            words = {"event": "stream changed", "frame": session.came, "faces": faces}
            log.info("the stream was changed", extra={"facts": words | steer.facts})
            return self.state()
