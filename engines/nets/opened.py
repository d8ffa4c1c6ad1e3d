"""Opens catalogued networks out of the store, ready to run: the right file, precision, batch, converter and map.

Where names become adapters; the one place above the backends that knows the store.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from pathlib import Path

from engines.backends.choose import choose, open_engine
from engines.backends.compiled import installed
from engines.backends.cuda import gpu
from engines.backends.openvino import has_bf16
from engines.errors import ModelError
from engines.graph.batch_axis import UnbatchableError
from engines.nets.bisenet import Bisenet, mask
from engines.nets.detectors.finder import NetDetector
from engines.nets.detectors.found import Detect
from engines.nets.detectors.scrfd import Scrfd
from engines.nets.detectors.yoloface import Yoloface
from engines.nets.detectors.yunet import Yunet
from engines.nets.dfm import Dfm
from engines.nets.embedder import ARCFACE, DLIB, IdentityNet
from engines.nets.enhancer import Enhancer
from engines.nets.masked import Visible
from engines.nets.net import Net
from engines.nets.shared import SharedEngines
from engines.nets.swapper import Swapper, read_emap
from engines.nets.xseg import Xseg
from engines.protocol import Engine
from engines.store.catalog import Model
from engines.store.choice import DETECT, EMBED, ENHANCE, MASK, SWAP, find
from engines.store.installed import installed_member
from engines.store.store import Store
from engines.values import F32

# points and boxes move visibly in bf16: by 0.9 of 192 pixels for FaceMesh
EXACT = frozenset({"detect", "landmark"})
EMBEDDER = ARCFACE
"""What swapping networks were trained with: no other embedder can take its place there."""
DETECTORS: dict[str, Callable[[Net], Detect]] = {
    "scrfd": Scrfd,
    "retinaface": Scrfd,
    "yunet": Yunet,
    "yoloface": Yoloface,
}


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How networks are to run. precision: auto, f32, bf16, f16, int8. batch: the most rows of a call. side: rows that a
    CPU computes side by side, see `open_engine`'s streams. strict: no falling back to a slower device. hub, stream:
    where several streams share the engines, and whose these calls are."""

    device: str = "auto"
    precision: str = "auto"
    threads: int = 1
    batch: int = 16
    side: int = 1
    strict: bool = False
    hub: SharedEngines | None = None
    stream: Hashable = None


def usual(task: str, backend: str, bf16: bool) -> str:
    """The precision of a task: f32 for points and boxes, else half where that is faster and safe.

    bf16: whether the chip computes in it. It has f32's range; in f16 what sums squares (enhancers) would overflow.
    """
    if task in EXACT or backend == "ort-cpu":
        return "f32"
    if backend == "ort-cuda":  # which has f16 only
        return "f32" if task == "enhance" else "f16"
    if bf16:
        return "bf16"
    return "f16" if backend == "tensorrt" and task != "enhance" else "f32"


def chosen(task: str, path: Path, wanted: RunOptions) -> str:
    """The precision that was asked for, or the usual one of the runtime that will be picked."""
    if wanted.precision != "auto":
        return wanted.precision
    backend = choose(path, wanted.device, wanted.strict)
    return usual(task, backend, has_bf16() if backend == "openvino" else backend == "tensorrt" and gpu().has_bf16)


def open_net(store: Store, name: str, wanted: RunOptions = RunOptions()) -> Net:  # frozen
    """The network of a catalogue's or the user's own name. Errors: ModelError, DeviceError.

    int8 takes the copy that `understudy models compile` made.
    """
    model, path = store.model(name), store.path(name)
    precision = chosen(model.task, path, wanted)
    file = compiled(store, name, path) if precision == "int8" else path
    batch = 1 if model.task == "detect" else wanted.batch

    def make() -> Engine:
        try:
            return opened(file, precision, replace(wanted, batch=batch))
        except UnbatchableError:  # then `Net` calls it once a row
            return opened(file, precision, replace(wanted, batch=1))

    if wanted.hub is None:
        return Net(model, make(), most=batch)
    if batch == 1:  # nothing to join, but the weights are shared
        return Net(model, wanted.hub.once((name, precision, 1, "alone"), make), most=1)
    engine, session = wanted.hub.open((name, precision, batch), make, wanted.stream, batch)
    return Net(model, engine, session, most=batch)


def opened(file: Path, precision: str, wanted: RunOptions) -> Engine:
    return open_engine(
        file,
        wanted.device,
        precision,
        wanted.threads,
        batch=wanted.batch,
        streams=min(wanted.side, wanted.threads),
        strict=wanted.strict,
    )


def compiled(store: Store, name: str, path: Path) -> Path:
    """The int8 copy. Errors: ModelError with the command that makes it."""
    copy = installed(store.root / "compiled", name, "int8", path)
    if not copy.is_file():
        raise ModelError(
            f"{name} has no int8 copy: `understudy models compile {name} --precision int8 --calibrate FOLDER` makes it"
        )
    return copy


def open_swapper(store: Store, name: str, wanted: RunOptions = RunOptions()) -> Swapper:  # frozen
    """A swapper with its converter or its map of embeddings. Errors: ModelError where one of them is missing."""
    model = find(store, name, SWAP)
    if model.task != "swap":
        raise ModelError(f"{name} is a network of one person (a DFM), which takes no source")
    # the source is converted once, so f32 costs nothing
    converter = open_net(store, model.converter, replace(wanted, precision="f32", side=1)) if model.converter else None
    emap: F32 | None = None
    if model.source == "embedding x emap":
        path = store.path(name)
        emap = wanted.hub.once((name, "emap"), lambda: read_emap(path)) if wanted.hub else read_emap(path)
    return Swapper(open_net(store, name, wanted), converter, emap)


def open_dfm(store: Store, name: str, wanted: RunOptions = RunOptions()) -> Dfm:  # frozen
    """A person's own network. Errors: ModelError."""
    path = store.path(name)
    precision = chosen("swap_dfm", path, wanted)
    alone = replace(wanted, batch=1)
    if wanted.hub is None:
        return Dfm(store.model(name), opened(path, precision, alone))
    key = (name, precision, 1)
    engine, session = wanted.hub.open(key, lambda: opened(path, precision, alone), wanted.stream)
    return Dfm(store.model(name), engine, session)


def open_finder(store: Store, name: str, wanted: RunOptions = RunOptions()) -> NetDetector:  # frozen
    """SCRFD, RetinaFace, YuNet or yoloface by name, as perception takes it. Errors: ModelError for a detector of
    another make."""
    make, net = _maker(store, name), open_net(store, name, wanted)
    return NetDetector(make(net), net.model.px, net.close)


def _maker(store: Store, name: str) -> Callable[[Net], Detect]:
    """By the catalogue's name, or that which the user's own file was taken for."""
    like = store.ledger.entry(name).like or find(store, name, DETECT).name
    make = DETECTORS.get(like.split("_")[0])
    if make is None:
        raise ModelError(f"{name} is found without --detector; leave it away, or name one of {', '.join(DETECTORS)}")
    return make


def open_embedder(store: Store, wanted: RunOptions = RunOptions(), name: str = EMBEDDER) -> IdentityNet:  # frozen
    """ArcFace, which the embedding swappers need, or another embedder. Errors: ModelError."""
    find(store, name, EMBED)
    return IdentityNet(open_net(store, name, wanted))


def identity_embedder(store: Store) -> str | None:
    """The embedder that tells people apart here: ArcFace where the user has it, else dlib's network where it lies in
    the store or the extra `identity` brings it, else None. Taking it from the extra writes it into the store, once.
    Errors: ModelError."""
    for name in (ARCFACE, DLIB):
        if name in store.catalog.models and store.holds(name):
            return name
    if DLIB in store.catalog.models and any(map(installed_member, store.model(DLIB).origins)):
        store.pull(DLIB)
        return DLIB
    return None


def open_enhancer(store: Store, name: str, wanted: RunOptions = RunOptions()) -> Enhancer:  # frozen
    """Errors: ModelError, also for a network of another task."""
    find(store, name, ENHANCE)
    return Enhancer(open_net(store, name, wanted))


def open_visible(store: Store, name: str, wanted: RunOptions = RunOptions()) -> tuple[Visible, Model]:  # frozen
    """An XSeg, or BiSeNet's regions of a face, as what is visible of crops; and its entry. Errors: ModelError."""
    model = find(store, name, MASK)
    if model.task == "occlusion":
        return Xseg(open_net(store, name, wanted)).visible, model
    regions = Bisenet(open_net(store, name, wanted))
    return lambda crops: mask(regions.labels(crops)), model
