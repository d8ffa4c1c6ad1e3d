"""The keeper with real processes: how many at once, what failures lead to, cancelling, pausing, ending."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from tests.tools.daemon.queueing import keeping, until
from tools.daemon import scheduler as keepers
from tools.daemon.job_store import JobState
from tools.daemon.scheduler import WAITS, judge


@pytest.mark.parametrize(
    ("code", "said", "attempts", "state", "reason", "wait"),
    [
        (0, "", 1, JobState.DONE, "", 0),
        (2, "no face in it", 1, JobState.FAILED, "no face in it", 0),
        (1, "bad luck", 1, JobState.QUEUED, "its process ended with 1: bad luck (try 1 of 3)", WAITS[0]),
        (-9, "", 2, JobState.QUEUED, "its process was ended by SIGKILL (try 2 of 3)", WAITS[1]),
        (-11, "", 3, JobState.FAILED, "its process was ended by SIGSEGV (try 3 of 3)", 0),
        (-250, "", 3, JobState.FAILED, "its process was ended by signal 250 (try 3 of 3)", 0),
    ],
)
def test_what_an_exit_means(code: int, said: str, attempts: int, state: JobState, reason: str, wait: float) -> None:
    verdict = judge(code, said, attempts, 3)
    assert (verdict.state, verdict.reason, verdict.wait) == (state, reason, wait)


def test_a_job_is_done_and_its_folder_gone(tmp_path: Path) -> None:
    async def main() -> None:
        async with keeping(tmp_path) as keeper:
            heard = keeper.events.open(None)
            entry, _ = keeper.add({"target": "fine"})
            done = await until(keeper, entry.id, JobState.DONE)
            assert (done.frames, done.total, done.attempts, done.reason) == (5, 10, 1, "")
            assert keeper.told(done)["progress"] == 1.0 and not (keeper.folder / entry.id).exists()
            told = await heard.read(1)
            assert told is not None and told["id"] == entry.id

    asyncio.run(main())


def test_what_the_user_must_mend_is_not_tried_again(tmp_path: Path) -> None:
    async def main() -> None:
        async with keeping(tmp_path) as keeper:
            entry, _ = keeper.add({"target": "wrong"})
            ended = await until(keeper, entry.id, JobState.FAILED)
            assert ended.reason == "no face in it" and ended.attempts == 1
            assert (keeper.folder / entry.id).exists(), "what was finished stays for a retry"
            keeper.retry(entry.id)
            again = await until(keeper, entry.id, JobState.FAILED)
            assert again.attempts == 1

    asyncio.run(main())


def test_bad_luck_is_tried_again_with_a_reason_and_then_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keepers, "WAITS", (0.05,))

    async def main() -> None:
        async with keeping(tmp_path) as keeper:
            mended, lost = keeper.add({"target": "crash:2"})[0], keeper.add({"target": "kill"})[0]
            done = await until(keeper, mended.id, JobState.DONE)
            assert done.attempts == 3
            words = [what for _, what in keeper.store.history(mended.id)]
            assert "its process ended with 1: ValueError: bad luck (try 2 of 3)" in words
            failed = await until(keeper, lost.id, JobState.FAILED)
            assert failed.reason == "its process was ended by SIGKILL (try 3 of 3)"

    asyncio.run(main())


def test_no_more_at_once_than_it_may_and_the_important_first(tmp_path: Path) -> None:
    async def main() -> None:
        async with keeping(tmp_path, jobs=2, work=False) as keeper:
            slow = [keeper.add({"target": "sleep:0.4"})[0] for _ in range(3)]
            urgent, _ = keeper.add({"target": "sleep:0.4"}, priority=5)
            task, most = asyncio.create_task(keeper.run()), 0
            async with asyncio.timeout(20):
                while any(keeper.store.get(e.id).state is not JobState.DONE for e in slow):
                    most = max(most, keeper.running)
                    await asyncio.sleep(0.01)
            assert most == 2
            begun = sorted([*slow, urgent], key=lambda e: keeper.store.get(e.id).started or 0)
            assert urgent.id in {e.id for e in begun[:2]}
            task.cancel()

    asyncio.run(main())


def test_a_cancelled_job_ends_whether_it_waits_or_runs_or_does_not_listen(tmp_path: Path) -> None:
    async def main() -> None:
        async with keeping(tmp_path) as keeper:
            runs, waits = keeper.add({"target": "stuck"})[0], keeper.add({"target": "fine"})[0]
            await until(keeper, runs.id, JobState.RUNNING)
            assert keeper.cancel(waits.id).state is JobState.CANCELLED
            keeper.cancel(runs.id)
            ended = await until(keeper, runs.id, JobState.CANCELLED, patience=5)
            assert ended.reason == "cancelled by request" and not (keeper.folder / runs.id).exists()
            with pytest.raises(ValueError, match="cancelled"):
                keeper.cancel(runs.id)
            keeper.retry(waits.id)
            await until(keeper, waits.id, JobState.DONE)
            with pytest.raises(ValueError, match="done"):
                keeper.retry(waits.id)
            with pytest.raises(ValueError, match="done"):
                keeper.prioritise(waits.id, 1)

    asyncio.run(main())


def test_draining_waits_then_pauses_and_the_next_daemon_goes_on(tmp_path: Path) -> None:
    async def main() -> None:
        async with keeping(tmp_path, jobs=3) as keeper:
            short, long = keeper.add({"target": "sleep:0.3"})[0], keeper.add({"target": "sleep:30"})[0]
            for entry in (short, long):
                await until(keeper, entry.id, JobState.RUNNING)
            await asyncio.sleep(0.5)
            late = asyncio.create_task(keeper.drain(1.0))
            await asyncio.sleep(0.1)
            waits, _ = keeper.add({"target": "fine"})
            await late
            assert keeper.store.get(short.id).state is JobState.DONE
            paused = keeper.store.get(long.id)
            assert (paused.state, paused.attempts) == (JobState.QUEUED, 0) and "paused" in paused.reason
            assert keeper.store.get(waits.id).state is JobState.QUEUED
        async with keeping(tmp_path) as keeper:
            await until(keeper, long.id, JobState.RUNNING)
            keeper.cancel(long.id)
            await until(keeper, waits.id, JobState.DONE)

    asyncio.run(main())


def test_what_does_not_listen_is_killed_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keepers, "STOP_WITHIN", 0.3)

    async def main() -> None:
        async with keeping(tmp_path) as keeper:
            entry, _ = keeper.add({"target": "stuck"})
            await until(keeper, entry.id, JobState.RUNNING)
            await asyncio.sleep(0.3)
            async with asyncio.timeout(5):
                await keeper.drain(0)
            assert keeper.store.get(entry.id).state is JobState.QUEUED

    asyncio.run(main())


def test_old_jobs_and_stray_folders_are_tidied_away(tmp_path: Path) -> None:
    async def main() -> None:
        async with keeping(tmp_path, work=False) as keeper:
            entry, _ = keeper.add({"target": "fine"})
            keeper.cancel(entry.id)
            kept, _ = keeper.add({"target": "fine"})
            for name in (entry.id, kept.id, "stray"):
                (keeper.folder / name).mkdir(parents=True, exist_ok=True)
            keeper.tidy(-1)
            assert [p.name for p in keeper.folder.iterdir()] == [kept.id]

    asyncio.run(main())


def test_a_process_that_babbles_fails_like_any_other(tmp_path: Path) -> None:
    async def main() -> None:
        async with keeping(tmp_path, attempts=1) as keeper:
            entry, _ = keeper.add({"target": "babble"})
            failed = await until(keeper, entry.id, JobState.FAILED)
            assert "could not be followed" in failed.reason
            other, _ = keeper.add({"target": "fine"})
            await until(keeper, other.id, JobState.DONE)

    asyncio.run(main())


def test_a_queue_that_cannot_be_written_ends_the_daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is started again by whoever watches over it, and goes on; it does not pretend to work."""

    async def main() -> None:
        async with keeping(tmp_path, work=False) as keeper:
            keeper.add({"target": "fine"})

            def refuse(*_: object) -> None:
                raise sqlite3.OperationalError("database or disk is full")

            monkeypatch.setattr(keeper.store, "end", refuse)
            with pytest.raises(sqlite3.OperationalError, match="full"):
                async with asyncio.timeout(20):
                    await keeper.run()
            assert keeper.store.counts()[JobState.RUNNING] == 1, "as a crash leaves it"

    asyncio.run(main())
