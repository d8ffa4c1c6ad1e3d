"""A room without a session tells what waits in it; one with a session is looked at in `test_room_steering`."""

from stream.live.wanted import first
from stream.pipeline.control import SourceSet
from stream.pipeline.spec import SwapSpec
from stream.pixels.label import Label
from tools.http.token_gate import LOCAL, Grant
from tools.live.serve.figures import figures
from tools.live.serve.room import Room


def test_a_room_that_waits() -> None:
    room = Room("key", SourceSet(baked=True), True, Grant("", LOCAL), 0.0)
    assert figures(room, None) == {"live": False, "recording": 0}
    wanted = first(SwapSpec(who="all"), SourceSet(baked=True), Label("Altered"))
    assert figures(room, wanted) == {"live": False, "recording": 0, "settings": wanted.to_json()}
