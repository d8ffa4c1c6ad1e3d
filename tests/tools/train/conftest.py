"""Training in tests computes on one thread: more of them wait for one another where other tests run beside."""

import sys

import pytest


@pytest.fixture(autouse=True)
def one_thread() -> None:
    if torch := sys.modules.get("torch"):  # only those who train load it
        torch.set_num_threads(1)
