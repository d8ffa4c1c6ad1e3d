"""The plain way: packets as they are, on the output's stream."""

from pathlib import Path

import av

from stream.media.others.way import Copied, Way
from tests.stream.bundles import bundle


def test_a_packet_is_passed_on_untouched(tmp_path: Path) -> None:
    path = bundle(tmp_path / "a.mp4", sounds=["aac"], frames=5)
    with av.open(str(path)) as clip, av.open(str(tmp_path / "b.mkv"), "w") as out:
        way: Way = Copied(out, clip.streams.audio[0])
        packet = next(p for p in clip.demux(clip.streams.audio[0]) if p.size)
        before, pts = bytes(packet), packet.pts
        assert way.pass_on(packet) == [packet]
        assert packet.stream is way.target
        assert (bytes(packet), packet.pts) == (before, pts)
