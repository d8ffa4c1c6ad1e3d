"""A command in a network namespace of its own, in which every packet that it sends is counted: all addresses, names'
servers too, lead to the namespace's own loopback."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ENTER = """
ip link set lo up && ip route add default dev lo || exit 99
ip -6 route add default dev lo 2>/dev/null
if [ -n "$UNTIL" ]; then
    "$@" > "$SAID" 2>&1 &
    server=$! waited=0
    while [ $waited -lt 450 ] && kill -0 $server 2>/dev/null && ! grep -q "$UNTIL" "$SAID"; do
        sleep 0.2
        waited=$((waited + 1))
    done
    sleep 1
    kill -TERM $server 2>/dev/null
    wait $server
else
    "$@" > "$SAID" 2>&1
fi
code=$?
sleep 0.5  # what it left running may send, too
cat /proc/net/dev > "$COUNTED"
exit $code
"""
RUN = ("unshare", "--net", "--map-root-user", "sh", "-c", ENTER, "sh")
KEEPS_QUIET = ("CI", "TF_BUILD", "JENKINS_URL", "GITHUB_ACTIONS")
"""Names that keep some libraries from sending. A user's machine has none of them."""


@dataclass(frozen=True)
class Sealed:
    """packets: sent by the command and all that it started. returncode, output: of the command."""

    packets: int
    returncode: int
    output: str


def sealed(*words: object, home: Path, until: str = "", program: bool = True) -> Sealed:
    """home: the user's home folder. until: the words after which a server is told to end; empty: it ends by itself.
    program: the words are of `understudy`, else of Python."""
    kept = {name: value for name, value in os.environ.items() if name not in KEEPS_QUIET}
    counted, said = home / "packets", home / "said"
    command = [sys.executable, *(["-m", "tools.main"] if program else []), *map(str, words)]
    done = subprocess.run(
        [*RUN, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=kept | {"HOME": str(home), "COUNTED": str(counted), "SAID": str(said), "UNTIL": until},
        timeout=110,
        check=False,
    )
    lines = counted.read_text().splitlines()[2:] if counted.exists() else []
    assert lines, done.stdout
    return Sealed(sum(int(line.partition(":")[2].split()[9]) for line in lines), done.returncode, said.read_text())


def _permitted() -> bool:
    try:
        words = [*RUN[:-2], "ip link set lo up && ip route add default dev lo", "sh"]
        return subprocess.run(words, capture_output=True, check=False, timeout=20).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


needs_namespace = pytest.mark.skipif(
    not _permitted(), reason="no network namespaces: `unshare` and `ip` (iproute2) are missing or not permitted"
)
