"""Networks and sources of a batch: opened once, told once, and closed; what cannot be opened ends the batch."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from engines.values import U8
from stream.jobs.shared import BatchError, SharedNetworks
from stream.pipeline.spec import SwapSpec
from tests.stream.portraits import Placed, needs_models, paint

pytestmark = needs_models


def test_sources_are_read_once_and_what_they_say_is_told_once() -> None:
    asked = list[int]()

    def person() -> Sequence[tuple[str, U8]]:
        asked.append(1)
        two = paint([Placed("astronaut", 180, 240, 150), Placed("hopper", 460, 240, 110)])
        return [("two people", two)]

    networks = SharedNetworks([person])
    try:
        notes = []
        for _ in range(3):
            with networks.open(SwapSpec(((),))) as opened:
                notes.append(opened.notes)
                assert opened.misses.frames == 0 and opened.files and opened.stages.paints
    finally:
        networks.close()
    assert asked == [1]
    assert any("two people" in note for note in notes[0]) and notes[1:] == [(), ()]


def test_a_source_without_a_face_ends_the_batch(tmp_path: Path) -> None:
    networks = SharedNetworks([lambda: [("grey", np.full((200, 300, 3), 128, np.uint8))]])
    with pytest.raises(BatchError, match="no face"), networks.open(SwapSpec(((),))):
        pass
    networks.close()
