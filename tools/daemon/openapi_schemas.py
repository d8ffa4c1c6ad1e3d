"""Schemas: what the daemon's requests and answers hold, as OpenAPI 3.1 writes it. A request's fields come from
`request` and from the swap's own options.
"""

from dataclasses import fields
from enum import StrEnum

from stream.media.codecs import X_PRESETS
from stream.media.others.wanted import Streams
from stream.pipeline.spec import KINDS
from tools.daemon.http_values import KEY_LONGEST, PRIORITIES
from tools.daemon.queue.queued_job import JobState, JsonObject
from tools.daemon.request import LONGEST, Request

WORDS = {
    "target": "The video or picture to change: a path on the daemon's machine.",
    "output": "Where the result goes: .mp4, .m4v, .mov, .mkv or .ts; .png, .jpg and their like for a picture.",
    "source": "Whose face: a photo, a folder of photos, or a kept identity's name; one for each person.",
    "consent": "The people whose faces are put in agreed to it. Must be true where a source is a photo.",
    "overwrite": "A file that has the output's name already may be replaced.",
    "skip_done": "Where the output is there and whole, it stays, and the job is done.",
    "who": "Whose face is replaced: largest (default), all, left-to-right:N, box:x0,y0,x1,y1, reference:PHOTO.",
    "map": "With several sources: N=WHO.",
    "start": "Begin here: 12.5 or 1:02:03.",
    "end": "End before this.",
    "codec": "An encoder, by its name: libx264, h265, libsvtav1 ...",
    "crf": "Quality: 0 is lossless, 51 poor.",
    "preset": f"The encoder's effort; of x264: {', '.join(X_PRESETS)}.",
    "bitrate": "2500000, 2500k or 4M, instead of `crf`.",
    "streams": "Sound, subtitles and data that the output cannot hold: all leaves them out and says so (default),"
    " strict fails the job.",
}
NUMBERS: dict[str, JsonObject] = {
    "crf": {"minimum": 0, "maximum": 63},
    "pixel_boost": {"minimum": 0, "maximum": 2048},
    "morph": {"minimum": 0, "maximum": 1},
    "strength": {"minimum": 0, "maximum": 1},
    "most_faces": {"minimum": 1},
}
OWN: dict[str, type] = {
    "crf": int,
    "consent": bool,
    "overwrite": bool,
    "skip_done": bool,
    "source": list,
    "streams": Streams,
}
REQUIRED = ("target", "output", "source")
ID: JsonObject = {"type": "string", "pattern": "^[0-9a-f]{16}$"}
KEY: JsonObject = {
    "type": "string",
    "minLength": 1,
    "maxLength": KEY_LONGEST,
    "pattern": "^[ -~]+$",
    "description": "The same key with the same body gives the job that is there already, so that a lost answer can be"
    " asked for again; with another body it is refused.",
}


def ref(name: str) -> JsonObject:
    return {"$ref": f"#/components/schemas/{name}"}


def schemas() -> JsonObject:
    """All of them, by name."""
    number, text = {"type": "number"}, {"type": "string"}
    new = request_schema()
    properties, required = new["properties"], new["required"]
    assert isinstance(properties, dict) and isinstance(required, list)
    job = job_schema()
    job_fields = job["properties"]
    assert isinstance(job_fields, dict)
    history = {"type": "array", "items": _object({"at": number, "what": text})}
    return {
        "Request": new,
        "NewJob": {**new, "properties": properties | {"priority": ref("Priority")}},
        "Priority": {
            "type": "integer",
            "minimum": PRIORITIES[0],
            "maximum": PRIORITIES[-1],
            "description": "Higher goes first.",
        },
        "Job": job,
        "JobWithHistory": _object({**job_fields, "history": history}),
        "Jobs": listing_schema(),
        "Endpoints": _object({"endpoints": {"type": "array", "items": ref("Endpoint")}}),
        "Endpoint": endpoint_schema(),
        "Index": _object({"name": text, "version": text, "paths": {"type": "object", "additionalProperties": text}}),
        "Status": _object({"status": {"type": "string", "enum": ["ok", "ready", "draining"]}}),
        "Problem": problem_schema(),
    }


def request_schema() -> JsonObject:
    """A job's request: what has to be there, and what may."""
    names = [f.name for f in fields(Request) if f.name != "options"]
    properties = {name: _field(name) for name in (*names, *KINDS)}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(REQUIRED),
        "properties": properties,
    }


def job_schema() -> JsonObject:
    """A job as `queued_job.to_json` shows it."""
    number, maybe = {"type": "number"}, {"type": ["number", "null"]}
    count = {"type": "integer", "minimum": 0}
    return _object(
        {
            "id": ID,
            "state": {"type": "string", "enum": list(JobState)},
            "priority": ref("Priority"),
            "request": ref("Request"),
            "created": number | {"description": "Seconds since 1970, as all times."},
            "started": maybe,
            "ended": maybe,
            "not_before": maybe | {"description": "After a failure: when it is tried again."},
            "attempts": count,
            "reason": {"type": "string", "description": "Why it failed, waits or ended."},
            "frames": count | {"description": "Finished frames."},
            "total": {"type": ["integer", "null"], "description": "Frames in all, as far as the file tells."},
            "progress": number | {"minimum": 0, "maximum": 1},
        }
    )


def listing_schema() -> JsonObject:
    counts = _object({str(state): {"type": "integer", "minimum": 0} for state in JobState})
    return _object({"jobs": {"type": "array", "items": ref("Job")}, "counts": counts})


def endpoint_schema() -> JsonObject:
    """An endpoint as `endpoints` shows it."""
    count, flag, text = {"type": "integer", "minimum": 0}, {"type": "boolean"}, {"type": "string"}
    output = _object({"to": text, "open": flag, "opened": count, "lost": count})
    return _object(
        {
            "name": text,
            "publishing": flag,
            "came": count | {"description": "Frames that came."},
            "left": {"type": "integer", "description": "Frames that were sent on."},
            "dropped": count,
            "delay_ms": {"type": ["number", "null"]},
            "outputs": {"type": "array", "items": output},
            "trouble": text | {"description": "What ended it last; empty for nothing."},
        }
    )


def problem_schema() -> JsonObject:
    text = {"type": "string"}
    found = _object({"type": text, "status": {"type": "integer"}, "title": text, "detail": text})
    return found | {"description": "RFC 9457: `title` is the status's name, `detail` says what was wrong."}


def _object(properties: JsonObject) -> JsonObject:
    """All of them are there, and no other."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": properties,
    }


def _field(name: str) -> JsonObject:
    """A field of a request. Those that need not be there may be null, as if they were not."""
    empty = [] if name in REQUIRED else ["null"]
    words: JsonObject = {"description": WORDS.get(name, "As the option of `understudy swap` of this name.")}
    kind = OWN.get(name) or KINDS.get(name, str)
    if kind is list:
        text: JsonObject = {"type": "string", "maxLength": LONGEST}
        return {"type": ["array", "string", *empty], "items": text, "maxLength": LONGEST, **words}
    if issubclass(kind, StrEnum):
        return {"type": ["string", *empty], "enum": [*kind, *([None] if empty else [])], **words}
    if kind in (int, float, bool):
        name_of = {int: "integer", float: "number", bool: "boolean"}
        return {"type": [name_of[kind], *empty], **NUMBERS.get(name, {}), **words}
    least: JsonObject = {} if empty else {"minLength": 1}
    return {"type": ["string", *empty] if empty else "string", **least, "maxLength": LONGEST, **words}
