"""A coroutine run on uvloop: its result, its errors, and a loop that is closed afterwards."""

import asyncio
import sys

import pytest

from tools.cli.event_loop import on_loop


def test_the_result_comes_back_from_a_loop_that_is_then_closed() -> None:
    async def main() -> asyncio.AbstractEventLoop:
        await asyncio.sleep(0)
        return asyncio.get_running_loop()

    loop = on_loop(main())
    assert loop.is_closed()
    if sys.platform != "win32":
        assert type(loop).__module__.startswith("uvloop")


def test_an_error_reaches_the_caller_and_tasks_that_are_left_are_cancelled() -> None:
    left: list[bool] = []

    async def forever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            left.append(True)

    async def main() -> None:
        kept = asyncio.create_task(forever())
        await asyncio.sleep(0)
        raise ValueError(f"broken while {kept.get_name()} runs")

    with pytest.raises(ValueError, match="broken"):
        on_loop(main())
    assert left == [True]
