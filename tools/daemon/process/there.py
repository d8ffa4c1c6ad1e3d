"""What stands in the place of a job's output before its work. The file is read through one opening, by what is in it,
as all that jobs read."""

import os
from pathlib import Path

from engines.errors import InputError
from stream.jobs.done import Standing, standing
from stream.marks.sidecar import sidecar
from stream.media.still import is_image
from tools.daemon.files.demuxer import check_demuxer
from tools.daemon.files.pinned import PinnedInputs


def standing_in(output: Path, folder: Path) -> Standing:
    """output: full, without links. folder: the job's. What is no plain file, or of a kind that is not read, is
    broken. Raises OSError."""
    if not os.path.lexists(output):
        return Standing.NOTHING
    with PinnedInputs(folder) as pins:
        try:
            name = pins.pin(output, sidecar(output))
            file = pins.descriptors()[str(output)]
            return standing(name, "" if is_image(str(output)) else check_demuxer(file, str(output)))
        except InputError:
            return Standing.BROKEN
