"""Records are read in a process of their own, whose memory and time are bounded."""

import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from stream.marks.keys import local_identity
from stream.marks.provenance import ManifestState
from stream.marks.read import ReadLimits, fitting_sidecar, is_readable_record, read_provenance, says_mark
from stream.marks.sidecar import sidecar
from stream.marks.sign import sign_file
from stream.marks.verdict import Outcome
from stream.marks.verify import verify
from stream.untrusted.media_type import media_type
from tests.stream.marks.clips import PAYLOAD, clip, pictures
from tests.stream.marks.foreign import sign_foreign
from tests.stream.marks.manifests import MANIFEST

ROOT = Path(__file__).parents[3]
linux = pytest.mark.skipif(sys.platform != "linux", reason="the limit of memory is Linux's")


def greedy(path: Path, folder: Path, length: str = "5affffffff") -> Path:
    """A signed clip in whose record a text was put that says to be four gigabytes long. Found by damaging records."""
    text = "x" * 300
    sign_foreign(
        clip(path, pictures(count=2)),
        local_identity(folder / "stranger"),
        extra=({"label": "org.understudy.swap", "data": {"label": text}},),
    )
    data, head = path.read_bytes(), bytes.fromhex(length)
    at = data.index(text.encode()) - 3
    path.write_bytes(data[:at] + head + data[at + len(head) :])
    return path


@linux
@pytest.mark.parametrize("length", ["5affffffff", "7affffffff"], ids=["bytes", "text"])
def test_a_record_that_asks_for_gigabytes_gets_none(tmp_path: Path, length: str) -> None:
    """Peaks of child processes are counted too: 4 GB before, and ten seconds."""
    path = greedy(tmp_path / "a.mp4", tmp_path, length)
    code = f"""
import json, resource, sys, time
from pathlib import Path
from stream.marks.read import read_provenance
start = time.monotonic()
told = read_provenance(Path({str(path)!r}))
# The kernel carries ru_maxrss of the process that forked into this one, and a worker of the tests may be large.
own = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
peak = max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
print(json.dumps([told.state.value, told.problems, peak >> 10, time.monotonic() - start]))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    state, problems, peak, seconds = json.loads(done.stdout)
    assert state == "tampered" and problems
    assert peak < 1000 and seconds < 20, f"{peak} MB, {seconds} s"
    assert verify(str(path), thorough=False).verdict.outcome is Outcome.ALTERED


@linux
def test_an_input_with_such_a_record_does_not_end_the_job(tmp_path: Path) -> None:
    """It is named as an input, and its record is not kept."""
    source, output = greedy(tmp_path / "in.mp4", tmp_path), clip(tmp_path / "out.mp4", pictures(count=2))
    assert not is_readable_record(source, "video/mp4")
    identity = local_identity(tmp_path / "signing")
    sign_file(output, MANIFEST, source, identity)
    told = read_provenance(output, identity.root)
    assert told.state is ManifestState.TRUSTED
    assert [(one.title, one.has_manifest) for one in told.ingredients] == [("in.mp4", False)]


@linux
def test_such_a_sidecar_is_none(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mkv", pictures(count=2))
    identity = local_identity(tmp_path / "signing")
    sign_file(path, MANIFEST, None, identity)
    data = sidecar(path).read_bytes()
    at = data.index(b"face_landmark") - 1
    sidecar(path).write_bytes(data[:at] + bytes.fromhex("7affffffff") + data[at + 5 :])
    assert fitting_sidecar(path) is None
    assert not says_mark(sidecar(path), PAYLOAD.text)
    assert read_provenance(path, identity.root).state is ManifestState.MISSING


def test_an_altered_input_keeps_its_record(tmp_path: Path) -> None:
    """It no longer fits, which is told, and is well formed."""
    source, output = clip(tmp_path / "in.mp4", pictures(count=2)), clip(tmp_path / "out.mp4", pictures(count=2))
    identity = local_identity(tmp_path / "signing")
    sign_file(source, MANIFEST, None, identity)
    data = bytearray(source.read_bytes())
    data[data.index(b"mdat") + 900] ^= 1
    source.write_bytes(data)
    assert read_provenance(source, identity.root).state is ManifestState.TAMPERED
    assert is_readable_record(source, "video/mp4")
    sign_file(output, MANIFEST, source, identity)
    (only,) = read_provenance(output, identity.root).ingredients
    assert (only.has_manifest, only.intact, only.ours, only.declares_ai) == (True, False, True, True)


@linux
def test_a_reader_that_dies_has_read_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = clip(tmp_path / "a.mp4", pictures(count=2))
    identity = local_identity(tmp_path / "signing")
    assert read_provenance(path).state is ManifestState.MISSING
    sign_file(path, MANIFEST, None, identity)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    told = read_provenance(path, identity.root)
    assert told.state is ManifestState.TAMPERED and "too much memory or time" in told.problems[0]
    assert not is_readable_record(path, "video/mp4")


def test_readable_records_are_known_without_reading_where_there_is_none(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mp4", pictures(count=2))
    assert is_readable_record(path, "video/mp4", ReadLimits(memory=0)), "no record, no reader"
    sign_file(path, MANIFEST, None, local_identity(tmp_path / "signing"))
    assert is_readable_record(path, "video/mp4")


@linux
@pytest.mark.parametrize("ending", [".mp4", ".mkv"])
def test_a_file_is_read_through_an_opening_of_this_process(tmp_path: Path, ending: str) -> None:
    """As the daemon reads its inputs: the process that reads the record has other openings."""
    path = clip(tmp_path / f"a{ending}", pictures(count=2))
    sign_file(path, MANIFEST, None, local_identity())
    inside = tmp_path / "inside"
    inside.mkdir()
    with path.open("rb") as file, ExitStack() as stack:
        (inside / path.name).symlink_to(f"/proc/self/fd/{file.fileno()}")
        if (beside := sidecar(path)).exists():
            record = stack.enter_context(beside.open("rb"))
            (inside / beside.name).symlink_to(f"/proc/self/fd/{record.fileno()}")
        assert read_provenance(inside / path.name).ours
        assert is_readable_record(inside / path.name, media_type(path))


def test_a_sidecar_says_whose_it_is(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.ts", pictures(count=2))
    sign_file(path, MANIFEST, None, local_identity(tmp_path / "signing"))
    assert says_mark(sidecar(path), PAYLOAD.text) and not says_mark(sidecar(path), "another")
    found = fitting_sidecar(path)
    assert found is not None and found == (sidecar(path), sidecar(path).read_bytes())
    path.write_bytes(path.read_bytes() + b"x")
    assert fitting_sidecar(path) is None
    assert says_mark(sidecar(path), PAYLOAD.text), "of whatever file it is"
    assert fitting_sidecar(tmp_path / "none.ts") is None


def test_the_reader_sees_nothing_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module of the working folder is not taken for ours."""
    (tmp_path / "stream").mkdir()
    (tmp_path / "stream" / "__init__.py").write_text("raise SystemExit(9)")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    path = clip(tmp_path / "a.mp4", pictures(count=2))
    identity = local_identity(tmp_path / "signing")
    sign_file(path, MANIFEST, None, identity)
    assert read_provenance(Path("a.mp4"), identity.root).state is ManifestState.TRUSTED
