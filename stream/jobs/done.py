"""What stands under the name of an output before a run: nothing, a finished output, one that was stopped early, or
something else."""

from enum import Enum, auto
from pathlib import Path

from engines.errors import UnderstudyError
from stream.marks.provenance import ManifestState
from stream.marks.read import read_provenance
from stream.marks.verify import trusted_roots
from stream.media.source import open_source
from stream.media.still import is_image, read_image


class Standing(Enum):
    """NOTHING: no such file. DONE: an output of ours as it was signed, or a file that is whole. EARLY: an output of
    ours that was finished early. BROKEN: a file that is altered or cannot be read to its end."""

    NOTHING = auto()
    DONE = auto()
    EARLY = auto()
    BROKEN = auto()


def standing(output: Path, demuxer: str = "") -> Standing:
    """Reads the whole file. A file without a signed record of ours is decoded to its end. demuxer: of a video, as
    `open_source` takes it."""
    if not output.exists():
        return Standing.NOTHING
    try:
        told = read_provenance(output, trusted_roots([]))
        if told.state is ManifestState.TAMPERED:
            return Standing.BROKEN
        if told.ours and told.state is not ManifestState.MISSING:
            return Standing.EARLY if told.record is not None and told.record.partial else Standing.DONE
        return Standing.DONE if _plays(output, demuxer) else Standing.BROKEN
    except (UnderstudyError, OSError):
        return Standing.BROKEN


def _plays(output: Path, demuxer: str) -> bool:
    """Raises InputError where it does not."""
    if is_image(str(output)):
        return read_image(str(output)).size > 0
    with open_source(str(output), demuxer=demuxer) as source:
        return sum(1 for _ in source.frames()) > 0
