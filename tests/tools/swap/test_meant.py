"""What a wrong `swap` line meant."""

from collections.abc import Callable, Collection

import pytest

from tools.swap.meant import meant


def only(*names: str) -> Callable[[str], bool]:
    return frozenset(names).__contains__


ALL = only("ann.jpg", "bob.png", "clip.mp4", "my", "clip two.mp4", "out.mp4")


@pytest.mark.parametrize(
    ("line", "words", "guess"),
    [
        # a face in front of target and output
        ("ann.jpg clip.mp4 out.mp4", "ann.jpg clip.mp4 out.mp4", "--source ann.jpg clip.mp4 out.mp4"),
        (
            "ann.jpg bob.png clip.mp4 new.mp4",
            "ann.jpg bob.png clip.mp4 new.mp4",
            "--source ann.jpg --source bob.png clip.mp4 new.mp4",
        ),
        # options stay where they were meant
        (
            "--crf 20 ann.jpg clip.mp4 out.mp4 --who all",
            "ann.jpg clip.mp4 out.mp4",
            "--source ann.jpg --crf 20 --who all clip.mp4 out.mp4",
        ),
        (
            "--report out.mp4 ann.jpg clip.mp4 out.mp4",
            "ann.jpg clip.mp4 out.mp4",
            "--source ann.jpg --report out.mp4 clip.mp4 out.mp4",
        ),
        # a face and a clip, and no name for what comes out
        ("ann.jpg clip.mp4", "ann.jpg clip.mp4", "--source ann.jpg clip.mp4 clip-swapped.mp4"),
        ("clip.mp4 ann.jpg", "clip.mp4 ann.jpg", "--source ann.jpg clip.mp4 clip-swapped.mp4"),
        # nothing plain
        ("clip.mp4 out.mp4", "clip.mp4 out.mp4", ""),
        ("clip.mp4 bob.webp", "clip.mp4 bob.webp", ""),
        ("ann.jpg", "ann.jpg", ""),
        ("clip.mp4 out.mp4 more.mp4", "clip.mp4 out.mp4 more.mp4", ""),
        ("", "", ""),
    ],
)
def test_a_line_is_mended(line: str, words: str, guess: str) -> None:
    assert meant(line.split(), words.split(), there=ALL) == guess


def test_a_name_whose_blanks_were_not_quoted_is_put_together() -> None:
    words = ["clip", "two.mp4", "out.mp4"]
    assert meant(words, words, there=ALL) == "'clip two.mp4' out.mp4"
    assert meant(["-y", *words], words, there=ALL) == "-y 'clip two.mp4' out.mp4"
    assert meant(["-s", "f", *words], words, True, ALL) == "-s f 'clip two.mp4' out.mp4"


@pytest.mark.parametrize("there", [("my", "clip.mp4", "my clip.mp4")])
def test_words_that_are_files_themselves_are_not_put_together(there: Collection[str]) -> None:
    assert meant(["my", "clip.mp4"], ["my", "clip.mp4"], there=only(*there)) == ""


def test_a_face_that_is_given_is_not_given_twice() -> None:
    words = ["ann.jpg", "clip.mp4", "out.mp4"]
    assert meant(["-s", "bob.png", *words], words, True, ALL) == ""
