"""What a request to the daemon says, read and checked: its JSON body, the priority, the page, the idempotency key.

Knows HTTP and JSON; nothing of jobs.
"""

import hashlib
import json
import math
from dataclasses import dataclass

from aiohttp import web

from tools.daemon.errors import RequestError
from tools.daemon.queue.queued_job import JobState, JsonObject
from tools.http import limits

BODY = 64 << 10  # bytes of a request
LIST_MOST = 1000  # jobs in one answer
PRIORITIES = range(-100, 101)
KEY_LONGEST = 200  # characters of an Idempotency-Key


@dataclass(frozen=True, slots=True)
class Page:
    """Which jobs are listed. before: seconds since 1970."""

    state: JobState | None
    most: int
    before: float | None


async def json_object(request: web.Request) -> JsonObject:
    """The request's body. Raises HTTPException, RequestError."""
    found = await limits.json_body(request, BODY)
    if not isinstance(found, dict):
        raise RequestError("send a JSON object")
    return found


def priority_of(value: object) -> int:
    """Raises RequestError."""
    if not isinstance(value, int) or isinstance(value, bool) or value not in PRIORITIES:
        raise RequestError("priority is a whole number from -100 to 100; higher goes first")
    return value


def idempotency_key(request: web.Request) -> str | None:
    """Raises HTTPBadRequest where it is too long, or no plain text."""
    key = limits.header(request, "Idempotency-Key")
    if key is None:
        return None
    if not 0 < len(key) <= KEY_LONGEST:
        raise web.HTTPBadRequest(reason=f"an Idempotency-Key has 1 to {KEY_LONGEST} printable ASCII characters")
    return f"rest:{key}"


def digest_of(body: JsonObject) -> str:
    """The same for the same JSON, however it is spaced and ordered."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def page_of(request: web.Request) -> Page:
    """Raises HTTPBadRequest."""
    query = request.query
    try:
        state = JobState(query["state"]) if "state" in query else None
        most = int(query.get("limit", "100"))
        before = float(query["before"]) if "before" in query else None
        if not 1 <= most <= LIST_MOST or (before is not None and not math.isfinite(before)):
            raise ValueError
    except ValueError as error:
        raise web.HTTPBadRequest(
            reason=f"state is one of {', '.join(JobState)}; limit is 1 to {LIST_MOST}, before a number"
        ) from error
    return Page(state, most, before)
