"""Every test begins with the project's loggers as a fresh process has them: the servers' commands make them their own,
and a library that configures logging (`disable_existing_loggers`) switches off those that are there before it."""

import logging

import pytest


@pytest.fixture(autouse=True)
def loggers() -> None:
    logging.disable(logging.NOTSET)
    for name in ("understudy", *(n for n in logging.root.manager.loggerDict if n.startswith("understudy."))):
        log = logging.getLogger(name)
        log.handlers, log.propagate, log.disabled = [], True, False
        log.setLevel(logging.NOTSET)
