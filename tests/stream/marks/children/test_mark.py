"""The process that looks for the mark: what it answers, and that its end is not ours."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from stream.marks.verdict import Outcome
from stream.marks.verify import verify
from stream.untrusted.child import ask_child
from stream.untrusted.json_values import mapping
from tests.stream.marks.clips import PAYLOAD, clip, pictures
from tests.stream.marks.listener import Listener, listening
from tests.stream.untrusted.playlists import playlist

MODULE = "stream.marks.children.mark"


def ask(target: object) -> tuple[dict[str, object], str]:
    told = ask_child(MODULE, {"target": str(target), "thorough": False, "memory": 4 << 30, "seconds": 60}, 60)
    assert told is not None
    return dict(mapping(told["mark"])), str(told["error"])


def test_a_mark_is_read(tmp_path: Path) -> None:
    mark, error = ask(clip(tmp_path / "a.mp4", pictures()))
    assert error == "" and mark["found"] is True
    assert mark["payload"] == {"producer": PAYLOAD.producer, "session": PAYLOAD.session, "version": 1}
    assert mark["window"] == {"left": 0.0, "top": 0.0, "width": 1.0, "height": 1.0}


def test_none_is_there(tmp_path: Path) -> None:
    mark, error = ask(clip(tmp_path / "a.mp4", pictures(mark=False)))
    assert (mark["found"], mark["payload"], error) == (False, None, "")


def test_what_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "noise.mp4").write_bytes(np.random.default_rng(1).bytes(5000))
    mark, error = ask(tmp_path / "noise.mp4")
    assert mark == {} and "noise.mp4 cannot be read as video" in error
    assert "No such file" in ask(tmp_path / "none.mp4")[1]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    assert "no regular file" in ask(tmp_path / "pipe.mp4")[1]


class TestItsEnd:
    @pytest.fixture
    def host(self, tmp_path: Path) -> Iterator[Listener]:
        live = playlist(tmp_path / "live")
        with listening() as told:
            for path in live.parent.iterdir():
                told.answers[f"/live/{path.name}"] = path.read_bytes()
            yield told

    def test_a_decoder_that_dies_is_told_and_not_shared(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.executable", "/bin/false")
        told = verify(str(clip(tmp_path / "a.mkv", pictures())), thorough=False)
        assert told.verdict.outcome is Outcome.UNREADABLE
        assert "decoding it broke off" in told.verdict.headline

    @pytest.mark.parametrize(
        "text",
        [
            "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-STREAM-INF:BANDWIDTH=1\n#EXTINF:0.2,\nlive0.ts\n",
            '#EXTM3U\n#EXTINF:0.2,\nlive0.ts\n#EXT-X-MAP:URI="none"\n#EXT-X-KEY:METHOD=SAMPLE-AES,URI="none"\n'
            "#EXTINF:0.2,\nlive0.ts",
        ],
        ids=["both kinds", "sample aes"],
    )
    def test_playlists_that_ffmpeg_dies_of(self, host: Listener, tmp_path: Path, text: str) -> None:
        """Found by damaging playlists. An outcome, and not the end of whoever asks."""
        host.answers["/live/evil.m3u8"] = text.encode()
        (tmp_path / "live" / "evil.m3u8").write_text(text)
        for target in (f"{host.url}/live/evil.m3u8", str(tmp_path / "live" / "evil.m3u8")):
            assert verify(target, thorough=False).verdict.outcome is Outcome.UNREADABLE
