"""What every test leaves as it found it: the project's logger, which the servers' commands make their own."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def logger() -> Iterator[None]:
    log = logging.getLogger("understudy")
    kept = log.handlers, log.propagate, log.level
    yield
    log.handlers, log.propagate = kept[0], kept[1]
    log.setLevel(kept[2])
