"""Asks a process of its own: one request as JSON, one answer as JSON. What a library does there (dies, takes memory
without end, hangs) stays there.

Knows processes; nothing of what is asked.
"""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from stream.untrusted.json_values import Json, mapping
from stream.untrusted.text import printable

log = logging.getLogger("understudy.untrusted")

_ROOT = Path(__file__).resolve().parents[2]
_KEPT = ("SYSTEMROOT", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR")
_PROXIES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
_GRACE = 10
"""Seconds beyond those of its own limit after which a child is ended."""


def ask_child(module: str, request: Mapping[str, Json], seconds: int) -> Mapping[str, Json] | None:
    """The answer of the module's `main`, which reads the request from standard input and sets limits on itself.
    seconds: by the clock. None where it died or took too long. Of the environment it sees no more than it needs."""
    boot = f"import sys; sys.path.insert(0, {str(_ROOT)!r}); from {module} import main; main()"
    environment = {name: os.environ[name] for name in (*_KEPT, *_PROXIES) if name in os.environ}
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", boot],
            input=json.dumps(request).encode(),
            env=environment | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            cwd=os.sep,
            capture_output=True,
            timeout=seconds + _GRACE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        log.warning("%s took more than %d s", module, seconds)
        return None
    if done.returncode or not done.stdout:
        words = printable(done.stderr[-500:].decode("utf-8", "replace"), 500)
        log.warning("%s ended with %d: %s", module, done.returncode, words)
        return None
    return mapping(json.loads(done.stdout))


def asked() -> Mapping[str, Json]:
    """In the child: the request."""
    return mapping(json.load(sys.stdin))


def answer(told: Mapping[str, Json]) -> None:
    """In the child: gives the answer and ends. The libraries' own clean-up is none of our business."""
    json.dump(told, sys.stdout)
    sys.stdout.flush()
    os._exit(0)
