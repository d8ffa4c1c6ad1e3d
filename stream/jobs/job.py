"""SwapJob: one swap from a target to an output, checked for what can be told before anything is opened."""

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from engines.errors import InputError, OutputError
from stream.consent.consent import Consent
from stream.marks.layers import Marking, Signer
from stream.media.codecs import Encoding
from stream.media.others.wanted import Streams
from stream.pipeline.spec import SwapSpec


@dataclass(frozen=True, slots=True)
class SwapJob:
    """spec: what is painted, and how. target, output: a path, a URL, or `-`; output is None for a preview alone. start,
    end: seconds of the target that are kept. report, preview: files that are written beside it. consent: as it was
    settled, None where nothing is kept. marking, signer: how outputs are marked, and in whose name. streams: whether it
    is an error that sound, subtitles or another stream of the target cannot be kept."""

    spec: SwapSpec
    target: str
    output: str | None
    encoding: Encoding = field(default_factory=Encoding)
    start: Fraction | None = None
    end: Fraction | None = None
    preview: Path | None = None
    report: Path | None = None
    consent: Consent | None = None
    marking: Marking = field(default_factory=Marking)
    signer: Signer = field(default_factory=Signer)
    streams: Streams = Streams.ALL

    def check(self) -> None:
        """Raises UnderstudyError where a file would be read and written, or nothing is to be made."""
        check_files(self.target, self.output, self.preview)
        read = {path.resolve() for photos in self.spec.source for path in photos}
        if self.target != "-" and "://" not in self.target:
            read.add(Path(self.target).resolve())
        written: dict[Path, str] = {}
        for path, name in ((self._output_path(), "OUTPUT"), (self.preview, "--preview"), (self.report, "--report")):
            if path is None:
                continue
            if path.resolve() in read:
                raise OutputError(f"{name} {path} is also read here; write to another name")
            if path.resolve() in written:
                raise OutputError(f"{name} and {written[path.resolve()]} are both {path}; give them different names")
            written[path.resolve()] = name

    @property
    def source_names(self) -> tuple[str, ...]:
        """Of the source people, for messages: the names of their photos, empty where they are no files."""
        return tuple(", ".join(path.name for path in photos) for photos in self.spec.source)

    @property
    def ingredient(self) -> Path | None:
        """The target as a file, for the signed record; None for pipes and addresses."""
        return None if self.target == "-" or "://" in self.target else Path(self.target)

    def _output_path(self) -> Path | None:
        return None if self.output is None or self.output == "-" or "://" in self.output else Path(self.output)


def check_files(target: str, output: str | None, preview: Path | None) -> None:
    """Raises InputError, OutputError where a name is missing."""
    if not target.strip():
        raise InputError("TARGET is empty; name a video or a picture")
    if output is not None and not output.strip():
        raise OutputError("OUTPUT is empty; name a file, as out.mp4")
    if output is None and preview is None:
        raise OutputError("no OUTPUT was named; give one, or --preview FRAME.png for one frame")
