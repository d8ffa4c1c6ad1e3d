"""A refiner's program: real small programs that answer, fail, hang, die and chatter."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engines.refiners.worker import TRIES, RefinerError, RefinerWorker, program
from tests.engines.refiners.programs import written

ADD = """
def answer(note, arrays):
    print("this goes to nobody")
    if note.get("do") == "fail":
        raise RuntimeError("no such prompt")
    if note.get("do") == "die":
        print("out of memory", file=sys.stderr)
        os._exit(3)
    if note.get("do") == "hang":
        time.sleep(60)
    if note.get("do") == "babble":
        os.write(3 + 1, b"not a message at all")
    return {"sum": arrays["a"] + note.get("add", 0), "pid": numpy.array(os.getpid())}
"""
ONE = np.ones(3, np.float32)


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[RefinerWorker]:
    made = RefinerWorker("adder", [sys.executable, str(written(tmp_path, ADD))], seconds=20, loading=60)
    yield made
    made.close()


def pid(worker: RefinerWorker) -> int:
    return int(worker.ask({}, {"a": ONE})["pid"])


def gone(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return True
    return False


def test_it_answers_again_and_again_from_one_process(worker: RefinerWorker) -> None:
    first = pid(worker)
    assert worker.ask({"add": 2}, {"a": ONE})["sum"].tolist() == [3, 3, 3]
    assert pid(worker) == first != os.getpid()


def test_large_arrays_pass_both_ways(worker: RefinerWorker) -> None:
    large = np.random.default_rng(0).random((3, 512, 512), dtype=np.float32)
    np.testing.assert_array_equal(worker.ask({"add": 1}, {"a": large})["sum"], large + 1)


def test_a_failure_is_told_and_the_program_goes_on(worker: RefinerWorker) -> None:
    first = pid(worker)
    with pytest.raises(RefinerError, match=r"the refiner adder says: RuntimeError: no such prompt"):
        worker.ask({"do": "fail"}, {"a": ONE})
    assert pid(worker) == first
    assert worker.deaths == 0


def test_one_that_dies_is_told_with_its_last_words_and_started_anew(worker: RefinerWorker) -> None:
    first = pid(worker)
    with pytest.raises(RefinerError, match=r"adder ended; its last words: .*out of memory"):
        worker.ask({"do": "die"}, {"a": ONE})
    second = pid(worker)
    assert second != first
    assert gone(first)
    assert worker.deaths == 0, "an answer clears its name"


def test_one_that_dies_again_and_again_is_left_alone(worker: RefinerWorker) -> None:
    for _ in range(TRIES):
        with pytest.raises(RefinerError, match="last words"):
            worker.ask({"do": "die"}, {"a": ONE})
    began = time.monotonic()
    with pytest.raises(RefinerError, match="ended 3 times in a row and is left alone"):
        worker.ask({}, {"a": ONE})
    assert time.monotonic() - began < 0.05, "nothing is started any more"


def test_one_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    slow = RefinerWorker("sleeper", [sys.executable, str(written(tmp_path, ADD))], seconds=1.0, loading=60)
    first = pid(slow)
    began = time.monotonic()
    with pytest.raises(RefinerError, match="sleeper took more than 1 s"):
        slow.ask({"do": "hang"}, {"a": ONE})
    assert time.monotonic() - began < 10
    assert gone(first)
    assert pid(slow) != first
    slow.close()


def test_one_that_never_reads_does_not_hold_the_sender(tmp_path: Path) -> None:
    """A pipe holds little: writing waits for a reader, and the clock ends that wait as well."""
    deaf = written(tmp_path, "def answer(note, arrays):\n    return {}\n", deaf=True)
    worker = RefinerWorker("deaf", [sys.executable, str(deaf)], seconds=1.0, loading=60)
    with pytest.raises(RefinerError, match="deaf took more than 1 s"):
        worker.ask({}, {"a": np.zeros(1 << 22, np.uint8)})
    worker.close()


def test_one_that_says_what_is_no_message_is_ended(worker: RefinerWorker) -> None:
    first = pid(worker)
    with pytest.raises(RefinerError, match=r"did not answer \(what came is no message\)"):
        worker.ask({"do": "babble"}, {"a": ONE})
    assert gone(first)


def test_one_that_cannot_be_loaded_says_why(tmp_path: Path) -> None:
    broken = RefinerWorker("broken", [sys.executable, str(written(tmp_path, "import no_such_package"))], 5, 60)
    with pytest.raises(RefinerError, match=r"broken ended; its last words: .*No module named 'no_such_package'"):
        broken.ask({}, {})
    broken.close()


def test_one_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(RefinerError, match=r"absent cannot be started \(.*python: No such file"):
        RefinerWorker("absent", [str(tmp_path / "python"), "x.py"], 5).ask({}, {})


def test_closing_ends_the_program_and_may_be_repeated(worker: RefinerWorker) -> None:
    first = pid(worker)
    worker.close()
    worker.close()
    assert gone(first)
    assert pid(worker) != first


def test_a_program_of_ours_is_run_by_the_interpreter_that_is_named() -> None:
    python, path, word = program("/opt/env/bin/python", "dkt_program.py", "--large")
    assert (python, word) == ("/opt/env/bin/python", "--large")
    assert Path(path).is_file()


def test_its_libraries_are_told_not_to_ask_the_network(tmp_path: Path) -> None:
    look = """
def answer(note, arrays):
    told = [os.environ.get("HF_HUB_OFFLINE") == "1", "PATH" in os.environ]
    return {"told": numpy.array(told, numpy.uint8)}
"""
    worker = RefinerWorker("looker", [sys.executable, str(written(tmp_path, look))], seconds=20, loading=60)
    try:
        assert worker.ask({}, {"a": ONE})["told"].tolist() == [1, 1]
    finally:
        worker.close()
