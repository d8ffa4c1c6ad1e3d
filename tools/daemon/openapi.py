"""OpenAPI: the daemon's interface as a document that tools can read: its paths, and what each of them answers.

What is in a request and in an answer is `openapi_schemas`'s.
"""

from collections.abc import Mapping, Sequence

from tools.daemon.http_values import LIST_MOST
from tools.daemon.openapi_schemas import ID, KEY, ref, schemas
from tools.daemon.queue.queued_job import JobState, JsonObject

CONFLICT = {"404": "There is no such job.", "409": "The state of this job, or another job, does not allow it."}
MISSING = {"404": CONFLICT["404"]}
WHERE = {"421": "The `Host` header names another machine."}
CLOSED = {
    "401": "No token, or none that holds.",
    "403": "The token does not open this.",
    "429": "Too many requests of this token.",
}
BODY = {
    "400": "The body is not JSON, or a header cannot be read.",
    "408": "The body came too slowly.",
    "413": "The body is too large.",
    "415": "The body is not of the type application/json.",
    "422": "The request cannot be fulfilled.",
}
KEPT = {"503": "The daemon is ending, or its queue is full or held.", "507": "The disk of the queue is full."}
OPEN = ("/", "/openapi.json", "/healthz", "/readyz")  # for who has no token


def document(tokens: bool, base: str = "") -> JsonObject:
    """OpenAPI 3.1. tokens: whether one is needed. base: the path under which a proxy shows the daemon."""
    paths = _paths()
    for path, calls in paths.items():
        for call in calls.values():
            closed = tokens and path not in OPEN
            words = WHERE if not tokens else CLOSED if closed else {}
            responses = call["responses"]
            assert isinstance(responses, dict)
            responses |= _problems(words)
            if closed:
                call["security"] = [{"token": []}]
    components: JsonObject = {"schemas": schemas()}
    if tokens:
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Understudy daemon", "version": "2"},
        "servers": [{"url": base or "/"}],
        "paths": paths,
        "components": components,
    }


def index() -> list[str]:
    """The paths that can be asked for as they are."""
    return [path for path in _paths() if "{" not in path]


def _paths() -> dict[str, dict[str, JsonObject]]:
    one: list[JsonObject] = [{"name": "id", "in": "path", "required": True, "schema": ID}]
    added = {"201": "It is queued.", "200": "It was queued before, under the same key."}
    priority: JsonObject = {
        "type": "object",
        "required": ["priority"],
        "additionalProperties": False,
        "properties": {"priority": ref("Priority")},
    }
    job, kept = ref("Job"), {**CONFLICT, **KEPT}
    key: JsonObject = {"name": "Idempotency-Key", "in": "header", "schema": KEY}
    add = _call("Queue a job.", added, job, [key], BODY | KEPT | {"409": CONFLICT["409"]}, ref("NewJob"))
    _with_location(add)
    return {
        "/": {"get": _call("What there is.", {"200": "Paths."}, ref("Index"))},
        "/jobs": {
            "post": add,
            "get": _call("The newest jobs.", {"200": "Jobs, and counts by state."}, ref("Jobs"), _page(), _BAD),
        },
        "/jobs/{id}": {
            "get": _call("A job, with its history.", {"200": "The job."}, ref("JobWithHistory"), one, MISSING),
            "patch": _call("Move a job in the queue.", {"200": "The job."}, job, one, BODY | kept, priority),
        },
        "/jobs/{id}/cancel": {"post": _call("End a job for good.", {"200": "The job."}, job, one, kept)},
        "/jobs/{id}/retry": {"post": _call("Try a failed or cancelled job again.", {"200": "It."}, job, one, kept)},
        "/jobs/{id}/events": {"get": _stream("One job's progress, to its end.", one, MISSING)},
        "/events": {"get": _stream("All jobs' progress.", [], {})},
        "/endpoints": {"get": _call("The RTMP endpoints as they stand.", {"200": "Endpoints."}, ref("Endpoints"))},
        "/metrics": {"get": _other("Figures for Prometheus.", "text/plain")},
        "/openapi.json": {"get": _call("This document.", {"200": "OpenAPI 3.1."}, {"type": "object"})},
        "/healthz": {"get": _call("Is it alive?", {"200": "It is."}, ref("Status"))},
        "/readyz": {"get": _call("Does it take jobs?", {"200": "It does.", "503": "It is ending."}, ref("Status"))},
    }


_BAD = {"400": "A parameter cannot be read."}


def _page() -> list[JsonObject]:
    limits = {"type": "integer", "minimum": 1, "maximum": LIST_MOST, "default": 100}
    return [
        {"name": "state", "in": "query", "schema": {"type": "string", "enum": list(JobState)}},
        {"name": "limit", "in": "query", "schema": limits},
        {
            "name": "before",
            "in": "query",
            "schema": {"type": "number"},
            "description": "For the next page: the last job's `created`.",
        },
    ]


def _call(
    summary: str,
    good: Mapping[str, str],
    schema: JsonObject,
    parameters: Sequence[JsonObject] = (),
    bad: Mapping[str, str] | None = None,
    body: JsonObject | None = None,
) -> JsonObject:
    content = {"application/json": {"schema": schema}}
    answers: JsonObject = {code: {"description": words, "content": content} for code, words in good.items()}
    call: JsonObject = {"summary": summary, "responses": answers | _problems(bad or {})}
    if parameters:
        call["parameters"] = list(parameters)
    if body is not None:
        call["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return call


def _problems(words: Mapping[str, str]) -> JsonObject:
    content = {"application/problem+json": {"schema": ref("Problem")}}
    return {code: {"description": text, "content": content} for code, text in words.items()}


def _with_location(call: JsonObject) -> None:
    responses = call["responses"]
    assert isinstance(responses, dict)
    for code in ("200", "201"):
        responses[code]["headers"] = {
            "Location": {"description": "The job.", "required": True, "schema": {"type": "string"}}
        }


def _stream(summary: str, parameters: Sequence[JsonObject], bad: Mapping[str, str]) -> JsonObject:
    words = dict(bad) | {"503": "Too many listen already."}
    call = _other(summary, "text/event-stream", "Server-sent events, each a `Job`.")
    responses = call["responses"]
    assert isinstance(responses, dict)
    return call | {"responses": responses | _problems(words)} | ({"parameters": parameters} if parameters else {})


def _other(summary: str, kind: str, words: str = "As said.") -> JsonObject:
    content = {kind: {"schema": {"type": "string"}}}
    return {"summary": summary, "responses": {"200": {"description": words, "content": content}}}
