"""Every test begins with the project's logger as a fresh process has it: the servers' commands make it their own, and
some libraries switch off loggers that are there before them."""

import logging

import pytest


@pytest.fixture(autouse=True)
def logger() -> None:
    logging.disable(logging.NOTSET)
    log = logging.getLogger("understudy")
    log.handlers, log.propagate, log.disabled = [], True, False
    log.setLevel(logging.NOTSET)
