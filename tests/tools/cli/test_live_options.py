"""What the live commands say alike: the package that is missing, the way a lost face is treated, the label."""

import sys

import pytest

from engines.errors import UnderstudyError
from stream.marks.layers import MarkingError, MarkLayer
from stream.pixels.label import LabelError, Place
from tests.tools.commands import understudy
from tools.cli.live_options import LiveChoices, need


@pytest.mark.parametrize(
    ("command", "package"),
    [
        *(("serve", name) for name in ("aiohttp", "aiortc", "prometheus_client")),
        ("stream", "prometheus_client"),
        *(("daemon", name) for name in ("aiohttp", "prometheus_client")),
    ],
)
def test_a_missing_package_is_named_with_the_extra_that_has_it(
    command: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)  # as if it were not installed
    with pytest.raises(UnderstudyError, match=rf"`{command}` needs {package}.*pip install -e '\.\[serve\]'"):
        need(command)


def test_nothing_is_missing_here() -> None:
    need("serve")


def test_streams_and_the_daemon_need_no_webrtc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aiortc", None)
    need("stream")
    need("daemon")


@pytest.mark.parametrize("words", [("serve",), ("stream", "rtsp://h/cam", "a.ts"), ("daemon",)])
def test_every_command_asks_before_it_begins(words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    told = understudy(*words)
    assert told.returncode == 2 and told.stderr.startswith(f"error: `{words[0]}` needs prometheus_client")


def test_the_label_is_as_worded_or_away() -> None:
    label = LiveChoices(label="Not them", label_place=Place.TOP).options().label
    assert label is not None and (label.words, label.place) == ("Not them", Place.TOP)
    assert LiveChoices(label="Not them", no_label=True).options().label is None
    assert LiveChoices(label="", no_label=True).options().label is None
    with pytest.raises(LabelError, match="switch the label off"):
        LiveChoices(label="").options()


def test_a_mark_goes_off_with_a_reason() -> None:
    with pytest.raises(MarkingError, match="--because"):
        LiveChoices(without=[MarkLayer.WATERMARK]).options()
    assert not LiveChoices(without=[MarkLayer.WATERMARK], because="x").options().marking.watermark
