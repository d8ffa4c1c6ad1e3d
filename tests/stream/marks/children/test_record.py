"""The reading process: one request as JSON, one answer as JSON."""

import json
import subprocess
import sys
from pathlib import Path

from stream.marks.keys import local_identity
from stream.marks.sidecar import sidecar
from stream.marks.sign import sign_file
from tests.stream.marks.clips import clip, pictures
from tests.stream.marks.manifests import MANIFEST

ROOT = Path(__file__).parents[4]
START = "from stream.marks.children.record import main; main()"


def ask(
    path: Path, kind: str, beside: Path | None = None, anchors: bytes = b"", memory: int = 1 << 30
) -> dict[str, str]:
    asked = {
        "path": str(path),
        "kind": kind,
        "sidecar": str(beside) if beside else None,
        "anchors": anchors.decode(),
        "memory": 1 << 30,
        "seconds": 20,
    }
    done = subprocess.run(
        [sys.executable, "-c", START], cwd=ROOT, input=json.dumps(asked), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert isinstance(told, dict)
    return told


def test_a_record_inside_beside_and_none(tmp_path: Path) -> None:
    identity = local_identity(tmp_path / "signing")
    inside, outside = clip(tmp_path / "a.mp4", pictures(count=2)), clip(tmp_path / "a.ts", pictures(count=2))
    assert ask(inside, "video/mp4") == {}
    for path in (inside, outside):
        sign_file(path, MANIFEST, None, identity)
    told = ask(inside, "video/mp4", anchors=identity.root)
    assert told["state"] == "Trusted" and "org.understudy.swap" in told["report"]
    assert ask(inside, "video/mp4")["state"] == "Valid"
    beside = ask(outside, "application/octet-stream", sidecar(outside), identity.root)
    assert beside["state"] == "Trusted"


def test_what_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + b"\1" * 100)
    (tmp_path / "a.c2pa").write_bytes(b"no record")
    assert "error" in ask(tmp_path / "a.mp4", "application/octet-stream", tmp_path / "a.c2pa")
    assert set(ask(tmp_path / "a.mp4", "video/mp4")) <= {"error"}
