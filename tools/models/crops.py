"""`understudy models crops`: faces of clips and pictures, aligned as a model sees them; `models compile` reads them."""

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import cv2
import typer

from engines.align import crop, five_points, to_template
from engines.errors import InputError, OutputError
from engines.mesh.source import measure
from engines.store.catalog import Template
from engines.store.store import default_store
from engines.values import U8, Rect
from stream.media.source import open_source
from stream.media.still import is_image, read_image
from stream.perception.face_finding import face_finding, open_perception
from tools.models.feeds import DFM_SIDE


def register(app: typer.Typer) -> None:
    app.command("crops")(crops)


def crops(
    name: Annotated[str, typer.Argument(help="The model that they are for; its file need not be here.")],
    files: Annotated[list[Path], typer.Argument(help="Clips and pictures with faces.")],
    to: Annotated[Path, typer.Option(metavar="FOLDER", help="Where they go; made if it is not there.")],
    every: Annotated[float, typer.Option(min=0, help="Seconds of a clip from one look to the next.")] = 1.0,
    most: Annotated[int, typer.Option(min=1, help="At most this many crops.")] = 64,
) -> None:
    """Writes aligned face crops, as PNG, for `understudy models compile NAME --precision int8 --calibrate FOLDER`."""
    store = default_store()
    model = store.model(name)
    if not model.template:
        raise InputError(f"{name} takes no aligned crops; there is nothing to collect for it")
    missing = [path for path in files if not path.is_file()]
    if missing:
        raise InputError(f"there is no file {missing[0]}; check the name")
    try:
        to.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{to} cannot be made: {error.strerror or error}") from error
    found = aligned(files, every, store.catalog.template(model.template), model.px or DFM_SIDE)
    count = 0
    for count, one in enumerate(itertools.islice(found, most), 1):
        if not cv2.imwrite(str(to / f"{name}-{count:04}.png"), one[..., ::-1]):
            raise OutputError(f"{to} cannot be written; choose another folder, or make room")
    if not count:
        raise InputError(f"no face was seen in {', '.join(map(str, files))}; give clips or pictures with faces")
    typer.echo(f"wrote {count} crops for {name} to {to}")


def aligned(files: Sequence[Path], every: float, template: Template, side: int) -> Iterator[U8]:
    """uint8 (side, side, 3) RGB of every face that each look shows. Raises InputError for a file that is neither."""
    with face_finding(open_perception()) as (detector, landmarks):
        for rgb in looks(files, every):
            for seen in detector.whole(rgb):
                mesh, score = measure(rgb, landmarks, seen)
                if score > 0.5:
                    yield crop(rgb, to_template(five_points(mesh), template, side), side)


def looks(files: Sequence[Path], every: float) -> Iterator[U8]:
    """Pictures as they are, and of clips a frame every so many seconds; uint8 (h, w, 3) RGB."""
    for path in files:
        if is_image(str(path)):
            yield read_image(str(path))
            continue
        with open_source(str(path)) as source:
            due = float("-inf")
            for frame in source.frames():
                if frame.seconds >= due:
                    due = frame.seconds + every
                    yield frame.picture.rgb(Rect(0, 0, frame.picture.width, frame.picture.height))
