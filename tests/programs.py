"""Other makers' programs for the tests: which are here, and how they are started. Tests skip by name without them."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

PATH = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"


def found(name: str) -> str | None:
    """Where a program is; `gst:NAME` is an element of GStreamer, `nginx:rtmp` nginx's module."""
    kind, _, part = name.partition(":")
    if kind == "gst":
        inspect = shutil.which("gst-inspect-1.0", path=PATH)
        there = inspect and subprocess.run([inspect, "--exists", part], capture_output=True).returncode == 0
        return shutil.which("gst-launch-1.0", path=PATH) if there else None
    if name == "nginx:rtmp":
        return next((str(p) for p in Path("/usr/lib/nginx/modules").glob("ngx_rtmp_module.so")), None)
    return shutil.which(name, path=PATH)


def needs(*names: str) -> pytest.MarkDecorator:
    """Skips a test where one of the programs is missing."""
    missing = [name for name in names if found(name) is None]
    return pytest.mark.skipif(bool(missing), reason=f"{', '.join(missing)} is not installed here")


def program(name: str) -> str:
    where = found(name)
    assert where is not None
    return where


@contextlib.contextmanager
def running(*command: str, stop: float = 5.0) -> Iterator[subprocess.Popen[bytes]]:
    """A program until left. stop: seconds that it gets to end."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.communicate(timeout=stop)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


@contextlib.contextmanager
def nginx(folder: Path, blocks: str, port: int) -> Iterator[None]:
    """nginx with these blocks in its main context, once it listens at `port`."""
    folder.mkdir(exist_ok=True)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;\n" if os.geteuid() == 0 else ""
    config = folder / "nginx.conf"
    config.write_text(
        f"daemon off;\n{user}pid {folder}/pid;\nerror_log {folder}/error.log;\n"
        + blocks.replace("http {", f"http {{\naccess_log off;\n{temporary}")
    )
    with running(program("nginx"), "-p", str(folder), "-c", str(config)) as process:
        until = time.monotonic() + 20
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert process.poll() is None and time.monotonic() < until, (folder / "error.log").read_text()
            time.sleep(0.05)
        yield
