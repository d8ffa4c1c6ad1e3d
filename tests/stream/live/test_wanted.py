"""What a stream is to show, and what is left of it after a change."""

import json
from dataclasses import replace

import numpy as np
import pytest

from stream.live.steering import Steer, SteerError
from stream.live.wanted import Newcomers, Wanted, after, change, first
from stream.pipeline.choices import Routing
from stream.pipeline.control import Change, SourceSet
from stream.pipeline.spec import SwapSpec
from stream.pixels.label import Label, Place

SPEC = SwapSpec(who="all")


def people(*marks: float) -> SourceSet:
    return SourceSet(rows=np.array([[mark] for mark in marks], np.float32))


ONE = first(SPEC, people(1), Label("Altered"))


def marks(wanted: Wanted) -> list[float]:
    assert wanted.sources.rows is not None
    return [float(v) for v in wanted.sources.rows[:, 0]]


def come(mark: float, at: int | None, name: str = "") -> Newcomers:
    return Newcomers(people(mark), (name,), at)


def test_nothing_else_changes() -> None:
    then = after(ONE, Steer(strength=0.25), SPEC)
    assert then == replace(ONE, strength=0.25)
    assert change(ONE, then) == Change(strength=0.25)
    assert change(ONE, ONE) == Change()


def test_every_value_reaches_the_pipeline() -> None:
    spec = replace(SPEC, model="any", mask=("xseg",))
    then = after(ONE, Steer(who="largest", strength=0, mask=False, routing=Routing.FAST, model="any"), spec)
    assert change(ONE, then) == Change(None, "largest", (), Routing.FAST, 0.0, False)


def test_another_face_takes_the_place_of_the_first() -> None:
    then = after(ONE, Steer(), SPEC, come(2, 0))
    assert marks(then) == [2] and then.who == "all" and then.maps == ()
    assert change(ONE, then) == Change(sources=then.sources)


def test_a_second_person_is_put_on_nobody_unasked() -> None:
    two = after(ONE, Steer(), SPEC, come(2, 1, "bob"))
    assert marks(two) == [1, 2] and two.maps == ("1=all",) and two.who is None
    told = change(ONE, two)
    assert told.maps == ("1=all",) and told.who is None and told.sources is two.sources
    assert two.names == ("", "bob")
    again = after(two, Steer(), SPEC, come(3, 1))
    assert marks(again) == [1, 3] and again.maps == ("1=all",)


def test_who_takes_all_takes_what_is_left() -> None:
    two = after(ONE, Steer(map=("1=all", "2=track:7")), SPEC, come(2, 1))
    assert two.maps == ("2=track:7", "1=all")
    assert after(two, Steer(map=("0=track:1", "2=all")), SPEC).maps == ("0=track:1", "2=all")


def test_several_who_stand_from_left_to_right_keep_their_places() -> None:
    pair = first(SwapSpec(), people(1, 2), None)
    three = after(pair, Steer(), SwapSpec(), come(3, 2))
    assert three.maps == ("1=left-to-right:1", "2=left-to-right:2")


def test_fewer_people_keep_what_rules_they_have() -> None:
    two = after(ONE, Steer(map=("2=track:7", "1=track:3")), SPEC, come(2, 1))
    assert after(two, Steer(), SPEC, come(9, None)).maps == ("1=track:3",)
    plain = after(ONE, Steer(map=("2=all",)), SPEC, come(2, 1))
    back = after(plain, Steer(), SPEC, come(9, None))
    assert marks(back) == [9] and back.maps == () and back.who == "largest"


@pytest.mark.parametrize(
    ("steer", "field"),
    [
        (Steer(map=("3=all",)), "map"),
        (Steer(who="all"), "who"),
        (Steer(model="inswapper_128"), "model"),
        (Steer(mask=True), "mask"),
        (Steer(label="\N{SNOWMAN}"), "label"),
    ],
)
def test_what_cannot_be_names_its_field(steer: Steer, field: str) -> None:
    two = after(ONE, Steer(), SPEC, come(2, 1))
    with pytest.raises(SteerError, match=f"^{field}: ") as caught:
        after(two, steer, SPEC)
    assert caught.value.field == field


def test_a_person_has_a_number_that_there_is() -> None:
    with pytest.raises(SteerError, match=r"^person: there are 1 people"):
        after(ONE, Steer(), SPEC, come(2, 2))
    baked = first(SPEC, SourceSet(baked=True), None)
    with pytest.raises(SteerError, match=r"^person: this network is one person"):
        after(baked, Steer(), SPEC, come(2, 0))


def test_the_label_is_reworded_and_moved_and_never_taken_away() -> None:
    then = after(ONE, Steer(label="Changed", label_place=Place.TOP), SPEC)
    assert then.label == Label("Changed", Place.TOP)
    assert after(then, Steer(label_place=Place.BOTTOM), SPEC).label == Label("Changed", Place.BOTTOM)
    with pytest.raises(SteerError, match=r"^label: this stream has no label"):
        after(replace(ONE, label=None), Steer(label="x"), SPEC)


def test_it_can_be_told_as_json() -> None:
    told = json.loads(json.dumps(ONE.to_json()))
    assert told["people"] == 1 and told["who"] == "all" and told["label"] == "Altered" and told["strength"] == 1
