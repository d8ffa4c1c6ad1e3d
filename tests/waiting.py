"""Waiting with an end: for a condition on the event loop, and for work that begins on several threads at once."""

import asyncio
import threading
from collections.abc import Callable


async def until(condition: Callable[..., object], patience: float = 40.0) -> None:
    """Raises TimeoutError where it does not come true. condition: called without arguments. patience: seconds."""
    async with asyncio.timeout(patience):
        while not condition():
            await asyncio.sleep(0.02)


def at_once(*work: Callable[[], object]) -> None:
    """Each on a thread of its own; all have to end within half a minute."""
    threads = [threading.Thread(target=one, daemon=True) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
