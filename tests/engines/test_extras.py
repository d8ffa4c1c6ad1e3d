"""The command that installs an extra is for a checkout."""

import shlex

from engines.extras import PIP, install


def test_the_command_takes_the_checkout_not_the_index() -> None:
    assert install("serve") == ".venv/bin/pip install -e '.[serve]'"
    assert shlex.split(install("gpu")) == [PIP, "install", "-e", ".[gpu]"]
