"""How this project's Python processes are started: neither the working folder nor PYTHONPATH can put another package
in the place of ours, whose names (`tools`, `stream`) are common ones.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import tools

_HOME = str(Path(tools.__file__).resolve().parents[1])
# the four packages are imported from there, and nothing else is: it may be site-packages, and the standard library
# comes before that
_START = f"""import runpy, sys
sys.path.insert(0, {_HOME!r})
import engines, calib, stream, tools
sys.path.remove({_HOME!r})
runpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)"""


def command(module: str, *words: str) -> tuple[str, ...]:
    """What runs a module of ours with this interpreter, as `python -m MODULE WORDS` would."""
    return (sys.executable, "-P", "-c", _START, module, *words)


@contextmanager
def safe_path() -> Iterator[None]:
    """Python processes that `multiprocessing` starts within leave the working folder out of their search path. It hands
    `-P` on only where this process has it. Not to be used by two threads at once."""
    before = os.environ.get("PYTHONSAFEPATH")
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONSAFEPATH"]
        else:
            os.environ["PYTHONSAFEPATH"] = before
