"""Requests: what is let in, and in which words the rest is refused."""

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.daemon.errors import RequestError
from tools.daemon.files.allowed import AllowedFolders
from tools.daemon.request import LONGEST, Request, is_file, parse, read, reference_of

PLAIN: dict[str, Any] = {"target": "/v/a.mp4", "output": "/v/b.mp4", "source": "ann", "consent": True}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=5,
)


def test_a_plain_request() -> None:
    asked = parse(PLAIN)
    assert asked == Request("/v/a.mp4", "/v/b.mp4", ("ann",), True)
    assert parse(asked.to_json()) == asked, "as it is kept, so it is read again"


def test_all_fields_are_kept() -> None:
    given_ = PLAIN | {
        "source": ["/v/a.jpg,/v/b.jpg", "ann"],
        "map": ["1=left-to-right:2"],
        "model": "inswapper_128",
        "crf": 20,
        "start": "1:02",
        "mask": ["bisenet_resnet_18"],
        "pixel_boost": 256,
        "codec": None,
        "overwrite": True,
    }
    asked = parse(given_)
    assert asked.source == ("/v/a.jpg,/v/b.jpg", "ann") and asked.overwrite
    assert (asked.crf, asked.start, asked.codec) == (20, "1:02", None)
    options = {"map": ["1=left-to-right:2"], "model": "inswapper_128", "mask": ["bisenet_resnet_18"]}
    assert asked.options == options | {"pixel_boost": 256}
    assert asked.spec.map == ("1=left-to-right:2",) and asked.spec.pixel_boost == 256
    assert parse(asked.to_json()) == asked == read(asked.to_json())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"source": ["/v/f.jpg"], "consent": False}, "consent must be true.*kept identities carry their own"),
        ({"consent": "yes"}, "consent must be true or false"),
        ({"overwrite": 1}, "overwrite must be true or false"),
        ({"skip_done": "yes"}, "skip_done must be true or false"),
        ({"target": ""}, "needs target"),
        ({"source": []}, "needs target"),
        ({"source": ["ann", " , "]}, "needs target"),
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
        ({"map": ["1=reference:https://h/a.jpg"]}, "not a file"),
        ({"occlusion": "https://h/net.onnx"}, "not a file"),
        ({"target": "a.mp4"}, "relative path"),
        ({"target": "/v/\ud800.mp4"}, "half a character"),
        ({"who": "\ud800"}, "half a character"),
        ({"target": "/v/" + "a" * LONGEST}, "longer than"),
    ],
)
def test_what_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(RequestError, match=words) as caught:
        parse(PLAIN | change)
    assert str(caught.value).encode(), "and said in whole characters"


@pytest.mark.parametrize("given_", [[], "x", None, 5])
def test_what_is_no_request(given_: object) -> None:
    with pytest.raises(RequestError, match="an object"):
        parse(given_)


def test_a_kept_identity_carries_its_own_consent() -> None:
    assert not parse({"target": "/v/a.mp4", "output": "/v/b.mp4", "source": ["ann", "bob"]}).consent
    with pytest.raises(RequestError, match="consent must be true"):
        parse({"target": "/v/a.mp4", "output": "/v/b.mp4", "source": ["ann", "/v/bob.jpg"]})


def test_paths_are_kept_as_they_lead_now(tmp_path: Path) -> None:
    """A link that is laid later is refused by the job's process, since then there is none on the way."""
    for name in ("today", "photos"):
        (tmp_path / name).mkdir()
    (tmp_path / "current").symlink_to(tmp_path / "today")
    (tmp_path / "photos" / "ref.jpg").touch()
    (tmp_path / "net.onnx").touch()
    given_ = {
        "target": "current/a.mp4",
        "output": "current/../today/b.mp4",
        "source": ["photos", "photos", "photos/f.jpg,photos/g.jpg"],
        "map": ["1=reference:photos/ref.jpg", "2=left-to-right:1"],
        "occlusion": "net.onnx",
        "consent": True,
    }
    given_["source"] = ["./photos", "ann", "photos/f.jpg,photos/g.jpg"]
    asked = parse(given_, AllowedFolders((tmp_path,)))
    assert (asked.target, asked.output) == (f"{tmp_path}/today/a.mp4", f"{tmp_path}/today/b.mp4")
    assert asked.source == (f"{tmp_path}/photos", "ann", f"{tmp_path}/photos/f.jpg,{tmp_path}/photos/g.jpg")
    assert asked.options["map"] == [f"1=reference:{tmp_path}/photos/ref.jpg", "2=left-to-right:1"]
    assert asked.options["occlusion"] == f"{tmp_path}/net.onnx"
    names = ("today/a.mp4", "photos", "photos/f.jpg", "photos/g.jpg", "photos/ref.jpg", "net.onnx")
    assert asked.files == [tmp_path / name for name in names]


def test_nothing_outside_the_folders(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (inside / "link").symlink_to(outside)
    good = {"target": f"{inside}/a.mp4", "output": f"{inside}/b.mp4", "source": f"{inside}/f.jpg", "consent": True}
    allowed = AllowedFolders((inside,))
    assert parse(good, allowed).target == f"{inside}/a.mp4"
    assert parse(good | {"source": "ann"}, allowed).source == ("ann",), "a kept identity has no path"
    for change in (
        {"target": f"{outside}/a.mp4"},
        {"output": f"{inside}/../out/b.mp4"},
        {"output": f"{inside}/link/b.mp4"},
        {"source": f"{inside}/f.jpg,{outside}/f.jpg"},
        {"source": "../f.jpg"},
        {"map": [f"1=reference:{outside}/f.jpg"]},
        {"who": f"reference:{outside}/f.jpg"},
        {"thresholds": f"{outside}/t.json"},
    ):
        with pytest.raises(RequestError, match="outside the daemon's folders"):
            parse(good | change, allowed)


@pytest.mark.parametrize(
    ("text", "file"), [("ann", False), ("a.jpg", True), ("photos/", True), ("C:\\a", True), ("", False)]
)
def test_files_are_told_from_names(text: str, file: bool) -> None:
    assert is_file(text) is file


def test_a_rule_may_name_a_photo() -> None:
    assert [reference_of(rule) for rule in ("all", "reference:/a.jpg", "2=reference:b.jpg")] == ["", "/a.jpg", "b.jpg"]


@given(JSON, st.sampled_from(["target", "output", "source", "who", "crf", "map", "consent", "x", "device", "morph"]))
def test_whatever_comes_is_a_request_or_refused(value: object, name: str) -> None:
    for given_ in (value, PLAIN | {name: value}):
        with contextlib.suppress(RequestError):
            assert isinstance(parse(given_, AllowedFolders((Path("/v"),))), Request)
