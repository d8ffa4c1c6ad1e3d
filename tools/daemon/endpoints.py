"""Endpoints: the RTMP endpoints. A publisher with an endpoint's key starts its relay, which ends after it has left;
the files that it wrote are signed then.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from stream.io.address import inlet, outlet
from stream.io.recordings import Recordings, after_earlier
from stream.io.relay import Relay
from stream.media.bitrate import parse_bitrate
from stream.rtmp.server import RtmpServer, digest
from stream.rtmp.slot import Slot
from stream.telemetry.metrics import Metrics
from tools.daemon.config import Endpoint
from tools.daemon.endpoint_swaps import EndpointSwaps
from tools.daemon.queue.queued_job import JsonObject

log = logging.getLogger("understudy.daemon")
RETRY_AFTER = 1.0  # seconds before a failed endpoint takes the next publisher
LINGER = 30.0  # seconds that an endpoint waits for its publisher to come back


@dataclass(slots=True)
class EndpointState:
    """An endpoint now. relay: while somebody publishes, and a while after."""

    endpoint: Endpoint
    swaps: EndpointSwaps
    slot: Slot = field(default_factory=Slot)
    relay: Relay | None = None
    task: asyncio.Task[None] | None = None
    trouble: str = ""

    def to_json(self) -> JsonObject:
        """Without the key, and without those in the outputs."""
        session = self.relay.session if self.relay else None
        outputs = self.relay.outputs if self.relay else []
        delays = session.delays if session else ()
        skipped = self.relay.skipped if self.relay else 0
        return {
            "name": self.endpoint.name,
            "publishing": self.slot.busy,
            "came": session.came if session else 0,
            "left": session.left - skipped if session else 0,
            "dropped": session.shed + skipped if session else 0,
            "delay_ms": round(1000 * sum(delays) / len(delays), 1) if delays else None,
            "outputs": [{"to": o.address.shown, "open": o.open, "opened": o.opened, "lost": o.lost} for o in outputs],
            "trouble": self.trouble,
        }


class Endpoints:
    """swaps: each endpoint's. most: endpoints at work at once. clock: the time, with a time zone."""

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        swaps: Sequence[EndpointSwaps],
        metrics: Metrics,
        most: int = 4,
        linger: float = LINGER,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._states = [EndpointState(e, own) for e, own in zip(endpoints, swaps, strict=True)]
        self._clock = clock
        self._metrics, self._most, self._linger = metrics, most, linger
        slots = {digest(f"{s.endpoint.app}/{s.endpoint.key}"): s.slot for s in self._states}
        self._server = RtmpServer(slots, self._came, self._room)
        self._stop = asyncio.Event()
        for state in self._states:  # what cannot be written is told at the start
            for text in state.endpoint.outputs:
                outlet(text)

    @property
    def running(self) -> int:
        return sum(state.task is not None for state in self._states)

    def to_json(self) -> list[JsonObject]:
        return [state.to_json() for state in self._states]

    async def open(self, host: str, port: int) -> int:
        """Returns the port. Raises OSError."""
        return await self._server.open(host, port)

    def shut(self) -> None:
        """Accepts no more publishers; those that are connected stay."""
        self._server.shut()

    async def close(self) -> None:
        self._stop.set()
        tasks = [state.task for state in self._states if state.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=20)
        await self._server.close()

    def _room(self, slot: Slot) -> bool:
        return self._state(slot).task is not None or self.running < self._most

    def _came(self, slot: Slot) -> None:
        state = self._state(slot)
        if state.task is None and not self._stop.is_set():
            state.task = asyncio.create_task(self._carry(state))
            self._metrics.sessions.set(self.running)

    def _state(self, slot: Slot) -> EndpointState:
        return next(state for state in self._states if state.slot is slot)

    async def _carry(self, state: EndpointState) -> None:
        e = state.endpoint
        log.info("endpoint %s: a publisher has come", e.name)
        state.trouble = trouble = ""  # the last publisher's is not this one's
        try:
            recordings, state.relay = self._relay(state)
            for sentence in await recordings.run(state.relay, self._stop):
                log.info("endpoint %s: %s", e.name, sentence)
            broken = [o for o in state.relay.outputs if o.error is not None]
            if broken:
                trouble = f"{broken[0].address.shown} cannot be written: {broken[0].error}"
        except Exception as error:  # whatever it is, the other endpoints go on
            trouble = str(error)
            log.exception("endpoint %s has failed", e.name)
            await asyncio.sleep(RETRY_AFTER)  # publishers come back at once
        finally:
            state.relay, state.task, state.trouble = None, None, trouble
            self._metrics.sessions.set(self.running)
            log.info("endpoint %s has ended", e.name)
        if state.slot.waiting and not self._stop.is_set():  # it came back just now
            self._came(state.slot)

    def _relay(self, state: EndpointState) -> tuple[Recordings, Relay]:
        """For a publisher and those who follow it soon. Its recordings get names after those of earlier ones, which
        stay as they are. Raises OutputError, MarkingError, SigningError."""
        e, swaps = state.endpoint, state.swaps
        outlets = [after_earlier(outlet(text)) for text in e.outputs]
        recordings = Recordings(outlets, swaps.marking, swaps.consent, swaps.identity, self._clock, swaps.label)
        relay = Relay(
            inlet(f"rtmp://127.0.0.1/{e.app}/{e.key}", listen=True),
            outlets,
            swaps.make(recordings.payload, recordings.opened),
            self._metrics,
            bitrate=parse_bitrate(e.bitrate),
            preset=e.preset,
            slot=state.slot,
            linger=self._linger,
        )
        return recordings, relay
