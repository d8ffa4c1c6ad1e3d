"""What people write of other streams, read."""

import pytest

from engines.errors import UnderstudyError
from stream.media.others.wanted import Streams, read_streams


def test_words_are_read() -> None:
    assert (read_streams(None), read_streams("all"), read_streams("strict")) == (Streams.ALL, *Streams)
    with pytest.raises(UnderstudyError, match="--streams most: take one of all, strict"):
        read_streams("most")
