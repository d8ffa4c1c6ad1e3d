"""Batch: which output each target of a batch gets, and what speaks against it before anything is made. Pure but for
looking at where links lead.
"""

import os
import string
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from engines.errors import OutputError
from stream.jobs.targets import Target
from stream.stills.endings import HEIF

FIELDS = ("name", "stem", "suffix", "parent", "number")
MOST = 5  # collisions that a message lists


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One file of a batch. preview, report: files that are written beside it."""

    target: Path
    output: Path
    preview: Path | None = None
    report: Path | None = None

    @property
    def written(self) -> tuple[Path, ...]:
        """All that is written."""
        return tuple(path for path in (self.output, self.preview, self.report) if path is not None)


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """items: in the order of the targets. passed: files of folders that are outputs of others, as of an earlier run,
    and so no targets. errors: one sentence each; with any of them nothing may be made."""

    items: tuple[BatchItem, ...]
    passed: tuple[Path, ...] = ()
    errors: tuple[str, ...] = ()

    def check(self) -> None:
        """Raises OutputError where there are errors."""
        if self.errors:
            more = len(self.errors) - MOST
            raise OutputError("; ".join(self.errors[:MOST]) + (f"; and {more} more such" if more > 0 else ""))

    @property
    def existing(self) -> tuple[Path, ...]:
        """Outputs, previews and reports that are there already."""
        return tuple(path for item in self.items for path in item.written if path.exists())


def fill(template: str, target: Path, number: int) -> str:
    """The output's file name. template: as `{stem}-swapped{suffix}`, of `FIELDS`: name and stem of the target with and
    without its ending, suffix with its dot (.jpg for HEIC, which is not written), parent: its folder's name; number:
    from 1, also as `{number:04}`. Raises OutputError."""
    suffix = ".jpg" if target.suffix.lower() in HEIF else target.suffix
    parent = Path(_plain(target)).parent.name
    values = {"name": target.stem + suffix, "stem": target.stem, "suffix": suffix, "parent": parent, "number": number}
    known = f"take {', '.join(f'{{{field}}}' for field in FIELDS)}, as in '{{stem}}-swapped{{suffix}}'"
    made = ""
    try:
        for text, field, form, conversion in string.Formatter().parse(template):
            made += text
            if field is None:
                continue
            if field not in values or conversion:
                raise OutputError(f"--name {template}: {{{field}}} is no field; {known}")
            made += format(values[field], form or "")
    except ValueError as error:
        raise OutputError(f"--name {template}: {error}; {known}") from error
    if not made.strip() or made in (".", "..") or "/" in made or os.sep in made or "\0" in made:
        raise OutputError(f"--name {template}: {made!r} is no file name; write a name without folders")
    if not Path(made).suffix:
        raise OutputError(f"--name {template}: {made} has no ending; end it in {{suffix}}, or in .mp4")
    return made


def real(path: Path) -> Path:
    """Where a path leads when all links are followed."""
    return Path(os.path.realpath(path))


def plan(
    targets: Sequence[Target],
    folder: Path,
    template: str = "{name}",
    read: Iterable[Path] = (),
    real: Callable[[Path], Path] = real,
    previews: Path | None = None,
    reports: Path | None = None,
) -> BatchPlan:
    """folder: of the outputs; files that were found deeper in a folder go equally deep into it. template: as `fill`
    takes it. read: other files that are read, as source photos. previews, reports: folders of theirs, in which they are
    named after the outputs, as `clip.mp4.png` and `clip.mp4.json`. Raises OutputError where the template is wrong."""
    wanted = []
    for number, target in enumerate(targets, 1):
        name = target.below / fill(template, target.path, number)
        beside = (
            other / f"{name}{ending}" if other else None for other, ending in ((previews, ".png"), (reports, ".json"))
        )
        wanted.append(BatchItem(target.path, folder / name, *beside))
    made = {_plain(item.output) for item in wanted}
    passed = {
        item.target
        for item, target in zip(wanted, targets, strict=True)
        if target.found and _plain(item.target) in made and _plain(item.target) != _plain(item.output)
    }
    items = tuple(item for item in wanted if item.target not in passed)
    return BatchPlan(items, tuple(sorted(passed)), tuple(_errors(items, read, real)))


def _plain(path: Path) -> str:
    return os.path.abspath(path)  # noqa: PTH100  links are not followed


def _errors(items: Sequence[BatchItem], read: Iterable[Path], real: Callable[[Path], Path]) -> Iterable[str]:
    inputs = {real(item.target): item.target for item in items} | {real(path): path for path in read}
    writers: dict[Path, BatchItem] = {}
    for item in items:
        for path in item.written:
            place = real(path)
            what = {item.output: "output", item.preview: "preview"}.get(path, "report")
            if place in inputs:
                yield (
                    f"the {what} {path} would overwrite the input {inputs[place]}; take another"
                    f" --{'output-dir' if what == 'output' else what}, or --name '{{stem}}-swapped{{suffix}}'"
                )
            elif place in writers:
                yield (
                    f"{writers[place].target} and {item.target} would both become {path}; take"
                    " --name '{parent}-{name}', or '{number:03}-{name}'"
                )
            writers.setdefault(place, item)
