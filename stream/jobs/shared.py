"""Networks and source people of a batch: opened when the first file needs them, shared by all its pipelines."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from engines.errors import UnderstudyError
from stream.pipeline.control import SourceSet
from stream.pipeline.misses import MissLog
from stream.pipeline.models import Models
from stream.pipeline.pipeline import Pipeline
from stream.pipeline.sources import Photos
from stream.pipeline.spec import SwapSpec
from stream.pipeline.stages import Opened, Stages


class BatchError(UnderstudyError):
    """No file of the batch can be made: networks or sources cannot be opened."""


class SharedNetworks:
    """Every job of one batch has the same spec, but for what differs between files. people: the source people; None:
    those of the spec's photos. Close it after the jobs. For one thread."""

    def __init__(self, people: Sequence[Photos] | None = None) -> None:
        self._people = people
        self._models: Models | None = None
        self._sources: SourceSet | None = None
        self._used = False

    @contextmanager
    def open(self, spec: SwapSpec) -> Iterator[Opened]:
        """An `Opener`. What networks and sources have to say is in the first pipeline's notes only. Raises BatchError
        where the first pipeline cannot be opened, later UnderstudyError."""
        try:
            pipeline = self._pipeline(spec)
        except UnderstudyError as error:
            if self._used:
                raise
            raise BatchError(str(error)) from error
        with closing(pipeline):
            first, self._used = not self._used, True
            yield pipeline if first else _Known(pipeline)

    def close(self) -> None:
        if self._models is not None:
            self._models.close()

    def _pipeline(self, spec: SwapSpec) -> Pipeline:
        if self._models is None:
            self._models = Models(spec)
        if self._sources is None:
            people = self._people
            self._sources = self._models.sources_of(spec) if people is None else self._models.sources(people)
        return Pipeline(self._models, spec, self._sources)


@dataclass(frozen=True, slots=True)
class _Known:
    """A pipeline whose notes were told already."""

    pipeline: Pipeline

    @property
    def stages(self) -> Stages:
        return self.pipeline.stages

    @property
    def notes(self) -> tuple[str, ...]:
        return ()

    @property
    def files(self) -> dict[str, Path]:
        return dict(self.pipeline.files)

    @property
    def misses(self) -> MissLog:
        return self.pipeline.misses
