"""OpenAPI: the live server's interface as a document that tools can read. A change's fields come from `steering`."""

from collections.abc import Mapping
from enum import StrEnum

from stream.live.steering import KINDS, LONGEST, MOST

Json = dict[str, object]

WORDS = {
    "source": "Names of identities that are kept on the server, one for each person.",
    "consent": "The people whose faces are put in agreed. Must be true with `source`.",
    "who": "Whose face is replaced: largest, all, left-to-right:N, box:x0,y0,x1,y1, track:ID.",
    "map": "With several people: PERSON=WHO, PERSON from 1, or 0 for faces that are left alone.",
    "strength": "Of the swap over the face's own; at 0 faces show as they are.",
    "mask": "Whether the mask networks cut the swap.",
    "routing": "How a face's route is chosen.",
    "label": "The visible label's words. Takes the scope admin.",
    "label_place": "Where the label stands.",
    "model": "The swapping network; must be the one that runs.",
}
PROBLEMS = {
    "400": "It cannot be read.",
    "401": "No token, or none that holds.",
    "403": "The token does not open this, or the session is another token's.",
    "404": "There is no such room.",
    "421": "The `Host` header names another machine.",
    "422": "It cannot be done; `field` names what is wrong with a change.",
    "429": "Too many requests of this token.",
}
PHOTO: Json = {kind: {"schema": {}} for kind in ("image/jpeg", "image/png", "image/webp")}
SDP: Json = {"application/sdp": {"schema": {"type": "string"}}}


def document(tokens: bool, base: str = "") -> Json:
    """OpenAPI 3.1. tokens: whether one is needed. base: the path under which a proxy shows the server."""
    components: Json = {"schemas": {"Change": change_schema(), "Room": _room(), "Problem": _problem()}}
    told: Json = {
        "openapi": "3.1.0",
        "info": {"title": "Understudy live", "version": "1"},
        "servers": [{"url": base or "/"}],
        "paths": _paths(),
        "components": components,
    }
    if tokens:
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        told["security"] = [{"token": []}]
    return told


def change_schema() -> Json:
    """Of a `PATCH`."""
    return {"type": "object", "additionalProperties": False, "minProperties": 1, "properties": _fields()}


def _fields() -> Json:
    return {name: _field(kind) | {"description": WORDS[name]} for name, kind in KINDS.items()}


def _field(kind: type) -> Json:
    if issubclass(kind, StrEnum):
        return {"type": ["string", "null"], "enum": [*kind, None]}
    if kind is list:
        items = {"type": "string", "maxLength": LONGEST}
        return {"type": ["array", "string", "null"], "items": items, "maxItems": MOST, "maxLength": LONGEST}
    if kind is float:
        return {"type": ["number", "null"], "minimum": 0, "maximum": 1}
    return {"type": ["boolean", "null"]} if kind is bool else {"type": ["string", "null"], "maxLength": LONGEST}


def _room() -> Json:
    number, count = {"type": "number"}, {"type": "integer", "minimum": 0}
    box = {"type": "array", "items": number, "minItems": 4, "maxItems": 4, "description": "x0, y0, x1, y1, pixels."}
    person = {"type": ["integer", "null"], "description": "Who is put on it, from 1; null: nobody."}
    track = {"type": "object", "properties": {"id": count, "box": box, "person": person}}
    size = {"type": "array", "items": count, "description": "Width and height of the picture."}
    names = ("came", "left", "shed", "held", "faces", "viewers", "recording")
    return {
        "type": "object",
        "required": ["live", "recording"],
        "properties": {
            "live": {"type": "boolean"},
            **dict.fromkeys(names, count),
            "delay_ms": number,
            "route": {"type": "string"},
            "rung": {"type": "string"},
            "clock": number,
            "picture": size,
            "tracks": {"type": "array", "items": track},
            "settings": {"type": "object", "description": "What the session shows, as a change may say it."},
            "notes": {"type": "array", "items": {"type": "string"}},
        },
    }


def _problem() -> Json:
    text = {"type": "string"}
    return {
        "type": "object",
        "required": ["type", "status", "title", "detail"],
        "properties": {"type": text, "status": {"type": "integer"}, "title": text, "detail": text, "field": text},
    }


def _paths() -> Json:
    key = [_parameter("name", "path", True)]
    link = [*key, _parameter("id", "path", True)]
    asked = [_parameter("consent", "query"), _parameter("key", "query")]
    fields = [_parameter("person", "query"), *(_parameter(name, "query") for name in KINDS if name != "source")]
    room = _content({"$ref": "#/components/schemas/Room"})
    change = _content({"$ref": "#/components/schemas/Change"}) | PHOTO
    text, any_, none = {"text/plain": {"schema": {"type": "string"}}}, _content({"type": "object"}), None
    stream = {"text/event-stream": {"schema": {"type": "string"}}}
    svg = {"image/svg+xml": {"schema": {"type": "string"}}}
    fragment = {"application/trickle-ice-sdpfrag": {"schema": {"type": "string"}}}
    paths: Json = {
        "/api/settings": {"get": _call("What a page needs to know.", any_)},
        "/api/rooms": {"post": _call("A photo becomes a room.", any_, asked, PHOTO, "201")},
        "/api/rooms/{name}": {
            "get": _call("A session: figures, faces, settings.", room, key),
            "patch": _call("Change a running session, by JSON or by a photo.", room, [*key, *fields], change),
            "delete": _call("End a session.", none, key, good="204"),
        },
        "/api/rooms/{name}/events": {"get": _call("The same several times a second.", stream, key)},
        "/api/rooms/{name}/glass": {"post": _call("A viewer's measure of the delay.", none, key, any_, "204")},
        "/api/rooms/{name}/recording": {"post": _call("A viewer says that he records.", none, key, any_, "204")},
        "/api/qr": {"post": _call("A text as a QR code.", svg, (), text)},
        "/metrics": {"get": _call("Figures for Prometheus.", text)},
        "/openapi.json": {"get": _call("This document.", any_)},
        "/healthz": {"get": _call("Is it alive?", any_)},
        "/readyz": {"get": _call("Would it take one more session?", any_)},
    }
    for kind, words in (("whip", "Publish."), ("whep", "Watch.")):
        paths[f"/{kind}/{{name}}"] = {"post": _call(words, SDP, key, SDP, "201")}
        paths[f"/{kind}/{{name}}/{{id}}"] = {
            "patch": _call("Trickled candidates.", none, link, fragment, "204"),
            "delete": _call("Leave.", none, link),
        }
    return paths


def _content(schema: Mapping[str, object]) -> Json:
    return {"application/json": {"schema": dict(schema)}}


def _parameter(name: str, place: str, needed: bool = False) -> Json:
    schema: Json = {"type": "array", "items": {"type": "string"}} if name == "map" else {"type": "string"}
    return {"name": name, "in": place, "required": needed, "schema": schema}


def _call(
    summary: str,
    answer: Mapping[str, object] | None,
    parameters: list[Json] | tuple[Json, ...] = (),
    body: Mapping[str, object] | None = None,
    good: str = "200",
) -> Json:
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    responses: Json = {good: {"description": "Done.", **({"content": dict(answer)} if answer else {})}}
    responses |= {code: {"description": words, "content": problem} for code, words in PROBLEMS.items()}
    call: Json = {"summary": summary, "responses": responses}
    if parameters:
        call["parameters"] = list(parameters)
    if body is not None:
        call["requestBody"] = {"required": True, "content": dict(body)}
    return call
