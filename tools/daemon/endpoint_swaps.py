"""EndpointSwaps: what an endpoint's sessions are made with, and what its recordings have to say. Knows the
configuration; nothing of publishers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from engines.errors import UnderstudyError
from engines.watermark.payload import Payload
from stream.consent.consent import Consent
from stream.consent.package import default_identities
from stream.consent.people import find_people, settle
from stream.live.session import FrameSwap
from stream.live.swaps import LiveOptions, LiveSwaps
from stream.marks.keys import Identity, local_identity
from stream.marks.layers import Marking
from stream.pipeline.models import Models, Timing
from stream.pipeline.pipeline import Pipeline
from stream.pipeline.spec import SwapSpec, read_spec
from stream.telemetry.metrics import Metered
from tools.daemon.config import Endpoint

Make = Callable[[Payload | None, Callable[[Pipeline], object]], Callable[[Metered], FrameSwap]]


@dataclass(frozen=True, slots=True)
class EndpointSwaps:
    """make: what makes a session's swap, of what its invisible mark says and of who is told its pipeline. consent: of
    the endpoint's people. identity: who signs. label: the words burnt into every picture, empty for none."""

    make: Make
    consent: Consent | None
    identity: Identity
    marking: Marking
    label: str


def open_swaps(endpoints: Sequence[Endpoint]) -> list[EndpointSwaps]:
    """Each endpoint's, in order; those that want the same networks share them. Slow. Raises UnderstudyError, which
    names the endpoint."""
    opened: dict[SwapSpec, Models] = {}
    identity, options = local_identity(), LiveOptions()
    label = options.label.words if options.label is not None else ""
    found = []
    for endpoint in endpoints:
        try:
            people = find_people(endpoint.source, default_identities())
            consent = settle(people, endpoint.consent, lambda _: False, datetime.now(UTC))
            spec = read_spec(endpoint.options, tuple(person.photos for person in people))
            if spec.networks not in opened:
                opened[spec.networks] = Models(spec, Timing.LIVE)
            make = _maker(LiveSwaps(spec, options, opened[spec.networks]))
            found.append(EndpointSwaps(make, consent, identity, options.marking, label))
        except UnderstudyError as error:
            raise UnderstudyError(f"endpoint {endpoint.name}: {error}") from error
    return found


def _maker(swaps: LiveSwaps) -> Make:
    return lambda payload, opened: swaps.make(None, payload, opened)
