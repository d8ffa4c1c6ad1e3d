"""The weightless backend: its function's answers, checked on both sides, and the caller's own."""

from collections.abc import Mapping

import numpy as np
import pytest

from engines.backends.reference import ReferenceEngine
from engines.protocol import Spec
from engines.values import Array

ROW = Spec((-1, 2), "float32")
KEPT = np.ones((1, 2), np.float32)


def engine(answer: Array) -> ReferenceEngine:
    return ReferenceEngine({"x": ROW}, {"y": ROW}, lambda feeds: {"y": answer})


def test_the_function_sees_the_feeds_and_its_answer_comes_back() -> None:
    def double(feeds: Mapping[str, Array]) -> Mapping[str, Array]:
        return {"y": np.asarray(feeds["x"], np.float32) * 2}

    made = ReferenceEngine({"x": ROW}, {"y": ROW}, double)
    assert made.device == "numpy"
    session = made.session()
    assert session.run({"x": np.array([[1, -3]], np.float32)})["y"].tolist() == [[2, -6]]
    session.close()


def test_answers_belong_to_the_caller() -> None:
    session = engine(KEPT).session()
    first = session.run({"x": KEPT})["y"]
    first[:] = 0
    assert KEPT.min() == 1 and session.run({"x": KEPT})["y"].min() == 1


def test_a_function_that_breaks_its_declaration_is_told() -> None:
    with pytest.raises(ValueError, match=r"`y` takes float32 \(-1, 2\), fed was float32 \(1, 3\)"):
        engine(np.zeros((1, 3), np.float32)).session().run({"x": KEPT})
    with pytest.raises(ValueError, match="the network takes"):
        engine(KEPT).session().run({})
