"""Work: the folder in which a run of `identity build` keeps what it has seen, so that it can go on after being killed.

One .npz for each whole piece of a video, and the pictures that may be saved. Each file takes its name when it is whole;
nothing in it is unpacked as code.
"""

import io
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from pathlib import Path
from zipfile import BadZipFile

import cv2
import numpy as np

from calib.identity.buckets import Signs
from calib.identity.gates import FaceMeasures
from calib.identity.vectors import IdVector, VisVector
from engines.errors import OutputError
from engines.nets.embedder import Metric
from engines.values import F32, U8, Array, Box, Rect
from stream.identity.building import Piece
from stream.identity.observing import Observation

QUALITY = 95  # of saved JPEGs


class Work:
    """folder: made where it is missing. plan: what the run is made of; a folder of another plan is refused."""

    def __init__(self, folder: Path, plan: Mapping[str, object]) -> None:
        self.folder, self.pictures = folder, folder / "pictures"
        self.pictures.mkdir(parents=True, exist_ok=True)
        note, text = folder / "plan.json", json.dumps(plan, indent=1, sort_keys=True)
        if note.is_file() and note.read_text("utf-8") != text:
            raise OutputError(
                f"{folder.parent} was begun with other videos or options; give the same ones, or another --to"
            )
        _whole(note, text.encode())

    def piece(self, video: int, number: int) -> Piece | None:
        path = self._path(video, number)
        if not path.is_file():
            return None
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                return _read({name: stored[name] for name in stored.files})
        except (OSError, ValueError, KeyError, IndexError, BadZipFile) as error:
            raise OutputError(f"{path} is damaged ({error}); remove {self.folder} and begin anew") from error

    def keep_piece(self, video: int, number: int, piece: Piece) -> None:
        data = io.BytesIO()
        np.savez(data, **_written(piece))  # type: ignore[arg-type]  # its stub takes a flag by name, too
        _whole(self._path(video, number), data.getvalue(), sync=True)

    def keep_picture(self, name: str, rgb: U8) -> None:
        _whole(self.picture(name), jpeg(rgb))

    def picture(self, name: str) -> Path:
        return self.pictures / f"{name}.jpg"

    def forget_others(self, names: set[str]) -> None:
        for path in self.pictures.iterdir():
            if path.stem not in names:
                path.unlink()

    def _path(self, video: int, number: int) -> Path:
        return self.folder / f"piece_{video:03d}_{number:05d}.npz"


def jpeg(rgb: U8) -> bytes:
    """The same bytes for the same pixels."""
    done, data = cv2.imencode(".jpg", np.ascontiguousarray(rgb[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise OutputError("a picture could not be written as JPEG")
    return data.tobytes()


def _whole(path: Path, data: bytes, sync: bool = False) -> None:
    """sync: to the disk before it takes its name. Raises OutputError."""
    partial = path.with_suffix(".part")
    try:
        with partial.open("wb") as file:
            file.write(data)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}; make room or write elsewhere") from error


def _written(piece: Piece) -> dict[str, Array]:
    """counts: faces of each frame. All faces' numbers in one table, their vectors in others."""
    faces = [one for frame in piece.frames for one in frame]
    out: dict[str, Array] = {"counts": np.array([len(frame) for frame in piece.frames], np.int64)}
    if not faces:
        return out
    first = faces[0]
    bodies = [one.body for one in faces if one.body is not None]
    out["rows"] = np.array([_row(one) for one in faces], np.float64)
    out["id"] = np.stack([one.id.values for one in faces])
    out["face"] = np.stack([one.face.values for one in faces])
    out["has_body"] = np.array([one.body is not None for one in faces])
    if bodies:
        out["body"] = np.stack([one.values for one in bodies])
    out["models"] = np.array(
        [first.id.embedder, first.id.metric.value, first.face.model, bodies[0].model if bodies else ""]
    )
    return out


def _row(one: Observation) -> tuple[float, ...]:
    b, c = one.face_box, one.crop_box
    return (
        one.frame, one.seconds, one.track, one.centre,
        b.x0, b.y0, b.x1, b.y1, c.x, c.y, c.w, c.h,
        *astuple(one.measures), *astuple(one.signs),
    )  # fmt: skip


def _read(stored: Mapping[str, Array]) -> Piece:
    counts: Sequence[int] = stored["counts"].tolist()
    if not sum(counts):
        return Piece(tuple(() for _ in counts))
    embedder, metric, looks, bodies = (str(one) for one in stored["models"])
    body = iter(np.asarray(stored["body"], np.float32)) if "body" in stored else iter(())
    faces = []
    vectors = zip(stored["id"], stored["face"], stored["has_body"], strict=True)
    for row, (who, face, has_body) in zip(stored["rows"].tolist(), vectors, strict=True):
        frame, seconds, track, centre, *rest = row
        values: F32 | None = next(body) if has_body else None
        faces.append(
            Observation(
                frame=int(frame),
                seconds=seconds,
                track=int(track),
                centre=centre,
                face_box=Box(*rest[:4]),
                crop_box=Rect(*(int(n) for n in rest[4:8])),
                measures=FaceMeasures(*rest[8:15]),
                signs=Signs(*rest[15:18]),
                id=IdVector(np.asarray(who, np.float32), embedder, Metric(metric)),
                face=VisVector(np.asarray(face, np.float32), looks),
                body=VisVector(values, bodies) if values is not None else None,
                picture=None,
            )
        )
    found = iter(faces)
    return Piece(tuple(tuple(next(found) for _ in range(count)) for count in counts))
