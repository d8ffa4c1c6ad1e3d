"""Endpoints: the RTMP endpoints. A publisher with an endpoint's key starts its relay, which ends after it has left."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from engines.errors import UnderstudyError
from stream.consent.package import default_identities
from stream.consent.people import find_people
from stream.consent.people import settle as settle_consent
from stream.io.address import inlet, outlet
from stream.io.relay import Relay
from stream.live.session import FrameSwap
from stream.live.swaps import LiveOptions, LiveSwaps
from stream.media.bitrate import parse_bitrate
from stream.pipeline.models import Models, Timing
from stream.pipeline.spec import SwapSpec, read_spec
from stream.rtmp.server import RtmpServer, digest
from stream.rtmp.slot import Slot
from stream.telemetry.metrics import Metered, Metrics
from tools.daemon.config import Endpoint
from tools.daemon.queue.queued_job import JsonObject

log = logging.getLogger("understudy.daemon")
TROUBLED = 1.0  # seconds that a failed endpoint rests, at least
LINGER = 30.0  # seconds that an endpoint waits for its publisher to come back


@dataclass(slots=True)
class Post:
    """An endpoint at work. relay: while somebody publishes, and a while after."""

    endpoint: Endpoint
    make: Callable[[Metered], FrameSwap]
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


def open_swaps(endpoints: Sequence[Endpoint]) -> list[LiveSwaps]:
    """Each endpoint's, in order; those that want the same networks share them. Slow. Raises UnderstudyError, which
    names the endpoint."""
    opened: dict[SwapSpec, Models] = {}
    found = []
    for endpoint in endpoints:
        try:
            people = find_people(endpoint.source, default_identities())
            settle_consent(people, endpoint.consent, lambda _: False, datetime.now(UTC))
            spec = read_spec(endpoint.options, tuple(person.photos for person in people))
            if spec.networks not in opened:
                opened[spec.networks] = Models(spec, Timing.LIVE)
            found.append(LiveSwaps(spec, LiveOptions(), opened[spec.networks]))
        except UnderstudyError as error:
            raise UnderstudyError(f"endpoint {endpoint.name}: {error}") from error
    return found


class Endpoints:
    """makes: each endpoint's swap. most: endpoints at work at once."""

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        makes: Sequence[Callable[[Metered], FrameSwap]],
        metrics: Metrics,
        most: int = 4,
        linger: float = LINGER,
    ) -> None:
        self._posts = [Post(e, make) for e, make in zip(endpoints, makes, strict=True)]
        self._metrics, self._most, self._linger = metrics, most, linger
        slots = {digest(f"{p.endpoint.app}/{p.endpoint.key}"): p.slot for p in self._posts}
        self._server = RtmpServer(slots, self._came, self._room)
        self._stop = asyncio.Event()
        for post in self._posts:  # what cannot be written is told at the start
            for text in post.endpoint.outputs:
                outlet(text)

    @property
    def running(self) -> int:
        return sum(post.task is not None for post in self._posts)

    def to_json(self) -> list[JsonObject]:
        return [post.to_json() for post in self._posts]

    async def open(self, host: str, port: int) -> int:
        """Returns the port. Raises OSError."""
        return await self._server.open(host, port)

    def shut(self) -> None:
        """Nobody comes in any more."""
        self._server.shut()

    async def close(self) -> None:
        self._stop.set()
        tasks = [post.task for post in self._posts if post.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=20)
        await self._server.close()

    def _room(self, slot: Slot) -> bool:
        return self._post(slot).task is not None or self.running < self._most

    def _came(self, slot: Slot) -> None:
        post = self._post(slot)
        if post.task is None and not self._stop.is_set():
            post.task = asyncio.create_task(self._carry(post))
            self._metrics.sessions.set(self.running)

    def _post(self, slot: Slot) -> Post:
        return next(post for post in self._posts if post.slot is slot)

    async def _carry(self, post: Post) -> None:
        e = post.endpoint
        log.info("endpoint %s: a publisher has come", e.name)
        post.trouble = trouble = ""  # the last publisher's is not this one's
        try:
            post.relay = self._relay(post)
            await post.relay.run(self._stop)
            broken = [o for o in post.relay.outputs if o.error is not None]
            if broken:
                trouble = f"{broken[0].address.shown} cannot be written: {broken[0].error}"
        except Exception as error:  # whatever it is, the other endpoints go on
            trouble = str(error)
            log.exception("endpoint %s has failed", e.name)
            await asyncio.sleep(TROUBLED)  # publishers come back at once
        finally:
            post.relay, post.task, post.trouble = None, None, trouble
            self._metrics.sessions.set(self.running)
            log.info("endpoint %s rests", e.name)
        if post.slot.waiting and not self._stop.is_set():  # it came back just now
            self._came(post.slot)

    def _relay(self, post: Post) -> Relay:
        """Raises OutputError."""
        e = post.endpoint
        return Relay(
            inlet(f"rtmp://127.0.0.1/{e.app}/{e.key}", listen=True),
            [outlet(text) for text in e.outputs],
            post.make,
            self._metrics,
            bitrate=parse_bitrate(e.bitrate),
            preset=e.preset,
            slot=post.slot,
            linger=self._linger,
        )
