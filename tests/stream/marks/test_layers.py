"""Which layers are on, who signs, and the log of what was left off."""

import json
import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stream.marks.layers import Marking, MarkingError, MarkLayer, Signer, journal_path, log_unmarked, marking

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def test_words_of_a_command_line() -> None:
    assert marking([], "") == Marking()
    assert marking([MarkLayer.MANIFEST], "x") == Marking(manifest=False, because="x")
    assert marking([MarkLayer.WATERMARK, MarkLayer.MANIFEST], "x") == Marking(False, False, "x")
    assert Marking().off == ()
    assert Marking(False, False, "x").off == ("signed manifest", "invisible watermark")


@pytest.mark.parametrize("layer", list(MarkLayer))
@pytest.mark.parametrize("because", ["", " \n"])
def test_silence_is_refused(layer: MarkLayer, because: str) -> None:
    with pytest.raises(MarkingError, match="say why with --because"):
        marking([layer], because)


@pytest.mark.parametrize("half", [{"key": Path("k.pem")}, {"remote": "https://signer.example.org"}])
def test_a_key_or_service_signs_in_a_certificates_name(half: dict[str, object]) -> None:
    with pytest.raises(MarkingError, match="add --certificate"):
        Signer(**half)  # type: ignore[arg-type]
    assert Signer(Path("c.pem"), **half).chain == Path("c.pem")  # type: ignore[arg-type]


def test_the_log_grows_by_a_line_an_output(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    journal = tmp_path / "state" / "unmarked.jsonl"
    with caplog.at_level(logging.WARNING, "understudy.marking"):
        log_unmarked("a.mp4", Marking(manifest=False, because="Übung"), NOW, journal)
        log_unmarked("b.mp4", Marking(False, False, "two"), NOW, journal)
    lines = [json.loads(line) for line in journal.read_text("utf-8").splitlines()]
    assert [(line["output"], line["off"], line["because"]) for line in lines] == [
        ("a.mp4", ["signed manifest"], "Übung"),
        ("b.mp4", ["signed manifest", "invisible watermark"], "two"),
    ]
    assert "a.mp4 is made without signed manifest: Übung" in caplog.text


def test_where_the_log_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("UNDERSTUDY_JOURNAL", str(tmp_path / "j"))
    assert journal_path() == tmp_path / "j"
    monkeypatch.delenv("UNDERSTUDY_JOURNAL")
    assert journal_path().name == "unmarked.jsonl" and "understudy" in str(journal_path())
