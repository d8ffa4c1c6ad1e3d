"""`understudy verify` on marked, stripped, re-encoded, foreign-signed, tampered and unmarked files."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

import av
import c2pa  # type: ignore[import-untyped]
import cv2
import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from engines.errors import InputError
from engines.watermark.detect import MarkDetection
from engines.watermark.payload import Payload
from stream.marks.keys import Identity, local_identity
from stream.marks.manifest import Manifest
from stream.marks.read import ManifestState, Provenance, read_provenance
from stream.marks.sign import sign_file
from stream.marks.verdict import Outcome, judge
from tests.stream.marks.clips import PAYLOAD, clip, pictures
from tests.tools.commands import remux
from tools.trust import verify

MANIFEST = Manifest("o.mp4", "0.1.0", mark=PAYLOAD)
app = typer.Typer()
verify.register(app)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """marked.mp4, and what people do to it."""
    folder = tmp_path_factory.mktemp("files")
    own, stranger = local_identity(folder / "signing"), local_identity(folder / "stranger")
    plain = clip(folder / "plain.mp4", pictures(mark=False))
    marked = clip(folder / "marked.mp4", pictures())
    (folder / "other_root.mp4").write_bytes(marked.read_bytes())
    sign_file(marked, MANIFEST, plain, own)
    sign_file(folder / "other_root.mp4", MANIFEST, plain, stranger)
    data = bytearray(marked.read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "tampered.mp4").write_bytes(data)
    remux(marked, folder / "stripped.mp4")
    with av.open(str(marked)) as container:
        again = [np.asarray(frame.to_ndarray()[: frame.height], np.uint8) for frame in container.decode(video=0)]
    clip(folder / "reencoded.mkv", again, crf=28)
    (folder / "foreign.mp4").write_bytes(plain.read_bytes())
    sign_foreign(folder / "foreign.mp4", stranger)
    still = pictures(count=1)[0]
    cv2.imwrite(str(folder / "still.png"), still)
    return folder


@pytest.fixture(autouse=True)
def own_root(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNDERSTUDY_SIGNING", str(files / "signing"))


def sign_foreign(path: Path, identity: Identity) -> None:
    """As a camera would: created, captured, no word of AI."""
    captured = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"
    made = {
        "label": "c2pa.actions.v2",
        "data": {"actions": [{"action": "c2pa.created", "digitalSourceType": captured}]},
    }
    told = {"claim_generator_info": [{"name": "Camera", "version": "7"}], "assertions": [made]}
    info = c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ES256, identity.chain, identity.key, None)
    signed = path.with_suffix(".signed.mp4")
    with c2pa.Builder(told) as builder, path.open("rb") as source, signed.open("w+b") as target:
        builder.sign(c2pa.Signer.from_info(info), "video/mp4", source, target)
    signed.replace(path)


def ask(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def ask_json(*arguments: object) -> tuple[int, dict[str, Any]]:
    code, output = ask(*arguments, "--json")
    told = json.loads(output)
    assert isinstance(told, dict)
    return code, told


@pytest.mark.parametrize(
    ("name", "code", "state", "found"),
    [
        ("marked.mp4", 0, "trusted", True),
        ("other_root.mp4", 0, "valid", True),
        ("tampered.mp4", 1, "tampered", True),
        ("stripped.mp4", 1, "missing", True),
        ("reencoded.mkv", 1, "missing", True),
        ("foreign.mp4", 2, "valid", False),
        ("plain.mp4", 2, "missing", False),
        ("still.png", 1, "missing", True),
    ],
)
def test_every_kind_of_file(files: Path, name: str, code: int, state: str, found: bool) -> None:
    got, told = ask_json(files / name)
    assert (got, told["c2pa"]["state"], told["watermark"]["found"]) == (code, state, found)
    assert told["verdict"]["code"] == code
    if found:
        assert told["watermark"]["payload"]["text"] == PAYLOAD.text
        assert told["watermark"]["confidence"] > 0.999
    else:
        assert told["watermark"] == {"found": False, "confidence": 0.0, "payload": None}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("marked.mp4", "Made by Understudy and unchanged since."),
        ("other_root.mp4", "signed by somebody this computer does not know"),
        ("tampered.mp4", "has been altered since it was signed"),
        ("stripped.mp4", "The signed record is missing"),
        ("foreign.mp4", "Signed by another program that says nothing of AI"),
        ("plain.mp4", "That does not prove that the picture is real"),
    ],
)
def test_words_for_people(files: Path, name: str, words: str) -> None:
    _, output = ask(files / name, "--quick")
    assert words in output.splitlines()[0]
    assert "Invisible mark: " in output and "Signed record (C2PA): " in output


def test_a_stranger_is_trusted_when_told_so(files: Path) -> None:
    code, told = ask_json(files / "other_root.mp4", "--trust", files / "stranger" / "root.pem")
    assert (code, told["c2pa"]["state"]) == (0, "trusted")


def test_the_input_is_named(files: Path) -> None:
    _, told = ask_json(files / "marked.mp4")
    assert told["c2pa"]["ingredients"] == [{"title": "plain.mp4", "has_manifest": False}]
    assert told["c2pa"]["made_by_understudy"] and told["c2pa"]["declares_ai"]


def test_a_mark_named_by_an_earlier_record_is_known(files: Path, tmp_path: Path) -> None:
    """marked.mp4 taken as an input once more, its pictures as they were."""
    again = tmp_path / "again.mp4"
    remux(files / "marked.mp4", again)
    sign_file(again, Manifest("again.mp4", "0.1.0", mark=Payload(1, 2)), files / "marked.mp4", local_identity())
    told = read_provenance(again, verify.anchors([]))
    assert (told.state, told.watermark, told.earlier) == (ManifestState.TRUSTED, Payload(1, 2).text, (PAYLOAD.text,))
    assert ask_json(again)[0] == 0


@pytest.fixture
def site(files: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(files))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_addresses(site: str) -> None:
    assert ask_json(f"{site}/marked.mp4?size=large")[0] == 0
    with pytest.raises(InputError, match="check the address"):
        ask(f"{site}/none.mp4")


def test_mistakes(files: Path) -> None:
    with pytest.raises(InputError, match="check the path"):
        ask(files / "none.mp4")
    with pytest.raises(InputError, match="cannot be read as video"):
        ask(files / "signing" / "root.pem")
    with pytest.raises(InputError, match="PEM certificate"):
        ask(files / "plain.mp4", "--trust", files / "none.pem")
    with pytest.raises(InputError, match="holds no certificate; give one as PEM"):
        ask(files / "plain.mp4", "--trust", files / "still.png")
    for folder in (files, ""):
        with pytest.raises(InputError, match="is a folder; name a video"):
            ask(folder)


def test_a_mark_of_another_job_does_not_belong_to_the_signature() -> None:
    told = Provenance(ManifestState.TRUSTED, signer="x", ours=True, declares_ai=True, watermark=PAYLOAD.text)
    other = MarkDetection(True, 1.0, Payload(1, 2), 50.0)
    assert judge(told, other).outcome is Outcome.ALTERED
    assert judge(replace(told, earlier=(Payload(1, 2).text,)), other).outcome is Outcome.INTACT, "marked twice"
    assert judge(told, MarkDetection(True, 1.0, PAYLOAD, 50.0)).outcome is Outcome.INTACT
    assert judge(told, MarkDetection(False, 0.0, None, 1.0)).outcome is Outcome.INTACT, "the signature alone proves it"


def test_traces_count_as_a_damaged_mark() -> None:
    verdict = judge(Provenance(ManifestState.MISSING), MarkDetection(True, 0.99, None, 11.0))
    assert verdict.outcome is Outcome.ALTERED
    assert any("too damaged" in line for line in verdict.details)


def test_ai_by_another_program() -> None:
    told = Provenance(ManifestState.VALID, signer="x", generator="Other 2", declares_ai=True)
    verdict = judge(told, MarkDetection(False, 0.0, None, 1.0))
    assert verdict.outcome is Outcome.INTACT and "with AI, by another program" in verdict.headline


def test_titles_in_no_known_letters_do_not_hide_a_mark(files: Path, tmp_path: Path) -> None:
    data = (files / "reencoded.mkv").read_bytes()
    at = data.index(b"Lavf")
    (tmp_path / "odd.mkv").write_bytes(data[:at] + b"\xff\xfe" + data[at + 2 :])
    code, told = ask_json(tmp_path / "odd.mkv")
    assert (code, told["watermark"]["payload"]["text"]) == (1, PAYLOAD.text)
