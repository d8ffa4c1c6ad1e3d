"""Cast: its stages' order, and which routing looks for things before faces."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engines.occlusion.network import WEIGHTS
from stream.route import Routing
from tests.stream.portraits import framed
from tests.tools.stages import stages
from tools.swap import cast as module
from tools.swap.cast import open_watch

shipped = pytest.mark.skipif(not WEIGHTS.is_file(), reason="the occlusion network is not built")


def test_stages_are_in_the_order_in_which_a_frame_meets_them() -> None:
    cast = stages()
    assert cast.stages == (cast.perceive, cast.route, (cast.paint,), cast.refine)
    assert replace(cast, more=(cast.paint,)).stages[2] == (cast.paint,) * 2
    frame = framed(np.full((64, 64, 3), 90, np.uint8))
    perceive, route, (paint_,), refine = cast.stages
    assert refine(paint_(route(perceive(frame)))).patches


def test_nobody_watches_where_nobody_asks() -> None:
    assert open_watch("cpu", Routing.FAST) is None


@shipped
@pytest.mark.parametrize(("routing", "always"), [("auto", False), ("xseg", True), ("always-refine", True)])
def test_who_masks_everything_looks_at_every_frame(routing: str, always: bool) -> None:
    watch = open_watch("cpu", Routing(routing))
    assert watch is not None
    assert watch._always is always
    watch.close()


def test_without_its_weights_nobody_watches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WEIGHTS", tmp_path / "none.onnx")
    assert open_watch("cpu", Routing.AUTO) is None
