"""RequestActivity: which connections are in the middle of a request. The middleware tells it, the server listens."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class RequestActivity:
    """Connections are known by their protocol object. For one thread."""

    def __init__(self) -> None:
        self._watchers: dict[object, Callable[[bool], object]] = {}

    def watch(self, protocol: object, changed: Callable[[bool], object]) -> None:
        """changed: called with True when a request of this connection begins, with False when it is over."""
        self._watchers[protocol] = changed

    def forget(self, protocol: object) -> None:
        """The connection is closed."""
        self._watchers.pop(protocol, None)

    @contextmanager
    def request(self, protocol: object) -> Iterator[None]:
        """Around the work on one request."""
        changed = self._watchers.get(protocol)
        if changed is None:
            yield
            return
        changed(True)
        try:
            yield
        finally:
            changed(False)
