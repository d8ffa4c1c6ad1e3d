"""The options of `swap` for many files, and what they make of its words. Light: the help waits for it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engines.errors import UnderstudyError
from tools.cli.overwrite import may_replace

if TYPE_CHECKING:
    from stream.jobs.batch import BatchPlan

MANY = "Many files"


@dataclass(frozen=True)
class BatchOptions:
    """As the command line takes them."""

    output_dir: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Every word is a TARGET, or a folder of them; outputs go here.", rich_help_panel=MANY
        ),
    ] = None
    recursive: Annotated[
        bool, typer.Option("--recursive", help="Look into folders of folders, too.", rich_help_panel=MANY)
    ] = False
    pattern: Annotated[
        str | None,
        typer.Option(
            metavar="'*.mp4'",
            help="Only these of a folder's files. Default: videos, pictures.",
            rich_help_panel=MANY,
        ),
    ] = None
    name: Annotated[
        str,
        typer.Option(
            metavar="TEMPLATE",
            help="Names of the outputs, as '{stem}-swapped{suffix}'; also {parent} and {number}.",
            rich_help_panel=MANY,
        ),
    ] = "{name}"
    skip_done: Annotated[
        bool, typer.Option("--skip-done", help="Leave outputs that are there and whole.", rich_help_panel=MANY)
    ] = False

    def check(self) -> None:
        """Raises UnderstudyError where an option wants --output-dir."""
        given = {
            "--recursive": self.recursive,
            "--pattern": self.pattern is not None,
            "--name": self.name != "{name}",
            "--skip-done": self.skip_done,
        }
        if self.output_dir is None and (option := next((o for o, there in given.items() if there), None)):
            raise UnderstudyError(f"{option} goes with --output-dir FOLDER, for many files at once")

    def planned(
        self,
        words: list[str],
        photos: list[Path],
        overwrite: bool,
        preview: Path | None = None,
        report: Path | None = None,
    ) -> "tuple[BatchPlan, bool]":
        """The plan, and whether outputs that are there may be replaced: asked for on a terminal. photos: of the
        sources. preview, report: folders, of one file for each target. Raises UnderstudyError."""
        from stream.jobs.batch import plan
        from stream.jobs.targets import find_targets

        assert self.output_dir is not None, "a batch has a folder"
        if self.output_dir.exists() and not self.output_dir.is_dir():
            raise UnderstudyError(f"--output-dir {self.output_dir} is a file; name a folder")
        beside = [(o, path) for o, path in (("--preview", preview), ("--report", report)) if path is not None]
        for option, path in beside:
            if path.suffix.lower() in (".png", ".json") or (path.exists() and not path.is_dir()):
                raise UnderstudyError(
                    f"{option} {path}: with --output-dir it is a folder, of one file for each target; name a folder"
                )
        folders = [self.output_dir, *(path for _, path in beside)]
        targets = find_targets(words, self.recursive, self.pattern, without=folders)
        made = plan(targets, self.output_dir, self.name, photos, previews=preview, reports=report)
        made.check()
        if self.skip_done or not made.existing:
            return made, overwrite
        may_replace(made.existing, overwrite, "--skip-done to leave what is whole")
        return made, True
