"""Settings of the live server: what viewers are told, and what would open the machine to strangers."""

from pathlib import Path

import pytest

from engines.errors import UnderstudyError
from stream.live.swaps import LiveOptions
from stream.pipeline.spec import SwapSpec
from stream.pixels.label import Label
from tools.live.serve.settings import IceServer, Settings, parse_ice


def test_what_viewers_are_told_is_the_labels_words() -> None:
    assert Settings().disclosure == "Face replaced by Understudy"
    assert Settings(live=LiveOptions(label=Label("Not me"))).disclosure == "Not me"
    assert Settings(live=LiveOptions(label=None)).disclosure == "AI-altered", "told, even where it is not shown"


def test_a_face_of_the_servers_own_needs_consent() -> None:
    with pytest.raises(UnderstudyError, match="--i-have-consent"):
        Settings(spec=SwapSpec(((Path("face.png"),),))).check()
    Settings().check()


def test_beyond_this_machine_only_with_tokens(tmp_path: Path) -> None:
    with pytest.raises(UnderstudyError, match="needs --tokens FILE"):
        Settings(host="0.0.0.0").check()
    (tmp_path / "tokens.json").touch()
    Settings(host="0.0.0.0", tokens=tmp_path / "tokens.json").check()


def test_a_base_path_is_looked_at() -> None:
    Settings(base_path="/live").check()
    with pytest.raises(UnderstudyError, match="--base-path 'live/'"):
        Settings(base_path="live/").check()


def test_turn_servers_bring_a_login() -> None:
    assert parse_ice("stun:h:1") == IceServer("stun:h:1")
    assert parse_ice("turn:ann:secret@h:1") == IceServer("turn:h:1", "ann", "secret")
    with pytest.raises(UnderstudyError, match="write stun:host:port"):
        parse_ice("h:1")
