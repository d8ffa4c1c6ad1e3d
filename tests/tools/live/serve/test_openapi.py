"""The document of the live server's interface: every route is in it, every reference is there, fields are read."""

import asyncio
import json
import re

import pytest

from stream.live.steering import KINDS, SteerError, parse_steer
from tests.tools.live.serve.served import served
from tools.live.serve.app import PAGES
from tools.live.serve.openapi import change_schema, document
from tools.live.serve.view_pages import PARTS

SHOWN = {*PAGES, *PARTS, "/view/{name}", "/texts.json"}  # of pages, for no other program


def test_it_is_served_and_names_every_route_and_no_other() -> None:
    async def main() -> None:
        async with served() as (server, url, http):
            async with http.get(f"{url}/openapi.json", headers={"X-Forwarded-Prefix": "/swap"}) as response:
                assert response.status == 421, "without tokens no proxy is believed"
            async with http.get(f"{url}/openapi.json") as response:
                told = await response.json()
            there = {
                (route.method.lower(), re.sub(r"\{(\w+):[^/]*\}", r"{\1}", route.resource.canonical))
                for route in server.app.router.routes()
                if route.resource is not None and route.method not in ("HEAD", "OPTIONS")
            }
            named = {(method, path) for path, calls in told["paths"].items() for method in calls}
            assert {one for one in there if one[1] not in SHOWN} == named

    asyncio.run(main())


def test_every_reference_and_every_parameter_of_a_path_is_there() -> None:
    told = document(tokens=True, base="/swap")
    text = json.dumps(told)
    components = told["components"]
    assert isinstance(components, dict)
    assert set(re.findall(r'"#/components/schemas/(\w+)"', text)) == set(components["schemas"])
    assert told["servers"] == [{"url": "/swap"}] and told["security"] == [{"token": []}]
    assert "security" not in document(tokens=False)
    paths = told["paths"]
    assert isinstance(paths, dict)
    for path, calls in paths.items():
        for call in calls.values():
            placed = {p["name"] for p in call.get("parameters", ()) if p["in"] == "path"}
            assert placed == set(re.findall(r"\{(\w+)\}", path)), path


@pytest.mark.parametrize("name", KINDS)
def test_a_changes_fields_are_those_that_are_read(name: str) -> None:
    fields = change_schema()["properties"]
    assert isinstance(fields, dict) and list(fields) == list(KINDS)
    for value in fields[name].get("enum", ()):
        if value is not None:
            parse_steer({name: value})
    wrong = 3 if "number" not in fields[name]["type"] else "three"
    with pytest.raises(SteerError) as caught:
        parse_steer({name: wrong})
    assert caught.value.field == name
