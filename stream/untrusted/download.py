"""Download: one file from one host into a temporary place, bounded. Knows HTTP and disks, not what it fetches."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engines.errors import InputError
from stream.untrusted.origin import OriginClient
from stream.untrusted.text import printable

LARGEST = 4 << 30
"""Bytes of a download."""


@contextmanager
def downloaded(url: str, largest: int = LARGEST) -> Iterator[Path]:
    """The file at an http or https address, gone afterwards. Nothing but the host that `url` names is asked. Raises
    InputError."""
    client = OriginClient(url)
    with tempfile.TemporaryDirectory(prefix="understudy-") as folder, client.get(url) as answer:
        into = Path(folder) / "download"
        declared = answer.headers.get("Content-Length") or ""
        if declared.isdecimal() and int(declared) > min(largest, shutil.disk_usage(folder).free):
            raise InputError(f"{printable(url)} is too large to look at; download it and name the file")
        try:
            with into.open("wb") as file:
                while part := answer.read(1 << 20):
                    file.write(part)
                    if file.tell() > largest:
                        raise InputError(
                            f"{printable(url)} is larger than {largest >> 30} GiB; download it and name the file"
                        )
        except OSError as error:
            raise InputError(f"{printable(url)} could not be fetched: {error.strerror or error}; try again") from error
        yield into
