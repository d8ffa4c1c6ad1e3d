"""The model that a user named for a purpose, or an error that lists only models which serve it, the closest first."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from engines.errors import ModelError
from engines.store.catalog import Model
from engines.store.store import Store


@dataclass(frozen=True, slots=True)
class ModelPurpose:
    """What a model is wanted for. noun: for messages. tasks: those of the catalogue that do it. option: of `swap`."""

    noun: str
    tasks: tuple[str, ...]
    option: str


SWAP = ModelPurpose("swapping network", ("swap", "swap_dfm"), "--model")
ENHANCE = ModelPurpose("network that sharpens faces", ("enhance",), "--enhance")
MASK = ModelPurpose("network that masks faces", ("occlusion", "regions"), "--mask")
DETECT = ModelPurpose("face detector", ("detect",), "--detector")
EMBED = ModelPurpose("network that tells people apart", ("identity",), "")
PURPOSES = (SWAP, ENHANCE, MASK, DETECT, EMBED)


def find(store: Store, name: str, purpose: ModelPurpose) -> Model:
    """The entry of the catalogue's or the user's own model. Raises ModelError."""
    every = {model.name: model for model in (*store.catalog.models.values(), *store.own())}
    model = every.get(name)
    if model is not None and model.task in purpose.tasks:
        return model
    if model is not None:
        other = next((p for p in PURPOSES if model.task in p.tasks), None)
        hint = (
            f"a {other.noun}" + (f", for {other.option}" if other.option else "")
            if other
            else f"of the task {model.task}"
        )
        said = f"{name} is {hint}"
    else:
        said = f"no model is called {name!r}"
    fits = [m.name for m in every.values() if m.task in purpose.tasks and not m.kind and not m.embedded]
    listed = ", ".join(closest_first(name, fits))
    raise ModelError(
        f"{said}; a {purpose.noun} is wanted: {listed} (`understudy models list --task {purpose.tasks[0]}`)"
    )


def closest_first(name: str, names: Iterable[str]) -> list[str]:
    """All names, those that look most like `name` first; the rest in their order."""
    given = list(names)
    wanted = name.lower()
    near = [n for n in given if wanted in n.lower() or n.lower() in wanted]
    near += [n for n in difflib.get_close_matches(wanted, given, n=5, cutoff=0.5) if n not in near]
    return near + [n for n in given if n not in near]
