"""The schemas: what they allow and what they do not, by value."""

from typing import Any

import jsonschema_rs
import pytest

from stream.pipeline.spec import KINDS
from tools.daemon.openapi_schemas import NUMBERS, WORDS, request_schema, schemas
from tools.daemon.queue.queued_job import QueuedJob, job_of_row, to_json
from tools.daemon.request import LONGEST, Request

JOB: dict[str, Any] = to_json(
    job_of_row(
        (
            "a" * 16,
            '{"target": "/a", "output": "/b", "source": ["x"]}',
            "queued",
            0,
            1,
            None,
            None,
            0,
            0,
            "",
            0,
            None,
            0,
        )
    )
)


def allows(name: str, value: object) -> bool:
    whole = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas()}}
    return bool(jsonschema_rs.validator_for(whole).is_valid(value))


def test_every_field_of_a_request_is_described() -> None:
    properties = request_schema()["properties"]
    assert isinstance(properties, dict)
    fields = set(Request.__slots__) - {"options"} | set(KINDS)
    assert set(properties) == fields and {*WORDS, *NUMBERS} <= fields
    assert all(field["description"] for field in properties.values())


def test_a_job_has_all_that_is_shown_of_one_and_nothing_else() -> None:
    assert allows("Job", JOB) and set(JOB) == set(QueuedJob.__slots__) - {"reached"} | {"progress"}
    for change in ({"state": "lost"}, {"id": "x"}, {"progress": 2}, {"frames": -1}, {"priority": 101}, {"more": 1}):
        assert not allows("Job", JOB | change), change
    assert not allows("Job", {k: v for k, v in JOB.items() if k != "reason"})
    assert allows("JobWithHistory", JOB | {"history": [{"at": 1.5, "what": "added"}]})


@pytest.mark.parametrize(
    ("change", "good"),
    [
        ({}, True),
        ({"source": ["a", "b"], "mask": "one"}, True),
        ({"crf": None, "device": None, "routing": "fast", "morph": 0.5}, True),
        ({"priority": 5}, True),
        ({"streams": "strict"}, True),
        ({"streams": "most"}, False),
        ({"target": None}, False),
        ({"source": None}, False),
        ({"crf": 64}, False),
        ({"crf": 1.5}, False),
        ({"device": "gpu"}, False),
        ({"target": "a" * (LONGEST + 1)}, False),
        ({"priority": None}, False),
        ({"unknown": 1}, False),
    ],
)
def test_what_a_new_job_may_say(change: dict[str, Any], good: bool) -> None:
    assert allows("NewJob", {"target": "/a", "output": "/b.mp4", "source": "ann"} | change) is good


def test_problems_have_both_words() -> None:
    problem = {"type": "about:blank", "status": 404, "title": "Not Found", "detail": "there is no such job"}
    assert allows("Problem", problem) and not allows("Problem", {"type": "about:blank", "status": 404, "title": "x"})
