"""A job's process in a case: the real one, but for who stands at its steps."""

import os
import sys
from fractions import Fraction
from pathlib import Path

os.environ["UNDERSTUDY_CRASH_WORKER"] = "1"

from tests.tools.daemon.crash.faults import Case, Saboteur
from tools.cli.process import limit_math_threads
from tools.daemon.worker import main

limit_math_threads()
sys.exit(main(Path(sys.argv[1]), Fraction(sys.argv[2]), Saboteur(Case.from_environment())))
