"""JobInputs: all that a job reads, pinned and fingerprinted: the target, photos, reference photos, kept identities.

The place where a request's texts meet opened files. Knows nothing of pieces.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from engines.errors import InputError
from stream.consent.package import default_identities
from stream.consent.people import find_people
from stream.media.still import is_image
from tools.daemon.files import fingerprint
from tools.daemon.files.demuxer import check_demuxer
from tools.daemon.files.fingerprint import Fingerprint, TakenFingerprint
from tools.daemon.files.pinned import PinnedInputs
from tools.daemon.request import Request


class ChangedInputError(InputError):
    """An input is not what it was when the job began; the job begins anew."""


class JobInputs:
    """request: as it was asked for, with the names under which its inputs are read, and `output` in place of its own.
    demuxer: of a video; empty for a picture. Raises InputError, IdentityError, ConsentError, OSError."""

    def __init__(self, asked: Request, output: str, pins: PinnedInputs) -> None:
        self._pins = pins
        self.request = replace(asked.with_files(self._pin), output=output)
        target = self.request.target
        self.demuxer = "" if is_image(target) else check_demuxer(pins.descriptors()[asked.target], asked.target)
        self._taken: dict[str, TakenFingerprint] = {}
        self._kept: dict[str, Fingerprint] = {}

    def read(self, progress: Callable[[], object]) -> Mapping[str, Fingerprint]:
        """What each of them holds, by the name that was asked for. progress: called now and then."""
        self._taken = {name: fingerprint.take(file, progress) for name, file in self._pins.descriptors().items()}
        people = find_people(self.request.source, default_identities())
        kept = {f"identity {one.source.name}": one.source.sha256 for one in people if one.source.record is not None}
        return {name: one.value for name, one in self._taken.items()} | {
            name: Fingerprint(0, 0, digest) for name, digest in kept.items()
        }

    def check_unchanged(self) -> None:
        """Raises InputError where one of them was written to since `read`, or where a name led elsewhere."""
        for name in self._pins.moved():
            raise ChangedInputError(f"{name} was replaced while it was read; let nothing move it")
        for name, file in self._pins.descriptors().items():
            if not fingerprint.is_unchanged(file, self._taken[name]):
                raise ChangedInputError(f"{name} was changed while it was read; let nothing write to it")

    def _pin(self, path: str, field: str) -> str:
        return str(self._pins.pin_photos(Path(path)) if field == "source" else self._pins.pin(Path(path)))
