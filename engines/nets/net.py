"""A catalogued model on a Session: pixels to its tensor and back, its tensors by declaration, rows in one call.

What every adapter shares. Knows layout, colour order and normalisation as the catalogue gives them.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from engines.errors import ModelError
from engines.protocol import Engine, Session, Spec
from engines.store.catalog import Model, Tensor
from engines.values import F32, U8, Array


class Net:
    """One model on one session. Not to be shared between threads, as its session."""

    def __init__(self, model: Model, engine: Engine, session: Session | None = None, most: int | None = None) -> None:
        """session: where it is to run, a `Batcher`'s for instance; the engine's own by default. most: rows of a call,
        None for no bound; more are run in several calls."""
        self.model = model
        self.inputs = bound(model, model.inputs, engine.inputs)
        self.outputs = bound(model, model.outputs, engine.outputs)
        self._most = 1 if any(engine.inputs[name].shape[0] == 1 for name in self.inputs) else most
        self._specs = engine.inputs
        self._session = session or engine.session()

    def run(self, *arrays: Array) -> list[F32]:
        """The outputs as declared, float32, for inputs as declared, any number of rows in each.

        One call, if `most` rows hold them; a network that was left at one row a call is called once a row.
        """
        feeds = {n: a.astype(self._specs[n].dtype, copy=False) for n, a in zip(self.inputs, arrays, strict=True)}
        rows = max(len(array) for array in arrays)
        step = self._most or rows
        if rows > step:
            parts = range(0, rows, step)
            each = [self._session.run({n: a[i : i + step] for n, a in feeds.items()}) for i in parts]
            out: Mapping[str, Array] = {n: np.concatenate([one[n] for one in each]) for n in self.outputs}
        else:
            out = self._session.run(feeds)
        return [np.asarray(out[name], np.float32) for name in self.outputs]

    def tensor(self, pictures: U8) -> F32:
        """Network input of uint8 (n, h, w, 3) RGB pictures."""
        return tensor(self.model, pictures)

    def pictures(self, output: F32) -> F32:
        """float32 (n, h, w, 3) RGB, 0 to 1, of a picture-like output."""
        return pictures(self.model, output)

    def close(self) -> None:
        self._session.close()


def tensor(model: Model, images: U8) -> F32:
    """`(pixels / divide - mean) / std` in the model's colour order and layout, contiguous float32."""
    ordered = images[..., ::-1] if model.order == "BGR" else images
    scale = 1 / (model.divide * np.asarray(model.std, np.float32))
    shift = np.asarray(model.mean, np.float32) / np.asarray(model.std, np.float32)
    values = ordered.astype(np.float32) * scale.astype(np.float32) - shift
    return np.ascontiguousarray(values.transpose(0, 3, 1, 2) if model.layout == "NCHW" else values)


def pictures(model: Model, output: F32) -> F32:
    """RGB, 0 to 1, (n, h, w, 3): the model's layout and order undone, its normalisation where the catalogue says so."""
    values = output.transpose(0, 2, 3, 1) if model.layout == "NCHW" else output
    if model.denormalise:
        values = values * np.asarray(model.std, np.float32) + np.asarray(model.mean, np.float32)
    ordered = values[..., ::-1] if model.order == "BGR" else values
    return np.ascontiguousarray(np.clip(ordered, 0, 1), dtype=np.float32)


def as_bytes(values: F32) -> U8:
    """0..1 to 0..255, rounded."""
    return np.rint(values * 255).astype(np.uint8)


def bound(model: Model, declared: Sequence[Tensor], given: Mapping[str, Spec]) -> list[str]:
    """The file's tensor names in the order of the declaration. Errors: ModelError where they do not fit it."""
    left = dict(given)
    names = []
    for wanted in declared:
        fitting = [name for name, spec in left.items() if _fits(wanted, name, spec)]
        if not fitting:
            seen = ", ".join(f"{name} {list(spec.shape)}" for name, spec in given.items())
            raise ModelError(
                f"the file is no {model.name}: it lacks {wanted}, it has {seen}. `understudy models verify`"
            )
        names.append(fitting[0])
        del left[fitting[0]]
    return names


def _fits(wanted: Tensor, name: str, spec: Spec) -> bool:
    same = all(-1 in pair or pair[0] == pair[1] for pair in zip(wanted.shape, spec.shape, strict=False))
    return wanted.name in ("", name) and len(wanted.shape) == len(spec.shape) and same
