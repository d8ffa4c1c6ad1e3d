"""OpenAPI: the daemon's interface as a document that tools can read. Its requests' fields come from `request`."""

from dataclasses import fields
from enum import StrEnum
from typing import Any

from stream.pipeline.spec import KINDS
from tools.daemon.job_store import JobState
from tools.daemon.request import Request

WORDS = {
    "target": "The video or picture to change: a full path on the daemon's machine.",
    "output": "Where the result goes: a full path; .mp4, .mov, .mkv or .ts.",
    "source": "Whose face: a photo, a folder of photos, or a kept identity's name; one for each person.",
    "consent": "Must be true: the people whose faces are put in agreed to it.",
    "who": "Whose face is replaced: largest (default), all, left-to-right:N, box:x0,y0,x1,y1, reference:PHOTO.",
    "map": "With several sources: N=WHO.",
    "start": "Begin here: 12.5 or 1:02:03.",
    "end": "End before this.",
    "priority": "-100 to 100; higher goes first.",
}
TYPES: dict[str, type] = {"crf": int, "consent": bool, "source": list, **KINDS}
ERRORS = {
    "400": "The body cannot be read.",
    "401": "No token, or none that holds.",
    "403": "The token does not open this.",
    "422": "The request cannot be fulfilled; `title` says why.",
    "429": "Too many requests.",
}


def document() -> dict[str, Any]:
    """OpenAPI 3.1."""
    job = {"$ref": "#/components/schemas/Job"}
    one = [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]
    moved = {"type": "object", "required": ["priority"], "properties": {"priority": _integer("priority")}}
    key = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string"}, "description": _KEY}
    page = [
        {"name": "state", "in": "query", "schema": {"enum": list(JobState)}},
        {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 1000}},
        {
            "name": "before",
            "in": "query",
            "schema": {"type": "number"},
            "description": "For the next page.",
        },
    ]
    conflict = {"404": "There is no such job.", "409": "Its state does not allow it."}
    missing = {"404": conflict["404"]}
    added = {"201": "It is queued.", "200": "It was queued before, under the same key."}
    paths = {
        "/jobs": {
            "post": _call("Queue a job.", added, job, _request(), [key], more={"503": "Ending, or full."}),
            "get": _call("The newest jobs.", {"200": "Jobs, and counts by state."}, _listing(job), None, page),
        },
        "/jobs/{id}": {
            "get": _call("A job, with its history.", {"200": "The job."}, job, None, one, missing),
            "patch": _call("Move a job in the queue.", {"200": "The job."}, job, moved, one, conflict),
        },
        "/jobs/{id}/cancel": {"post": _call("End a job for good.", {"200": "The job."}, job, None, one, conflict)},
        "/jobs/{id}/retry": {
            "post": _call("Try a failed or cancelled job again.", {"200": "The job."}, job, None, one, conflict)
        },
        "/jobs/{id}/events": {"get": _stream("One job's progress, to its end.", one)},
        "/events": {"get": _stream("All jobs' progress.", [])},
        "/endpoints": {"get": _call("The RTMP endpoints as they stand.", {"200": "Endpoints."}, {"type": "object"})},
        "/metrics": {"get": _text("Figures for Prometheus.", "text/plain")},
        "/openapi.json": {"get": _text("This document.", "application/json") | {"security": []}},
        "/healthz": {"get": _text("Is it alive?", "application/json") | {"security": []}},
        "/readyz": {"get": _text("Does it take jobs? 503 while it ends.", "application/json") | {"security": []}},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Understudy daemon", "version": "1"},
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Job": _job(), "Request": _request(), "Problem": _problem()},
        },
    }


_KEY = "The same key again gives the job that is there already, so that a lost answer can be asked for again."


def _request() -> dict[str, Any]:
    names = [f.name for f in fields(Request) if f.name != "options"]
    properties = {name: _field(name) for name in (*names, *KINDS)}
    properties["priority"] = _integer("priority")
    required = ["target", "output", "source", "consent"]
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


def _field(name: str) -> dict[str, Any]:
    said = {"description": WORDS.get(name, "As the option of `understudy swap` of this name.")}
    kind = TYPES.get(name, str)
    if kind is list:
        return {"type": "array", "items": {"type": "string"}} | said
    if issubclass(kind, StrEnum):
        return {"enum": list(kind)} | said
    return {"type": {int: "integer", float: "number", bool: "boolean"}.get(kind, "string")} | said


def _integer(name: str) -> dict[str, Any]:
    return {"type": "integer", "description": WORDS[name]}


def _job() -> dict[str, Any]:
    number, text, maybe = {"type": "number"}, {"type": "string"}, {"type": ["number", "null"]}
    return {
        "type": "object",
        "properties": {
            "id": text,
            "state": {"enum": list(JobState)},
            "priority": {"type": "integer"},
            "request": {"$ref": "#/components/schemas/Request"},
            "created": number | {"description": "Seconds since 1970, as all times."},
            "started": maybe,
            "ended": maybe,
            "not_before": maybe | {"description": "After a failure: when it is tried again."},
            "attempts": {"type": "integer"},
            "reason": text | {"description": "Why it failed, waits or ended."},
            "frames": {"type": "integer", "description": "Finished frames."},
            "total": {"type": ["integer", "null"], "description": "Frames in all, as far as the file tells."},
            "progress": number | {"description": "0 to 1."},
            "history": {"type": "array", "items": {"type": "object", "properties": {"at": number, "what": text}}},
        },
    }


def _problem() -> dict[str, Any]:
    properties = {"type": {"type": "string"}, "status": {"type": "integer"}, "title": {"type": "string"}}
    return {"type": "object", "properties": properties, "description": "RFC 9457."}


def _listing(job: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"jobs": {"type": "array", "items": job}, "counts": {"type": "object"}},
    }


def _call(
    summary: str,
    good: dict[str, str],
    schema: dict[str, Any],
    body: dict[str, Any] | None = None,
    parameters: list[dict[str, Any]] | None = None,
    more: dict[str, str] | None = None,
) -> dict[str, Any]:
    content = {"application/json": {"schema": schema}}
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    answers: dict[str, Any] = {code: {"description": words, "content": content} for code, words in good.items()}
    answers |= {c: {"description": words, "content": problem} for c, words in (ERRORS | (more or {})).items()}
    call: dict[str, Any] = {"summary": summary, "responses": answers}
    if parameters:
        call["parameters"] = parameters
    if body is not None:
        call["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return call


def _stream(summary: str, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    return _text(summary, "text/event-stream") | ({"parameters": parameters} if parameters else {})


def _text(summary: str, kind: str) -> dict[str, Any]:
    return {"summary": summary, "responses": {"200": {"description": "As said.", "content": {kind: {}}}}}
