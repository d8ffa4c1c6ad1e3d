"""`understudy calibrate identity`: how well the embedder here tells people apart. Options and printing only."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engines.errors import InputError, UnderstudyError
from engines.extras import install

if TYPE_CHECKING:
    from calib.identity.verification import Pairs
    from stream.consent.embedder import FaceEmbedder


def identity(
    data: Annotated[Path, typer.Option(metavar="DIR", help="A folder with a folder of photos for each person.")],
    far: Annotated[float, typer.Option(help="Share of strangers that may pass for one person.")] = 0.001,
    as_json: Annotated[bool, typer.Option("--json", help="The answer for programs.")] = False,
) -> None:
    """Fit the embedder's bound to photos of people who are known, and tell how the bound in use does on them."""
    from calib.identity.bounds import bounds_of
    from stream.consent.embedder import open_embedder

    if not 0 < far < 1:
        raise UnderstudyError(f"--far {far} is no share; give one between 0 and 1, as 0.001")
    embedder = open_embedder()
    if embedder is None:
        raise UnderstudyError(f"faces can be told apart only with a network; `{install('identity')}` first")
    pairs, photos, people = _measured(embedder, data)
    used = bounds_of(embedder.model.name).same
    told = {
        "embedder": embedder.model.name,
        "people": people,
        "photos": photos,
        "genuine_pairs": len(pairs.genuine),
        "impostor_pairs": len(pairs.impostor),
        "bound": used,
        "far": pairs.far(used),
        "frr": pairs.frr(used),
        "wanted_far": far,
        "fitted_bound": pairs.bound_at(far),
        "fitted_frr": pairs.frr(pairs.bound_at(far)),
    }
    if as_json:
        typer.echo(json.dumps(told, indent=1))
        return
    typer.echo(f"{embedder.model.name}: {photos} photos of {people} people")
    typer.echo(f"bound in use {used:.3f}: FAR {100 * pairs.far(used):.3f} %, FRR {100 * pairs.frr(used):.2f} %")
    fitted = pairs.bound_at(far)
    typer.echo(f"bound at FAR {100 * far:g} %: {fitted:.3f}, FRR {100 * pairs.frr(fitted):.2f} %")
    if pairs.surest_far > far:
        typer.echo(
            f"note: {len(pairs.impostor)} pairs of two people cannot tell a FAR under {100 * pairs.surest_far:.2g} %"
        )


def _measured(embedder: "FaceEmbedder", data: Path) -> "tuple[Pairs, int, int]":
    import numpy as np

    from calib.identity.verification import paired
    from engines.errors import SourceError
    from engines.nets.embedder import Metric
    from stream.consent.photos import parse_sources, read_photos

    folders = sorted(one for one in data.iterdir() if one.is_dir()) if data.is_dir() else []
    if len(folders) < 2:
        raise InputError(f"--data {data} wants a folder of photos for each of two people or more")
    vectors, labels = [], list[str]()
    for folder in folders:
        (photos,) = parse_sources([str(folder)])
        for photo in read_photos(photos):
            try:
                vectors.append(embedder.embed([photo]).each[0])
            except SourceError as error:
                typer.echo(f"left out: {folder.name}/{error}", err=True)
                continue
            labels.append(folder.name)
    pairs = paired(np.stack(vectors), labels, Metric(embedder.model.metric)) if vectors else None
    if pairs is None:
        raise InputError(f"no photo in {data} shows a face")
    return pairs, len(labels), len(set(labels))
