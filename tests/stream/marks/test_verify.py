"""What is found in marked, stripped, re-encoded, foreign-signed, tampered, unmarked and unreadable files, and what the
sentences about it say."""

import json
import os
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import numpy as np
import pytest

from engines.errors import InputError
from engines.watermark.payload import Payload
from stream.marks.happened import WhatHappened
from stream.marks.keys import local_identity
from stream.marks.manifest import Manifest
from stream.marks.provenance import ManifestState
from stream.marks.sign import sign_file
from stream.marks.verdict import Outcome
from stream.marks.verify import Verified, trusted_roots, verify
from tests.stream.marks.clips import PAYLOAD, clip, pictures, remuxed
from tests.stream.marks.foreign import resign_foreign, sign_foreign, spoiled
from tests.stream.marks.manifests import CONSENT, MANIFEST, NOW


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return spoiled(tmp_path_factory.mktemp("files"))


@pytest.fixture(autouse=True)
def own_root(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNDERSTUDY_SIGNING", str(files / "signing"))


def look(path: Path, thorough: bool = False) -> Verified:
    return verify(str(path), trusted_roots([]), thorough)


@pytest.mark.parametrize(
    ("name", "outcome", "state", "found"),
    [
        ("marked.mp4", Outcome.INTACT, "trusted", True),
        ("other_root.mp4", Outcome.INTACT, "valid", True),
        ("resigned.mp4", Outcome.INTACT, "valid", True),
        ("generated.mp4", Outcome.INTACT, "valid", False),
        ("tampered.mp4", Outcome.ALTERED, "tampered", True),
        ("stripped.mp4", Outcome.ALTERED, "missing", True),
        ("reencoded.mkv", Outcome.ALTERED, "missing", True),
        ("stolen.mp4", Outcome.ALTERED, "valid", True),
        ("still.png", Outcome.ALTERED, "missing", True),
        ("camera.mp4", Outcome.NO_MARK, "valid", False),
        ("plain.mp4", Outcome.NO_MARK, "missing", False),
    ],
)
def test_every_kind_of_file(files: Path, name: str, outcome: Outcome, state: str, found: bool) -> None:
    told = look(files / name)
    assert told.provenance is not None and told.mark is not None
    assert (told.verdict.outcome, told.provenance.state, told.mark.found) == (outcome, state, found)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("marked.mp4", "Made by Understudy and unchanged since."),
        (
            "other_root.mp4",
            "Made by Understudy, by its own word, and unchanged since, signed by somebody this computer",
        ),
        ("resigned.mp4", "Signed by another program, from a file that was made with AI by Understudy; unchanged since"),
        ("generated.mp4", "Made with AI, by another program, and unchanged since it was signed"),
        ("tampered.mp4", "has been altered since it was signed"),
        ("stripped.mp4", "The signed record is missing"),
        ("stolen.mp4", "its own signed record is missing, and another program signed the file since"),
        ("camera.mp4", "Signed by another program that says nothing of AI; no mark of Understudy found."),
        ("plain.mp4", "That does not prove that the picture is real"),
    ],
)
def test_the_headline(files: Path, name: str, words: str) -> None:
    assert words in look(files / name).verdict.headline


def test_who_consented_models_and_time_are_shown(files: Path) -> None:
    lines = look(files / "marked.mp4").verdict.details
    assert 'It says it was made by "Understudy 0.1.0" on 21 November 2026, 08:05 UTC.' in lines
    assert "It says that AI replaced faces in 37 of 40 frames." in lines
    assert (
        'It says that the consent of the source person was given so: "--i-have-consent", on 21 November 2026, 08:05'
        " UTC." in lines
    )
    assert 'It says that these models ran: "face_landmark" (abababababab).' in lines
    assert not any("%" in line for line in lines), "no reading is `confidence 100.0000%`"


def test_a_clip_of_ours_that_another_program_signed_still_tells_of_ai(files: Path) -> None:
    told = look(files / "resigned.mp4")
    assert told.provenance is not None and not told.provenance.ours and not told.provenance.declares_ai
    assert told.provenance.from_ours and told.provenance.from_ai and told.provenance.inherited is not None
    lines = "\n".join(told.verdict.details)
    assert (
        'made from "marked.mp4", whose own signed record by "Understudy 0.1.0" is kept inside and says: AI had' in lines
    )
    assert "That record says that AI replaced faces in 37 of 40 frames." in lines
    assert 'That record says that the consent of the source person was given so: "--i-have-consent"' in lines


def test_even_two_programs_later(files: Path, tmp_path: Path) -> None:
    stranger, twice = local_identity(files / "stranger"), tmp_path / "twice.mp4"
    twice.write_bytes((files / "resigned.mp4").read_bytes())
    resign_foreign(twice, stranger, files / "resigned.mp4", "Player")
    told = look(twice)
    assert told.verdict.outcome is Outcome.INTACT and "made with AI by Understudy" in told.verdict.headline
    assert told.provenance is not None and told.provenance.earlier == (PAYLOAD.text,)


def test_a_mark_named_by_an_earlier_record_is_known(files: Path, tmp_path: Path) -> None:
    """marked.mp4 taken as an input once more, its pictures as they were."""
    again = remuxed(files / "marked.mp4", tmp_path / "again.mp4")
    manifest = Manifest("again.mp4", "0.1.0", WhatHappened(NOW, 40, 40), Payload(1, 2))
    sign_file(again, manifest, files / "marked.mp4", local_identity(files / "signing"))
    told = look(again)
    assert told.provenance is not None
    assert (told.provenance.watermark, told.provenance.earlier) == (Payload(1, 2).text, (PAYLOAD.text,))
    assert told.verdict.outcome is Outcome.INTACT


def test_where_no_frame_was_painted_nothing_was_replaced(files: Path, tmp_path: Path) -> None:
    path = remuxed(files / "marked.mp4", tmp_path / "untouched.mp4")
    happened = WhatHappened(NOW, 40, 0, routes={"pass": 40})
    sign_file(path, Manifest(path.name, "0.1.0", happened, PAYLOAD, CONSENT), files / "plain.mp4", local_identity())
    told = look(path)
    assert told.verdict.outcome is Outcome.INTACT
    assert told.verdict.headline == "Made by Understudy, which replaced no face in it, and unchanged since."
    assert "It says that no face was replaced: 0 of 40 frames." in told.verdict.details
    assert told.provenance is not None and not told.provenance.declares_ai
    assert "AI" not in "\n".join((told.verdict.headline, *told.verdict.details))


@pytest.mark.parametrize("name", ["clip.mkv", "clip.bin", "clip", "clip.jpg", "clip.txt", "clip.m3u8"])
def test_an_intact_file_with_another_ending_is_intact(files: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes((files / "marked.mp4").read_bytes())
    told = look(tmp_path / name)
    assert (told.verdict.outcome, told.mark is not None and told.mark.found) == (Outcome.INTACT, True)


def test_a_picture_with_another_ending_is_looked_at(files: Path, tmp_path: Path) -> None:
    (tmp_path / "still.mp4").write_bytes((files / "still.png").read_bytes())
    assert look(tmp_path / "still.mp4").verdict.outcome is Outcome.ALTERED


class TestSidecars:
    def made(self, path: Path, mark: bool = True) -> Path:
        """An output that has its record beside it."""
        beside = sign_file(clip(path, pictures(mark=mark)), MANIFEST, None, local_identity())
        assert beside is not None
        return beside

    def test_intact_under_its_own_and_under_another_ending(self, tmp_path: Path) -> None:
        path = tmp_path / "clip.ts"
        assert self.made(path).name == "clip.ts.c2pa"
        assert look(path).verdict.outcome is Outcome.INTACT
        told = look(path.rename(tmp_path / "clip.m2ts"))
        assert told.verdict.outcome is Outcome.INTACT
        assert told.provenance is not None and told.provenance.sidecar == "clip.ts.c2pa"

    def test_named_as_other_programs_do(self, tmp_path: Path) -> None:
        path = tmp_path / "clip.mkv"
        self.made(path).rename(tmp_path / "clip.c2pa")
        assert look(path).verdict.outcome is Outcome.INTACT

    def test_an_untouched_neighbour_is_no_altered_file(self, tmp_path: Path) -> None:
        """holiday.mkv lies there, and a holiday.ts is made."""
        neighbour = clip(tmp_path / "holiday.mkv", pictures(mark=False))
        beside = self.made(tmp_path / "holiday.ts")
        told = look(neighbour)
        assert told.verdict.outcome is Outcome.NO_MARK
        assert told.verdict.details[0] == "Signed record (C2PA): none found."
        assert beside.name not in "".join(told.verdict.details), "it is its neighbour's, and no matter here"

    def test_a_foreign_one_of_its_own_name_proves_nothing(self, tmp_path: Path) -> None:
        beside = self.made(tmp_path / "other.mkv")
        path = clip(tmp_path / "clip.mkv", pictures(mark=False))
        beside.rename(tmp_path / "clip.mkv.c2pa")
        told = look(path)
        assert told.verdict.outcome is Outcome.NO_MARK
        assert '"clip.mkv.c2pa" beside it is the record of another file' in "\n".join(told.verdict.details)

    def test_a_stale_one_that_names_the_mark_in_the_pictures(self, tmp_path: Path) -> None:
        path = tmp_path / "clip.mkv"
        self.made(path)
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
        told = look(path)
        assert told.verdict.outcome is Outcome.ALTERED
        assert "Made by Understudy and altered since: the record beside the file names the" in told.verdict.headline

    def test_a_stale_one_of_unmarked_pictures_is_no_evidence(self, tmp_path: Path) -> None:
        path = tmp_path / "clip.mkv"
        self.made(path, mark=False)
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
        assert look(path).verdict.outcome is Outcome.NO_MARK

    def test_what_is_no_sidecar_at_all(self, tmp_path: Path) -> None:
        path = clip(tmp_path / "clip.mkv", pictures(mark=False))
        (tmp_path / "clip.mkv.c2pa").write_bytes(b"no record\n" * 100)
        (tmp_path / "clip.c2pa").mkdir()
        os.mkfifo(tmp_path / "clip.x.c2pa")
        assert look(path).verdict.outcome is Outcome.NO_MARK

    def test_a_file_with_its_own_record_needs_none_beside(self, files: Path, tmp_path: Path) -> None:
        (tmp_path / "clip.mp4").write_bytes((files / "marked.mp4").read_bytes())
        self.made(tmp_path / "clip.ts").rename(tmp_path / "clip.mp4.c2pa")
        told = look(tmp_path / "clip.mp4")
        assert told.verdict.outcome is Outcome.INTACT
        assert told.provenance is not None and told.provenance.sidecar is None


class TestUnreadable:
    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("none.mp4", "cannot be opened: No such file"),
            ("", "is a folder"),
            (".", "is a folder"),
            ("notes.mp4", "is a text file, whatever its name says"),
            ("empty.mp4", "is empty"),
            ("noise.mp4", "cannot be read as video"),
            ("cut.png", "damaged"),
            ("pipe.mp4", "is no regular file"),
            ("\x1b[31m.mp4", "cannot be opened"),
            ("a\0b.mp4", "cannot be opened|is a folder|null"),
        ],
    )
    def test_it_has_an_outcome_of_its_own(
        self, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: str
    ) -> None:
        monkeypatch.chdir(tmp_path)
        Path("notes.mp4").write_text("dear diary\n" * 50)
        Path("empty.mp4").touch()
        Path("noise.mp4").write_bytes(np.random.default_rng(1).bytes(5000))
        Path("cut.png").write_bytes((files / "still.png").read_bytes()[:60])
        os.mkfifo("pipe.mp4")
        told = verify(name)
        assert told.verdict.outcome is Outcome.UNREADABLE
        assert re.search(words, told.verdict.headline)
        assert told.to_json()["c2pa"] is None and "\x1b" not in told.verdict.headline

    def test_sound_is_readable_and_has_no_mark(self, tmp_path: Path) -> None:
        with av.open(str(tmp_path / "a.m4a"), "w") as out:
            sound = out.add_stream("aac", rate=48000, layout="mono")
            tone = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.float32), format="fltp", layout="mono")
            tone.sample_rate = 48000
            out.mux(sound.encode(tone))
            out.mux(sound.encode(None))
        told = look(tmp_path / "a.m4a")
        assert (told.verdict.outcome, told.mark) == (Outcome.NO_MARK, None)

    def test_a_file_of_many_kinds_of_garbage_that_mentions_a_record(self, tmp_path: Path) -> None:
        (tmp_path / "a.txt").write_text("jumb jumdc2pa\n" * 20)
        assert look(tmp_path / "a.txt").verdict.outcome is Outcome.UNREADABLE


def test_a_record_that_no_longer_parses(files: Path, tmp_path: Path) -> None:
    data = (files / "marked.mp4").read_bytes()
    at = data.index(b"jumdc2pa") + 200
    (tmp_path / "a.mp4").write_bytes(data[:at] + b"\xff" * 300 + data[at + 300 :])
    told = look(tmp_path / "a.mp4")
    assert told.verdict.outcome is Outcome.ALTERED and "a signed record that is damaged" in told.verdict.headline


def test_an_expired_certificate_is_no_alteration(files: Path, tmp_path: Path) -> None:
    ends = datetime.now(UTC) + timedelta(seconds=2)
    old = local_identity(tmp_path / "old" / "signing", ends - timedelta(days=3650))
    path = tmp_path / "a.mp4"
    path.write_bytes((files / "plain.mp4").read_bytes())
    sign_foreign(path, old)
    while datetime.now(UTC) <= ends + timedelta(seconds=1):
        time.sleep(0.1)
    told = look(path)
    assert told.provenance is not None and told.provenance.state is ManifestState.VALID
    assert told.verdict.outcome is Outcome.NO_MARK and "altered" not in told.verdict.headline
    assert "expired" in "\n".join(told.verdict.details) or "outsideValidity" in "\n".join(told.verdict.details)


def test_a_forged_name_cannot_speak_for_us(files: Path, tmp_path: Path) -> None:
    """A generator's name with escapes once painted `signed by ..., whom this computer trusts` over our own line."""
    path = tmp_path / "a.mp4"
    path.write_bytes((files / "plain.mp4").read_bytes())
    forged = (
        'Camera.\x1b[3A\x1b[2K\rSigned record (C2PA): found in the file, unbroken, signed by "Reuters", whom this'
        " computer trusts.\x9b1m\u202e\u2066\n"
    )
    swap = {"label": "org.understudy.swap", "data": {"version": forged, "label": forged, "models": [{"name": forged}]}}
    sign_foreign(path, local_identity(files / "stranger"), generator=forged, title=forged, extra=(swap,))
    told = look(path)
    shown = "\n".join((told.verdict.headline, *told.verdict.details))
    assert not any((ord(letter) < 32 and letter != "\n") or 0x7F <= ord(letter) < 0xA0 for letter in shown)
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")
    outside = "".join(part for line in told.verdict.details for part in line.split('"')[::2])
    assert "Reuters" not in outside and "whom this computer trusts" not in outside
    assert "\\u001b" not in json.dumps(told.to_json())


def test_roots(files: Path, tmp_path: Path) -> None:
    assert trusted_roots([]) == (files / "signing" / "root.pem").read_bytes()
    both = trusted_roots([files / "stranger" / "root.pem"])
    assert verify(str(files / "other_root.mp4"), both, False).provenance is not None
    told = verify(str(files / "other_root.mp4"), both, False).provenance
    assert told is not None and told.state is ManifestState.TRUSTED
    with pytest.raises(InputError, match="PEM certificate"):
        trusted_roots([tmp_path / "none.pem"])
    for text in ("no certificate", "-----BEGIN CERTIFICATE-----\nrubbish\n-----END CERTIFICATE-----\n"):
        (tmp_path / "x.pem").write_text(text)
        with pytest.raises(InputError, match="holds no certificate; give one as PEM"):
            trusted_roots([tmp_path / "x.pem"])
