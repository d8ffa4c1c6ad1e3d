"""SwapJob: what a user asked `understudy swap` for, checked for what can be told before anything is opened."""

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from engines.errors import InputError, OutputError, UnderstudyError
from stream.consent.consent import Consent
from stream.marks.layers import Marking, Signer
from tools.swap.chosen import Chosen


@dataclass(frozen=True, slots=True)
class SwapJob:
    """sources: the photos of each person. target, output: a path, a URL, or `-`; output is None for a preview alone.
    consent: as it was settled, None where nothing is kept. marking, signer: how outputs are marked, and in whose name.
    nets: what is painted with.
    """

    sources: tuple[tuple[Path, ...], ...]
    target: str
    output: str | None
    who: str | None = None
    maps: tuple[str, ...] = ()
    device: str = "auto"
    codec: str | None = None
    crf: int | None = None
    preset: str | None = None
    bitrate: int | None = None
    start: Fraction | None = None
    end: Fraction | None = None
    preview: Path | None = None
    report: Path | None = None
    threads: int = 0
    quiet: bool = False
    routing: str = "auto"
    refiner: str = "inverted"
    nets: Chosen = field(default_factory=Chosen)
    consent: Consent | None = None
    marking: Marking = field(default_factory=Marking)
    signer: Signer = field(default_factory=Signer)

    def check(self) -> None:
        """Raises UnderstudyError where a file would be read and written, or nothing is to be made."""
        if not self.target.strip():
            raise InputError("TARGET is empty; name a video or a picture")
        if self.output is not None and not self.output.strip():
            raise OutputError("OUTPUT is empty; name a file, as out.mp4")
        if self.output is None and self.preview is None:
            raise OutputError("no OUTPUT was named; give one, or --preview FRAME.png for one frame")
        read = {path.resolve() for photos in self.sources for path in photos}
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
    def ingredient(self) -> Path | None:
        """The target as a file, for the signed record; None for pipes and addresses."""
        return None if self.target == "-" or "://" in self.target else Path(self.target)

    def _output_path(self) -> Path | None:
        return None if self.output is None or self.output == "-" or "://" in self.output else Path(self.output)


def parse_bitrate(text: str) -> int:
    """Bits a second from `2500000`, `2500k`, `4M`. Raises UnderstudyError."""
    scale = {"k": 1_000, "m": 1_000_000}.get(text[-1:].lower(), 1)
    number = text[:-1] if scale > 1 else text
    try:
        rate = float(number) * scale
    except ValueError:
        rate = 0.0
    if not 1 <= rate < 1e12:
        raise UnderstudyError(f"--bitrate {text!r} is no rate; write bits a second (2500000), or 2500k, or 4M")
    return round(rate)
