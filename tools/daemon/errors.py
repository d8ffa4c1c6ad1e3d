"""What can go wrong with a job or with the queue, as users read it. Knows no HTTP."""

from engines.errors import UnderstudyError


class RequestError(UnderstudyError):
    """A request that no try could fulfil."""


class ConflictError(UnderstudyError):
    """A request that does not go with what is there: another job, another file, another request of the same key."""


class StoreError(UnderstudyError):
    """The jobs cannot be kept."""


class StoreBusyError(StoreError):
    """Another process holds the jobs' database; nothing was changed, and the call can be made again."""


class StoreFullError(StoreError):
    """The disk of the jobs' database takes no more; nothing was changed, and the call can be made again."""
