"""What is wrong with a job is said when it is added, once: not by its process, try after try."""

from typing import Any

import pytest

from tools.daemon.errors import RequestError
from tools.daemon.request import parse

PLAIN: dict[str, Any] = {"target": "/v/a.mp4", "output": "/v/b.mp4", "source": "ann"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"device": "gpu"}, "--device gpu: take one of auto, cpu, cuda, tensorrt"),
        ({"routing": "nonsense"}, "--routing nonsense: take one of auto, fast"),
        ({"precision": "f64"}, "--precision f64: take one of"),
        ({"refiner": "magic"}, "--refiner magic"),
        ({"who": "everybody"}, "'everybody' names nobody"),
        ({"map": ["3=all"]}, "SOURCE from 1 to 1"),
        ({"start": "soon"}, "start 'soon' is no time"),
        ({"start": "5", "end": "4"}, "end must lie after start"),
        ({"end": "0"}, "end must lie after start"),
        ({"bitrate": "lots"}, "is no rate"),
        ({"bitrate": "4M", "crf": 20}, "exclude each other"),
        ({"crf": 99}, "out of range"),
        ({"streams": "most"}, "--streams most: take one of all, strict"),
        ({"preset": "quick"}, "no preset quick"),
        ({"codec": "nonsense"}, "no encoder nonsense"),
        ({"codec": "libvpx"}, "mp4 cannot hold libvpx"),
        ({"output": "/v/b.avi"}, r"the daemon writes \.mp4"),
        ({"output": "/v/b"}, r"the daemon writes \.mp4"),
        ({"target": "/v/a.png"}, r"a picture is written as \.jpg"),
        ({"output": "/v/a.mp4"}, "also read by this job"),
        ({"source": ["/v/b.mp4"], "consent": True}, "also read by this job"),
        ({"mask": ["bisenet_resnet_18"]}, "goes with a swapping network"),
        ({"model": "nosuch"}, "nosuch"),
        ({"model": "inswapper_128", "mask": ["nosuch"]}, "nosuch"),
        ({"detector": "nosuch"}, "nosuch"),
        ({"morph": 3}, "number from 0 to 1"),
        ({"strength": "much"}, "write a number"),
        ({"model": "inswapper_128", "pixel_boost": 1 << 20}, "at most 2048"),
    ],
)
def test_mistakes_are_said_when_a_job_is_added(change: dict[str, Any], words: str) -> None:
    with pytest.raises(RequestError, match=words):
        parse(PLAIN | change)


@pytest.mark.parametrize(
    "change",
    [
        {"device": "cuda", "routing": "fast", "crf": 0},
        {"streams": "strict"},
        {"codec": "libvpx", "output": "/v/b.mkv"},
        {"target": "/v/a.png", "output": "/v/b.webp"},
        {"codec": "h265", "output": "/v/b.mkv", "bitrate": "4M", "preset": "slow"},
        {"start": "1:02:03.5", "end": "1:02:04"},
        {"who": "left-to-right:2", "strength": 0.5},
        {"source": ["ann", "bob"], "map": ["1=all", "2=box:1,2,3,4"]},
    ],
)
def test_what_is_right_is_let_in(change: dict[str, Any]) -> None:
    parse(PLAIN | change)
