"""Who takes which source: reading the rules, and casting that sticks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.errors import UnderstudyError
from engines.values import Box
from stream.perception.face_selection import FaceSelection, Rule, Who, parse_rules, parse_who


def face(x: float, size: float = 40.0, y: float = 50.0) -> Box:
    """A square face centred on x, y."""
    return Box(x - size / 2, y - size / 2, x + size / 2, y + size / 2)


def casting(*texts: str) -> FaceSelection:
    return FaceSelection(tuple(Rule(i, parse_who(text)) for i, text in enumerate(texts)))


def test_words_are_read() -> None:
    assert parse_who("largest") == Who("largest")
    assert parse_who(" all ") == Who("all")
    assert parse_who("left-to-right:3") == Who("left-to-right", n=3)
    assert parse_who("box:1,2.5,30,40") == Who("box", box=Box(1, 2.5, 30, 40))


@pytest.mark.parametrize(
    "text",
    ["", "biggest", "largest:1", "all:2", "left-to-right", "left-to-right:0", "left-to-right:-1", "left-to-right:x"],
)
def test_other_words_get_the_list_of_words(text: str) -> None:
    with pytest.raises(UnderstudyError) as caught:
        parse_who(text)
    message = str(caught.value)
    assert repr(text) in message
    assert all(word in message for word in ("largest", "all", "left-to-right:N", "box:x0,y0,x1,y1"))


@pytest.mark.parametrize("text", ["box:", "box:1,2,3", "box:1,2,3,4,5", "box:a,b,c,d"])
def test_a_box_that_is_none_says_what_a_box_is(text: str) -> None:
    with pytest.raises(UnderstudyError, match="four numbers, box:x0,y0,x1,y1"):
        parse_who(text)


@pytest.mark.parametrize("text", ["box:10,0,10,20", "box:0,20,10,20", "box:30,0,10,20"])
def test_an_empty_box_says_so(text: str) -> None:
    with pytest.raises(UnderstudyError, match="empty; write left, top, right, bottom"):
        parse_who(text)


def test_one_source_goes_to_the_largest_by_default() -> None:
    assert parse_rules(None, (), 1) == (Rule(0, Who("largest")),)
    assert parse_rules("all", (), 1) == (Rule(0, Who("all")),)


def test_several_sources_go_from_left_to_right() -> None:
    assert parse_rules(None, (), 2) == (Rule(0, Who("left-to-right", n=1)), Rule(1, Who("left-to-right", n=2)))


def test_maps_name_source_and_face() -> None:
    got = parse_rules(None, ("2=largest", "1=left-to-right:2"), 2)
    assert got == (Rule(1, Who("largest")), Rule(0, Who("left-to-right", n=2)))


@pytest.mark.parametrize("text", ["largest", "3=largest", "x=all", "=all", "-1=all"])
def test_a_map_to_no_source_is_told_how_many_there_are(text: str) -> None:
    with pytest.raises(UnderstudyError, match="SOURCE from 1 to 2"):
        parse_rules(None, (text,), 2)


def test_a_map_to_nobody_is_told_the_words() -> None:
    with pytest.raises(UnderstudyError, match="names nobody"):
        parse_rules(None, ("1=tallest",), 1)


def test_who_and_map_exclude_each_other() -> None:
    with pytest.raises(UnderstudyError, match="--who and --map"):
        parse_rules("all", ("1=largest",), 1)


def test_who_with_several_sources_is_ambiguous() -> None:
    with pytest.raises(UnderstudyError, match="--map"):
        parse_rules("largest", (), 3)


def test_nobody_seen_nobody_cast() -> None:
    for text in ("largest", "all", "left-to-right:1", "box:0,0,9,9"):
        assert casting(text).assign({}) == {}


def test_the_largest_is_taken_and_kept_when_another_grows() -> None:
    cast = casting("largest")
    assert cast.assign({1: face(20, 30), 2: face(90, 50)}) == {2: 0}
    assert cast.assign({1: face(20, 80), 2: face(90, 50)}) == {2: 0}
    assert cast.assign({1: face(20, 80), 2: face(90, 50), 3: face(200, 300)}) == {2: 0}


def test_when_the_largest_is_gone_the_next_takes_over() -> None:
    cast = casting("largest")
    cast.assign({1: face(20, 30), 2: face(90, 50)})
    cast.forget({1})
    assert cast.assign({1: face(20, 30)}) == {1: 0}
    # and the first one, come back under a new number, does not take it away
    assert cast.assign({1: face(20, 30), 5: face(90, 50)}) == {1: 0}


def test_all_takes_everybody_and_newcomers() -> None:
    cast = casting("all")
    assert cast.assign({1: face(20)}) == {1: 0}
    assert cast.assign({1: face(20), 7: face(90)}) == {1: 0, 7: 0}


def test_left_to_right_counts_from_one() -> None:
    boxes = {4: face(200), 5: face(20), 6: face(110)}
    assert casting("left-to-right:1").assign(boxes) == {5: 0}
    assert casting("left-to-right:2").assign(boxes) == {6: 0}
    assert casting("left-to-right:3").assign(boxes) == {4: 0}
    assert casting("left-to-right:4").assign(boxes) == {}


def test_people_who_change_places_keep_their_sources() -> None:
    cast = casting("left-to-right:1", "left-to-right:2")
    assert cast.assign({1: face(20), 2: face(90)}) == {1: 0, 2: 1}
    assert cast.assign({1: face(90), 2: face(20)}) == {1: 0, 2: 1}


def test_two_who_come_in_one_after_the_other_both_get_a_source() -> None:
    """The right one first: it is the leftmost then. The left one must not stay bare for that."""
    cast = casting("left-to-right:1", "left-to-right:2")
    assert cast.assign({1: face(90)}) == {1: 0}
    assert cast.assign({1: face(90), 2: face(20)}) == {1: 0, 2: 1}


def test_a_third_face_gets_nothing_from_two_rules() -> None:
    cast = casting("left-to-right:1", "left-to-right:2")
    got = cast.assign({1: face(20), 2: face(90), 3: face(150)})
    assert got == {1: 0, 2: 1}
    assert cast.assign({1: face(20), 2: face(90), 3: face(1)}) == {1: 0, 2: 1}


def test_a_single_rule_for_the_second_never_takes_the_first() -> None:
    cast = casting("left-to-right:2")
    assert cast.assign({1: face(20)}) == {}
    assert cast.assign({1: face(20), 2: face(90)}) == {2: 0}
    assert cast.assign({1: face(20), 2: face(90), 3: face(50)}) == {2: 0}


def test_a_box_takes_whoever_begins_in_it_and_keeps_them() -> None:
    cast = casting("box:0,0,100,100")
    assert cast.assign({1: face(50), 2: face(150)}) == {1: 0}
    assert cast.assign({1: face(300), 2: face(150)}) == {1: 0}
    assert cast.assign({1: face(300), 2: face(60)}) == {1: 0, 2: 0}


def test_a_boxs_edge_belongs_to_it_on_the_left_only() -> None:
    assert casting("box:50,50,100,100").assign({1: face(50)}) == {1: 0}
    assert casting("box:0,0,50,100").assign({1: face(50)}) == {}


def test_the_first_rule_that_names_a_face_has_it() -> None:
    cast = casting("largest", "all")
    assert cast.assign({1: face(20, 30), 2: face(90, 50)}) == {2: 0, 1: 1}


def test_rules_name_sources_in_any_order() -> None:
    cast = FaceSelection((Rule(3, Who("left-to-right", n=1)), Rule(1, Who("left-to-right", n=2))))
    assert cast.assign({8: face(20), 9: face(90)}) == {8: 3, 9: 1}


def test_who_is_out_of_sight_for_a_frame_is_not_recast() -> None:
    cast = casting("largest")
    cast.assign({1: face(20, 60), 2: face(90, 50)})
    cast.forget({1, 2})
    assert cast.assign({1: face(20, 60), 2: face(90, 50)}) == {1: 0}


@given(st.lists(st.dictionaries(st.integers(0, 6), st.tuples(st.floats(0, 500), st.floats(10, 90))), max_size=12))
def test_a_choice_never_changes_while_its_track_lives(frames: list[dict[int, tuple[float, float]]]) -> None:
    cast = casting("left-to-right:1", "left-to-right:2", "largest")
    before: dict[int, int] = {}
    for people in frames:
        boxes = {i: face(x, size) for i, (x, size) in people.items()}
        now = cast.assign(boxes)
        assert set(now) <= set(boxes)
        assert all(now[t] == source for t, source in before.items() if t in now)
        assert all(t in now for t in before if t in boxes)
        assert len(set(now.values())) == len(now)  # each of these rules names one face
        cast.forget(set(boxes))
        before = now


def test_who_is_recalled_comes_before_places() -> None:
    """After a cut the two sit the other way round."""
    cast = casting("left-to-right:1", "left-to-right:2")
    assert cast.assign({3: face(20), 4: face(90)}, recalled={3: 1, 4: 0}) == {3: 1, 4: 0}


def test_one_who_is_recalled_leaves_the_other_rule_to_the_other_face() -> None:
    cast = casting("left-to-right:1", "left-to-right:2")
    assert cast.assign({3: face(20), 4: face(90)}, recalled={3: 1}) == {3: 1, 4: 0}
    alone = casting("left-to-right:1", "left-to-right:2")
    assert alone.assign({3: face(20)}, recalled={3: 1}) == {3: 1}


def test_the_largest_is_who_it_was() -> None:
    cast = casting("largest")
    assert cast.assign({3: face(20, 30), 4: face(90, 80)}, recalled={3: 0}) == {3: 0}


def test_a_rule_that_somebody_holds_is_not_given_twice() -> None:
    cast = casting("largest")
    assert cast.assign({3: face(20, 30)}) == {3: 0}
    assert cast.assign({3: face(20, 30), 4: face(90, 80)}, recalled={4: 0}) == {3: 0}
    assert casting("largest").assign({3: face(20), 4: face(90)}, recalled={4: 0, 3: 0}) == {4: 0}


def test_all_may_be_recalled_at_once() -> None:
    cast = casting("left-to-right:1", "all")
    assert cast.assign({3: face(20), 4: face(90), 5: face(150)}, recalled={3: 1, 5: 1}) == {3: 1, 5: 1, 4: 1}


def test_who_is_not_there_is_not_recalled() -> None:
    cast = casting("largest")
    assert cast.assign({3: face(20)}, recalled={9: 0}) == {3: 0}
    assert dict(cast.assigned) == {3: 0}


@pytest.mark.parametrize(
    ("texts", "kept"),
    [
        (["all"], False),
        (["box:0,0,9,9"], False),
        (["reference:a.jpg"], False),
        (["largest"], True),
        (["all", "left-to-right:1"], True),
    ],
)
def test_which_rules_need_to_know_who_was_who(texts: list[str], kept: bool) -> None:
    assert casting(*texts).kept is kept


def test_a_track_is_meant_by_its_number_and_known_again_after_a_cut() -> None:
    chosen = FaceSelection(parse_rules(None, ["2=track:7", "1=all"], 2))
    boxes = {3: face(50), 7: face(150)}
    assert chosen.assign(boxes) == {3: 0, 7: 1}
    assert chosen.kept and chosen.assigned == {3: 1, 7: 0}
    chosen.forget(set())
    later = {8: face(150), 9: face(50)}
    assert chosen.assign(later, recalled={8: 0}) == {8: 1, 9: 0}, "who was track 7 is 8 now"


def test_a_track_alone_leaves_others_alone_and_is_settled_when_seen() -> None:
    chosen = casting("track:7")
    assert chosen.assign({3: face(50)}) == {} and not chosen.settled({3})
    assert chosen.assign({3: face(50), 7: face(150)}) == {7: 0} and chosen.settled({3, 7})


def test_source_zero_is_nobody() -> None:
    chosen = FaceSelection(parse_rules(None, ["0=track:3", "1=all"], 1))
    assert chosen.assign({3: face(50), 4: face(150)}) == {4: 0}
    with pytest.raises(UnderstudyError, match="SOURCE from 1 to 1"):
        parse_rules(None, ["2=all"], 1)
