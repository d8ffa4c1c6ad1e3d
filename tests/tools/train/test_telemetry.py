import io
import json
from pathlib import Path

from tools.train.telemetry import Telemetry, read


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_steps_are_written_as_lines_of_json_with_the_time_left(tmp_path: Path) -> None:
    clock, screen = Clock(), io.StringIO()
    say = Telemetry(tmp_path / "runs" / "t.jsonl", clock, screen)
    clock.now = 110.0
    say.step(2, 50, 200, 0.5, 1e-3, {"opaque": 0.25})
    (line,) = read(tmp_path / "runs" / "t.jsonl")
    facts = {"epoch": 2, "step": 50, "loss": 0.5, "rate": 1e-3, "opaque": 0.25}
    assert line == {"event": "step", "seconds": 10.0, "left": 30.0, **facts}
    assert screen.getvalue() == "\repoch 2  step 50/200  loss 0.5000  0:00:30 left   "


def test_a_resumed_run_reckons_by_its_own_pace(tmp_path: Path) -> None:
    clock = Clock()
    say = Telemetry(tmp_path / "t.jsonl", clock)
    clock.now = 110.0
    assert say.left(50, 100, first=40) == 50.0
    assert say.left(40, 100, first=40) == 0.0


def test_a_second_run_adds_to_the_file_and_a_torn_line_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    Telemetry(path, Clock()).say("score", accuracy=0.5)
    with path.open("a") as file:
        file.write('{"event": "st')
    path.write_text(path.read_text() + "\n")
    Telemetry(path, Clock()).say("score", accuracy=0.75)
    assert [line["accuracy"] for line in read(path)] == [0.5, 0.75]
    assert json.loads(path.read_text().splitlines()[0])["event"] == "score"
