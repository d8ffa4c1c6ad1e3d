"""Deny list: faces that a deployment refuses to put on anybody, known by their embeddings alone, never by photos.

Knows embeddings and thresholds; nothing of files' places, of users, or of how an embedding is made.
"""

import base64
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from engines.errors import UnderstudyError
from engines.nets.embedder import Metric
from engines.values import F32

THRESHOLD = 0.4
"""Cosine over which two w600k_r50 embeddings are the same person by its makers' usual bound. A deny list errs on the
side of refusing: lower it to refuse more. Other networks have other bounds (`calib.identity.bounds`)."""


class DeniedError(UnderstudyError):
    """The source face is on this deployment's deny list."""


class DenyListError(UnderstudyError):
    """The deny list cannot be read. A list that cannot be read must stop the work, not be taken for an empty one."""


@dataclass(frozen=True, slots=True, eq=False)  # arrays have no plain equality
class DeniedPerson:
    """label: what to call it in a refusal and a log; need not be a name. embedding: float32 (n,), of length 1
    where the list's metric is the cosine."""

    label: str
    embedding: F32


@dataclass(frozen=True, slots=True)
class DenyList:
    """embedder: sha256 of the network all embeddings were made with; those of another network mean nothing here.
    threshold: the likeness, by `metric`, over which two are one person."""

    embedder: str
    entries: tuple[DeniedPerson, ...] = ()
    threshold: float = THRESHOLD
    metric: Metric = Metric.COSINE

    def match(self, embedding: F32) -> DeniedPerson | None:
        """The entry most like a face's embedding (n,), if it is over the threshold."""
        if not self.entries:
            return None
        known = np.stack([entry.embedding for entry in self.entries])
        if not np.isfinite(embedding).all():
            raise ValueError("an embedding of no number says nothing")
        likeness = self.metric.likeness(self._prepared(embedding), known)[0]
        best = int(np.argmax(likeness))
        return self.entries[best] if likeness[best] > self.threshold else None

    def enforce(self, embeddings: Sequence[F32], embedder: str) -> None:
        """Raises DeniedError for the first of a job's source faces that is listed, DenyListError for another network's
        embeddings."""
        if self.entries and embedder != self.embedder:
            raise DenyListError(
                f"the deny list was made with the network {self.embedder[:12]}, this job runs {embedder[:12]};"
                " make the list anew with the network in use"
            )
        for embedding in embeddings:
            if (entry := self.match(embedding)) is not None:
                raise DeniedError(f"this source face is on the deny list ({entry.label}); use another face")

    def with_entry(self, label: str, embedding: F32) -> "DenyList":
        others = tuple(entry for entry in self.entries if entry.label != label)
        return replace(self, entries=(*others, DeniedPerson(label, self._prepared(embedding))))

    def without(self, label: str) -> "DenyList":
        kept = tuple(entry for entry in self.entries if entry.label != label)
        if len(kept) == len(self.entries):
            raise DenyListError(f"the deny list holds no entry {label!r}; it holds {len(kept)}")
        return replace(self, entries=kept)

    def _prepared(self, embedding: F32) -> F32:
        return unit(embedding) if self.metric is Metric.COSINE else np.asarray(embedding.ravel(), np.float32)


def unit(embedding: F32) -> F32:
    """The same direction, length 1. Raises ValueError for an embedding without one."""
    length = float(np.linalg.norm(embedding))
    if not np.isfinite(length) or length == 0:
        raise ValueError("an embedding of length zero or of no number says nothing")
    return np.asarray(embedding.ravel() / length, np.float32)


def save(deny: DenyList, path: Path) -> None:
    """JSON that its owner alone can read; the embeddings as base64 of little-endian float32. Raises DenyListError where
    it cannot be written; what was there stays."""
    told = {
        "embedder": deny.embedder,
        "metric": deny.metric.value,
        "threshold": deny.threshold,
        "entries": [
            {"label": one.label, "embedding": base64.b64encode(one.embedding.astype("<f4").tobytes()).decode()}
            for one in deny.entries
        ],
    }
    try:
        # Embeddings are biometric data: made anew as 0600, whatever the mode of the file that is replaced.
        descriptor, partial = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(told, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            Path(partial).replace(path)
        except BaseException:
            Path(partial).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise DenyListError(
            f"the deny list {path} cannot be written: {error.strerror}; make its folder writable"
        ) from error


def load(path: Path) -> DenyList:
    """Raises DenyListError where the file is missing or damaged."""
    try:
        told: dict[str, Any] = json.loads(path.read_text())
        metric = Metric(told.get("metric", Metric.COSINE))  # lists of former versions name none
        deny = DenyList(str(told["embedder"]), (), float(told["threshold"]), metric)
        for one in told["entries"]:
            vector = np.frombuffer(base64.b64decode(one["embedding"], validate=True), "<f4")
            unit(vector)  # refuses what is no number
            deny = deny.with_entry(str(one["label"]), vector)
        if len({entry.embedding.size for entry in deny.entries}) > 1:
            raise ValueError("embeddings of different lengths")
        return deny
    except OSError as error:
        raise DenyListError(
            f"the deny list {path} cannot be read: {error.strerror}; nothing is made without it"
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DenyListError(
            f"the deny list {path} is damaged ({error}); restore it, nothing is made without it"
        ) from error
