"""SwapNetworks: the networks that paint, of one stream, by name out of the store. In the order swap, sharpen, mask.

Knows names, templates and precisions; nothing of photos' files, tracks or time.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from engines.errors import ModelError, UnderstudyError
from engines.nets.enhancer import Enhancer
from engines.nets.masked import Masked, Visible
from engines.nets.opened import (
    EMBEDDER,
    RunOptions,
    open_dfm,
    open_enhancer,
    open_swapper,
    open_visible,
)
from engines.nets.pasted import CropSwap, Pasted, Together, by_dfm, by_swapper
from engines.nets.sharpened import Sharpened
from engines.nets.swapper import Swapper
from engines.store.catalog import Model, Template
from engines.store.choice import SWAP, find
from engines.store.store import Store
from engines.values import F32
from stream.pipeline.control import SourceSet
from stream.pipeline.spec import SwapSpec

ROWS = 16  # of one call, unless a single face has more tiles
SIDE_ROWS = 4  # of the networks beside the swapper, whose pictures are large
BOOST = 8  # times the network's side, at most


@dataclass(frozen=True, slots=True)
class _Sharpening:
    net: Enhancer
    template: Template
    share: float


@dataclass(frozen=True, slots=True)
class _Masking:
    visible: Visible
    template: Template
    side: int


class SwapNetworks:
    """Opens them. files: of all networks, by name. own: the swapper brings its own masks. Raises ModelError,
    DeviceError, UnderstudyError."""

    def __init__(self, spec: SwapSpec, store: Store, options: RunOptions) -> None:
        model = swap_model(spec, store)
        self.files: dict[str, Path] = {model.name: store.path(model.name)}
        self.own = model.task == "swap_dfm" or len(model.outputs) > 1
        self._template, self._side = store.catalog.template(model.template), spec.pixel_boost or model.px
        self._swapper: Swapper | None = None
        self._dfm: CropSwap | None = None
        beside = beside_swapper(options)
        if model.task == "swap_dfm":
            if spec.pixel_boost:
                raise UnderstudyError(f"--pixel-boost: {model.name} is a DFM, which has its own size")
            dfm = open_dfm(store, model.name, options)
            self._dfm, self._side = by_dfm(dfm, spec.morph), dfm.side
        else:
            self._swapper = swapper_of(spec, store, options)
            helpers = (model.converter, "" if model.source == "image" else EMBEDDER)
            self.files |= {name: store.path(name) for name in helpers if name}
        self._sharpening: _Sharpening | None = None
        if spec.enhance is not None:
            enhancer = open_enhancer(store, spec.enhance.name, beside)
            template = store.catalog.template(enhancer.net.model.template)
            self._sharpening = _Sharpening(enhancer, template, spec.enhance.share)
            self.files[spec.enhance.name] = store.path(spec.enhance.name)
        self._maskings: list[_Masking] = []
        for name in spec.mask:
            visible, entry = open_visible(store, name, beside)
            self._maskings.append(_Masking(visible, store.catalog.template(entry.template), entry.px))
            self.files[name] = store.path(name)

    def chain(self, sources: SourceSet, masks: bool) -> Together:
        """What paints with these sources. masks: whether the mask networks cut it."""
        together: Together = Pasted(self._swap(sources.rows), self._template, self._side)
        if self._sharpening is not None:
            s = self._sharpening
            together = Sharpened(together, s.net, s.template, s.share)
        for m in self._maskings if masks else ():
            together = Masked(together, m.visible, m.template, m.side)
        return together

    def _swap(self, rows: F32 | None) -> CropSwap:
        if self._dfm is not None:
            return self._dfm
        assert self._swapper is not None
        if rows is None:
            raise ModelError("a swapping network was given no source; give a photo")
        return by_swapper(self._swapper, rows)


def swap_model(spec: SwapSpec, store: Store) -> Model:
    """Of a spec with a model. Raises ModelError."""
    assert spec.model is not None, "only a spec with a model has networks"
    return find(store, spec.model, SWAP)


def swapper_of(spec: SwapSpec, store: Store, options: RunOptions) -> Swapper:
    """The embedding or picture swapper. Raises ModelError, DeviceError, UnderstudyError."""
    model = swap_model(spec, store)
    tiles = check_boost(model.name, model.px, spec.pixel_boost or model.px) if model.task == "swap" else 1
    return open_swapper(store, model.name, replace(options, batch=max(ROWS, tiles)))


def beside_swapper(options: RunOptions) -> RunOptions:
    """How the networks beside the swapper run."""
    return replace(options, precision="auto", batch=SIDE_ROWS)


def check_boost(name: str, own: int, side: int) -> int:
    """Tiles of a face. Raises UnderstudyError where `side` is no multiple of the network's own."""
    if side % own or not own <= side <= BOOST * own:
        fits = ", ".join(str(own * k) for k in (1, 2, 4, BOOST))
        raise UnderstudyError(f"--pixel-boost {side}: {name} has {own} pixels; take {fits}")
    return (side // own) ** 2
