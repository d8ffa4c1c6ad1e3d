"""Requests: what is let in, and in which words the rest is refused."""

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.daemon.request import Request, RequestError, parse

PLAIN: dict[str, Any] = {"target": "/v/a.mp4", "output": "/v/b.mp4", "source": "ann", "consent": True}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=5,
)


def test_a_plain_request() -> None:
    asked = parse(PLAIN)
    assert asked == Request("/v/a.mp4", "/v/b.mp4", ("ann",), True)
    assert parse(asked.told()) == asked, "as it is kept, so it is read again"


def test_all_fields_are_kept() -> None:
    told = PLAIN | {
        "source": ["/v/a.jpg,/v/b.jpg", "ann"],
        "map": ["1=left-to-right:2"],
        "model": "ghost",
        "crf": 20,
        "start": "1:02",
        "mask": ["bisenet"],
        "pixel_boost": 256,
        "codec": None,
    }
    asked = parse(told)
    assert asked.source == ("/v/a.jpg,/v/b.jpg", "ann")
    assert (asked.crf, asked.start, asked.codec) == (20, "1:02", None)
    assert asked.options == {"map": ["1=left-to-right:2"], "model": "ghost", "mask": ["bisenet"], "pixel_boost": 256}
    assert asked.spec.map == ("1=left-to-right:2",) and asked.spec.pixel_boost == 256
    assert parse(asked.told()) == asked


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"consent": False}, "consent must be true"),
        ({"consent": "yes"}, "consent must be true"),
        ({"target": ""}, "needs target"),
        ({"source": []}, "needs target"),
        ({"source": [1]}, "list of texts"),
        ({"source": {"a": 1}}, "list of texts"),
        ({"output": 5}, "output is a text"),
        ({"crf": "18"}, "whole number"),
        ({"crf": True}, "whole number"),
        ({"colour": "red"}, "no job has colour; known are .*target"),
        ({"target": "http://169.254.169.254/"}, "not a file"),
        ({"output": "rtmp://h/live/x"}, "not a file"),
        ({"target": "-"}, "not a file"),
        ({"target": "concat:a|/etc/passwd\0"}, "not a file"),
        ({"source": ["https://h/a.jpg"]}, "not a file"),
        ({"who": "reference:https://h/a.jpg"}, "not a file"),
    ],
)
def test_what_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(RequestError, match=words):
        parse(PLAIN | change)


@pytest.mark.parametrize("told", [[], "x", None, 5])
def test_what_is_no_request(told: object) -> None:
    with pytest.raises(RequestError, match="an object"):
        parse(told)


def test_nothing_outside_the_folders(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (inside / "link").symlink_to(outside)
    good = {"target": f"{inside}/a.mp4", "output": f"{inside}/b.mp4", "source": f"{inside}/f.jpg", "consent": True}
    assert parse(good, [inside]).target == f"{inside}/a.mp4"
    assert parse(good | {"source": "ann"}, [inside]).source == ("ann",), "a kept identity has no path"
    for change in (
        {"target": f"{outside}/a.mp4"},
        {"output": f"{inside}/../out/b.mp4"},
        {"output": f"{inside}/link/b.mp4"},
        {"source": f"{inside}/f.jpg,{outside}/f.jpg"},
        {"source": "../f.jpg"},
        {"target": "a.mp4"},
        {"map": [f"1=reference:{outside}/f.jpg"]},
    ):
        with pytest.raises(RequestError, match="outside the daemon's folders"):
            parse(good | change, [inside])


@given(JSON, st.sampled_from(["target", "output", "source", "who", "crf", "map", "consent", "x"]))
def test_whatever_comes_is_a_request_or_refused(value: object, name: str) -> None:
    for told in (value, PLAIN | {name: value}):
        with contextlib.suppress(RequestError):
            assert isinstance(parse(told, [Path("/v")]), Request)
