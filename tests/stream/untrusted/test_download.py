"""One file from one host, bounded, and gone afterwards."""

from collections.abc import Iterator

import pytest

from engines.errors import InputError
from stream.untrusted.download import downloaded
from tests.stream.marks.listener import Listener, listening


@pytest.fixture
def host() -> Iterator[Listener]:
    with listening() as told:
        told.answers["/a.mp4"] = b"x" * 5000
        yield told


def test_it_is_there_and_then_gone(host: Listener) -> None:
    with downloaded(f"{host.url}/a.mp4") as path:
        assert path.read_bytes() == b"x" * 5000
    assert not path.exists() and not path.parent.exists()
    assert host.asked == ["GET /a.mp4"], "not its sidecar, nor anything else"


def test_too_much_is_refused_before_it_comes(host: Listener) -> None:
    with pytest.raises(InputError, match="too large to look at"), downloaded(f"{host.url}/a.mp4", largest=4999):
        pass


def test_what_is_not_there(host: Listener) -> None:
    with pytest.raises(InputError, match="Not Found"), downloaded(f"{host.url}/none"):
        pass
