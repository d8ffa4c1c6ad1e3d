"""Uploads: how many bytes all uploads that are under way may take together. For one thread."""

from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

MOST = 64 << 20  # bytes of all uploads together
RETRY = 5  # seconds that a refused client is told to wait


class Upload:
    """One upload's share. uploads: the whole."""

    def __init__(self, uploads: "Uploads") -> None:
        self._uploads = uploads
        self.held = 0

    def grow(self, count: int) -> None:
        """So many more bytes have come. Raises HTTPServiceUnavailable where all uploads together are too large."""
        if self._uploads.held + count > self._uploads.most:
            reason = "too much is being uploaded at once; try again in a moment"
            raise web.HTTPServiceUnavailable(reason=reason, headers={"Retry-After": str(RETRY)})
        self._uploads.add(count)
        self.held += count


class Uploads:
    """most: bytes."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self.held = 0

    def add(self, count: int) -> None:
        self.held += count

    @contextmanager
    def upload(self) -> Iterator[Upload]:
        """One upload, from its first byte until it is no longer needed."""
        made = Upload(self)
        try:
            yield made
        finally:
            self.add(-made.held)
