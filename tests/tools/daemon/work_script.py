"""A job's process for the tests of the queue: speaks as the real one does, and does what its request's target says."""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

folder = Path(sys.argv[1])
what, _, number = Path(json.loads((folder / "request.json").read_text())["target"]).name.partition(":")
tries = folder / "tries"
tries.write_text(str(int(tries.read_text()) + 1 if tries.exists() else 1))
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())


def follow() -> None:
    while os.read(0, 100):
        pass
    (folder.parent / "orphan").touch()
    os._exit(1)


threading.Thread(target=follow, daemon=True).start()
print("no JSON at all", flush=True)
print(json.dumps({"frames": 5, "total": 10}), flush=True)
if what == "wrong":
    print(json.dumps({"error": "no face in it"}), flush=True)
    sys.exit(2)
if what == "crash" and int(tries.read_text()) <= int(number):
    print("Traceback\nValueError: bad luck", file=sys.stderr)
    sys.exit(1)
if what == "babble":
    print("x" * 200_000, flush=True)
if what == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
if what == "sleep":
    until = time.monotonic() + float(number)
    while time.monotonic() < until and not stop.wait(0.02):
        pass
    if stop.is_set():
        sys.exit(75)
if what == "note":
    print(json.dumps({"note": "the job begins anew"}), flush=True)
if what == "pause":
    sys.exit(75)
if what == "stuck":
    while True:
        time.sleep(1)
