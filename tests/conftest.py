"""Tests run with the threads that the program runs with, and each begins with the project's loggers as a fresh process
has them: the servers' commands make them their own, and a library that configures logging
(`disable_existing_loggers`) switches off those that are there before it."""

import logging

import pytest
from hypothesis import HealthCheck, settings

from tools.cli.process import limit_math_threads


def pytest_configure() -> None:
    """One thread a call, as in `understudy`: more of them wait for one another where other work is about, and then the
    tests of perception take four times as long."""
    limit_math_threads()
    import cv2

    cv2.setNumThreads(1)
    # how long an example takes tells of the machine, not of the program
    settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("any machine")


@pytest.fixture(autouse=True)
def loggers() -> None:
    logging.disable(logging.NOTSET)
    for name in ("understudy", *(n for n in logging.root.manager.loggerDict if n.startswith("understudy."))):
        log = logging.getLogger(name)
        log.handlers, log.propagate, log.disabled = [], True, False
        log.setLevel(logging.NOTSET)
