"""The scheduler with real processes: how many at once, what failures lead to, cancelling, pausing, ending."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tools.daemon.queueing import asked, scheduling, until
from tools.daemon.errors import ConflictError, StoreError
from tools.daemon.queue.queued_job import JobState, QueuedJob, to_json
from tools.daemon.queue.scheduler import Scheduler, SchedulerLimits


async def add(scheduler: Scheduler, target: str, priority: int = 0) -> QueuedJob:
    return (await scheduler.add(asked(target), priority))[0]


def test_a_job_is_done_and_its_folder_gone(tmp_path: Path) -> None:
    async def main() -> None:
        async with scheduling(tmp_path) as scheduler:
            listener = scheduler.events.open(None)
            job = await add(scheduler, "fine")
            done = await until(scheduler, job.id, JobState.DONE)
            assert (done.frames, done.total, done.attempts, done.reason) == (5, 10, 1, "")
            assert to_json(done)["progress"] == 1.0 and not (tmp_path / "jobs" / job.id).exists()
            state = await listener.read(1)
            assert state is not None and state["id"] == job.id

    asyncio.run(main())


def test_what_the_user_must_mend_is_not_tried_again(tmp_path: Path) -> None:
    async def main() -> None:
        async with scheduling(tmp_path) as scheduler:
            job = await add(scheduler, "wrong")
            ended = await until(scheduler, job.id, JobState.FAILED)
            assert ended.reason == "no face in it" and ended.attempts == 1
            assert (tmp_path / "jobs" / job.id).exists(), "what was finished stays for a retry"
            await scheduler.retry(job.id)
            again = await until(scheduler, job.id, JobState.FAILED)
            assert again.attempts == 1

    asyncio.run(main())


def test_bad_luck_is_tried_again_with_a_reason_and_then_given_up(tmp_path: Path) -> None:
    async def main() -> None:
        async with scheduling(tmp_path, limits=SchedulerLimits(waits=(0.05,))) as scheduler:
            mended, lost = await add(scheduler, "crash:2"), await add(scheduler, "kill")
            done = await until(scheduler, mended.id, JobState.DONE)
            assert done.attempts == 3
            words = [what for _, what in scheduler.store.history(mended.id)]
            assert "its process ended with 1: ValueError: bad luck (try 2 of 3)" in words
            failed = await until(scheduler, lost.id, JobState.FAILED)
            assert failed.reason == "its process was ended by SIGKILL (try 3 of 3)"

    asyncio.run(main())


def test_a_process_that_somebody_else_pauses_is_counted_and_waited_for(tmp_path: Path) -> None:
    """Else it would begin again at once, for ever."""

    async def main() -> None:
        async with scheduling(tmp_path, limits=SchedulerLimits(attempts=2, waits=(0.05,))) as scheduler:
            job = await add(scheduler, "pause")
            failed = await until(scheduler, job.id, JobState.FAILED)
            assert failed.reason == "its process was asked to pause, and not by the daemon (try 2 of 2)"

    asyncio.run(main())


def test_a_silent_process_is_ended(tmp_path: Path) -> None:
    async def main() -> None:
        async with scheduling(tmp_path, limits=SchedulerLimits(attempts=1, silence=0.5)) as scheduler:
            silent, busy = await add(scheduler, "stuck"), await add(scheduler, "fine")
            failed = await until(scheduler, silent.id, JobState.FAILED, patience=10)
            assert "it said nothing for 0 s and was ended" in failed.reason
            await until(scheduler, busy.id, JobState.DONE)

    asyncio.run(main())


def test_what_a_process_notes_is_in_the_job_s_history(tmp_path: Path) -> None:
    async def main() -> None:
        async with scheduling(tmp_path) as scheduler:
            job = await add(scheduler, "note")
            await until(scheduler, job.id, JobState.DONE)
            assert "the job begins anew" in [what for _, what in scheduler.store.history(job.id)]

    asyncio.run(main())


def test_no_more_at_once_than_it_may_and_the_important_first(tmp_path: Path) -> None:
    async def main() -> None:
        async with scheduling(tmp_path, work=False, limits=SchedulerLimits(jobs=2)) as scheduler:
            slow = [await add(scheduler, "sleep:0.4") for _ in range(3)]
            urgent = await add(scheduler, "sleep:0.4", priority=5)
            task, most = asyncio.create_task(scheduler.run()), 0
            async with asyncio.timeout(20):
                while any(scheduler.store.get(job.id).state is not JobState.DONE for job in slow):
                    most = max(most, scheduler.running)
                    await asyncio.sleep(0.01)
            assert most == 2
            begun = sorted([*slow, urgent], key=lambda job: scheduler.store.get(job.id).started or 0)
            assert urgent.id in {job.id for job in begun[:2]}
            task.cancel()

    asyncio.run(main())


def test_a_cancelled_job_ends_whether_it_waits_or_runs_or_does_not_listen(tmp_path: Path) -> None:
    async def main() -> None:
        async with scheduling(tmp_path) as scheduler:
            runs, waits = await add(scheduler, "stuck"), await add(scheduler, "fine")
            await until(scheduler, runs.id, JobState.RUNNING)
            assert (await scheduler.cancel(waits.id)).state is JobState.CANCELLED
            await scheduler.cancel(runs.id)
            ended = await until(scheduler, runs.id, JobState.CANCELLED, patience=5)
            assert ended.reason == "cancelled by request" and not (tmp_path / "jobs" / runs.id).exists()
            with pytest.raises(ConflictError, match="cancelled"):
                await scheduler.cancel(runs.id)
            await scheduler.retry(waits.id)
            await until(scheduler, waits.id, JobState.DONE)
            with pytest.raises(ConflictError, match="done"):
                await scheduler.retry(waits.id)
            with pytest.raises(ConflictError, match="done"):
                await scheduler.prioritise(waits.id, 1)

    asyncio.run(main())


def test_an_output_that_is_there_is_not_overwritten_unasked(tmp_path: Path) -> None:
    async def main() -> None:
        output = tmp_path / "out.mp4"
        async with scheduling(tmp_path / "state", work=False) as scheduler:
            first, _ = await scheduler.add(asked("fine", str(output)), key="k")
            output.write_bytes(b"made meanwhile")
            assert await scheduler.add(asked("fine", str(output)), key="k") == (first, False), "it is known by its key"
            await scheduler.cancel(first.id)
            with pytest.raises(ConflictError, match=r'there is a file .*"overwrite": true'):
                await scheduler.add(asked("fine", str(output)))
            assert (await scheduler.add({**asked("fine", str(output)), "overwrite": True}))[1]

    asyncio.run(main())


def test_draining_waits_then_pauses_and_the_next_daemon_goes_on(tmp_path: Path) -> None:
    async def main() -> None:
        async with scheduling(tmp_path, limits=SchedulerLimits(jobs=3)) as scheduler:
            short, long = await add(scheduler, "sleep:0.3"), await add(scheduler, "sleep:30")
            for job in (short, long):
                await until(scheduler, job.id, JobState.RUNNING)
            await asyncio.sleep(0.5)
            late = asyncio.create_task(scheduler.drain(1.0))
            await asyncio.sleep(0.1)
            assert scheduler.draining
            waits = await add(scheduler, "fine")
            await late
            assert scheduler.store.get(short.id).state is JobState.DONE
            paused = scheduler.store.get(long.id)
            assert (paused.state, paused.attempts) == (JobState.QUEUED, 0) and "paused" in paused.reason
            assert scheduler.store.get(waits.id).state is JobState.QUEUED
        async with scheduling(tmp_path) as scheduler:
            await until(scheduler, long.id, JobState.RUNNING)
            await scheduler.cancel(long.id)
            await until(scheduler, waits.id, JobState.DONE)

    asyncio.run(main())


def test_what_does_not_listen_is_killed_at_the_end(tmp_path: Path) -> None:
    async def main() -> None:
        async with scheduling(tmp_path, limits=SchedulerLimits(stop_within=0.3)) as scheduler:
            job = await add(scheduler, "stuck")
            await until(scheduler, job.id, JobState.RUNNING)
            await asyncio.sleep(0.3)
            async with asyncio.timeout(5):
                await scheduler.drain(0)
            assert scheduler.store.get(job.id).state is JobState.QUEUED

    asyncio.run(main())


def test_old_jobs_and_stray_folders_are_tidied_away(tmp_path: Path) -> None:
    async def main() -> None:
        async with scheduling(tmp_path, work=False) as scheduler:
            job = await add(scheduler, "fine")
            await scheduler.cancel(job.id)
            kept = await add(scheduler, "fine")
            for name in (job.id, kept.id, "stray"):
                (tmp_path / "jobs" / name).mkdir(parents=True, exist_ok=True)
            await scheduler.tidy(-1)
            assert [p.name for p in (tmp_path / "jobs").iterdir()] == [kept.id]

    asyncio.run(main())


def test_a_process_that_babbles_fails_like_any_other(tmp_path: Path) -> None:
    async def main() -> None:
        async with scheduling(tmp_path, limits=SchedulerLimits(attempts=1)) as scheduler:
            job = await add(scheduler, "babble")
            failed = await until(scheduler, job.id, JobState.FAILED)
            assert "could not be followed" in failed.reason
            other = await add(scheduler, "fine")
            await until(scheduler, other.id, JobState.DONE)

    asyncio.run(main())


def test_a_queue_that_is_damaged_ends_the_daemon(tmp_path: Path) -> None:
    """It does not pretend to work. Whoever watches over it sees why."""

    async def main() -> None:
        async with scheduling(tmp_path, work=False) as scheduler:
            await add(scheduler, "sleep:0.5")
            task = asyncio.create_task(scheduler.run())
            while not scheduler.running:
                await asyncio.sleep(0.01)
            with sqlite3.connect(tmp_path / "jobs.sqlite3") as db:
                db.execute("DROP TABLE history")
            db.close()
            with pytest.raises(StoreError, match="move the file away"):
                async with asyncio.timeout(20):
                    await task

    asyncio.run(main())


def clock_of(times: list[float]) -> Callable[[], float]:
    return lambda: times[0]


def test_a_calendar_that_is_put_back_holds_no_job_up(tmp_path: Path) -> None:
    times = [1_800_000_000.0]

    async def main() -> None:
        async with scheduling(tmp_path, clock=clock_of(times), limits=SchedulerLimits(waits=(0.3,))) as scheduler:
            job = await add(scheduler, "crash:1")
            await until(scheduler, job.id, JobState.QUEUED)
            while not scheduler.store.get(job.id).not_before:
                await asyncio.sleep(0.01)
            times[0] -= 86_400
            await until(scheduler, job.id, JobState.DONE, patience=10)

    asyncio.run(main())


def test_nor_does_one_that_was_put_back_while_the_daemon_was_away(tmp_path: Path) -> None:
    times = [1_800_000_000.0]

    async def main() -> None:
        async with scheduling(tmp_path, clock=clock_of(times), limits=SchedulerLimits(waits=(3.0,))) as scheduler:
            job = await add(scheduler, "crash:1")
            while not scheduler.store.get(job.id).not_before:
                await asyncio.sleep(0.01)
        times[0] -= 86_400
        async with scheduling(tmp_path, clock=clock_of(times), limits=SchedulerLimits(waits=(3.0,))) as scheduler:
            await until(scheduler, job.id, JobState.DONE, patience=15)

    asyncio.run(main())
