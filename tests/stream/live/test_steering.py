"""A change as somebody wrote it: read as meant, or refused with the field's name."""

import json

import pytest

from stream.live.steering import KINDS, LONGEST, MOST, Steer, SteerError, parse_steer, parse_texts
from stream.pipeline.choices import Routing
from stream.pixels.label import Place


def test_all_fields_are_read() -> None:
    told = {
        "source": ["ann", "bob"],
        "consent": True,
        "map": ["1=track:3", "2=box:0,0,10,10"],
        "strength": 1,
        "mask": False,
        "routing": "xseg",
        "label": "Altered",
        "label_place": "top-left",
        "model": "mesh",
    }
    assert parse_steer(told) == Steer(
        ("ann", "bob"),
        True,
        None,
        ("1=track:3", "2=box:0,0,10,10"),
        1.0,
        False,
        Routing.XSEG,
        "Altered",
        Place.TOP_LEFT,
        "mesh",
    )
    assert set(told) | {"who"} == set(KINDS)


def test_what_is_null_stays_and_one_text_is_a_list() -> None:
    assert parse_steer({"who": None, "map": "0=all"}) == Steer(map=("0=all",))


@pytest.mark.parametrize(
    ("told", "field", "said"),
    [
        ({}, "change", "strength"),
        ([1], "change", "object"),
        ("faster", "change", "object"),
        ({"speed": 1}, "speed", "known are source"),
        ({"mouth": True}, "mouth", "target's own"),
        ({"eyes": "swap"}, "eyes", "always kept"),
        ({"strength": 1.5}, "strength", "from 0 to 1"),
        ({"strength": -0.1}, "strength", "from 0 to 1"),
        ({"strength": True}, "strength", "a number"),
        ({"strength": "1"}, "strength", "a number"),
        ({"strength": float("nan")}, "strength", "from 0 to 1"),
        ({"strength": 10**400}, "strength", "from 0 to 1"),
        ({"mask": 1}, "mask", "true or false"),
        ({"routing": "slow"}, "routing", "always-refine"),
        ({"routing": 3}, "routing", "always-refine"),
        ({"routing": "top"}, "routing", "auto"),
        ({"label": ""}, "label", "a text"),
        ({"label": "a\nb"}, "label", "a text"),
        ({"label_place": "auto"}, "label_place", "bottom-right"),
        ({"who": "x" * (LONGEST + 1)}, "who", "a text"),
        ({"who": "everyone"}, "who", "names nobody"),
        ({"who": "track:x"}, "who", "names nobody"),
        ({"who": "reference:/etc/passwd"}, "who", "a file of this machine"),
        ({"map": ["1=reference:a.png"]}, "map", "a file of this machine"),
        ({"map": ["track:1"]}, "map", "PERSON=WHO"),
        ({"map": ["one=all"]}, "map", "PERSON=WHO"),
        ({"map": ["1=box:1,2,3"]}, "map", "four numbers"),
        ({"map": [1]}, "map", "texts"),
        ({"map": ["1=all"] * (MOST + 1)}, "map", "texts"),
        ({"who": "all", "map": ["1=all"]}, "map", "exclude each other"),
        ({"source": ["ann"]}, "consent", "agreed"),
        ({"source": ["ann"], "consent": False}, "consent", "agreed"),
        ({"source": {"a": 1}, "consent": True}, "source", "texts"),
    ],
)
def test_mistakes_name_the_field(told: object, field: str, said: str) -> None:
    with pytest.raises(SteerError, match=f"^{field}: ") as caught:
        parse_steer(told)
    assert caught.value.field == field and said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_texts_say_the_same_as_json() -> None:
    texts = {"strength": ["0.5"], "mask": ["true"], "map": ["1=track:3", "0=all"], "routing": ["fast"]}
    told = json.loads('{"strength": 0.5, "mask": true, "map": ["1=track:3", "0=all"], "routing": "fast"}')
    assert parse_texts(texts) == parse_steer(told)


@pytest.mark.parametrize(
    ("texts", "field"),
    [
        ({"strength": ["half"]}, "strength"),
        ({"strength": ["0.1", "0.2"]}, "strength"),
        ({"mask": ["yes"]}, "mask"),
        ({"bogus": ["1"]}, "bogus"),
        ({}, "change"),
    ],
)
def test_mistakes_in_texts_name_the_field_too(texts: dict[str, list[str]], field: str) -> None:
    with pytest.raises(SteerError) as caught:
        parse_texts(texts)
    assert caught.value.field == field
