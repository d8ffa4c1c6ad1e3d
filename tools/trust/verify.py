"""`understudy verify`: was this made by Understudy, and is it still as it was made. Options and printing only."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperCommand

from engines.errors import InputError, UnderstudyError

if TYPE_CHECKING:
    from typer._click import Context

    from stream.marks.verify import Verified

UNREADABLE = 3
log = logging.getLogger("understudy.verify")


class VerifyUsageError(UnderstudyError):
    """The command line cannot be understood. It has a code of its own: 2 says that no mark was found."""

    exit_code = UNREADABLE


class _Command(TyperCommand):
    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except (typer.Exit, typer.Abort):
            raise
        except Exception as error:  # click's UsageError, which typer has no name for
            why = str(error).rstrip(".").replace("parameter: target", "FILE or URL")
            raise VerifyUsageError(f"{why}; see `understudy verify --help`") from error


def register(app: typer.Typer) -> None:
    app.command("verify", cls=_Command)(verify)


def verify(
    target: Annotated[
        str, typer.Argument(metavar="FILE|URL", help="Video or picture to look at; http or a live stream.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="The answer for programs.")] = False,
    trust: Annotated[
        list[Path] | None,
        typer.Option(metavar="ROOT.pem", help="Also trust signers under these certificates."),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Do not search for cropped pictures: seconds faster.")] = False,
) -> None:
    """Tell whether a video or picture was made by Understudy and is still as it was made.

    Exit code: 0 marked and intact, 1 altered, 2 no mark found, 3 cannot be read.
    """
    try:
        from stream.marks.verify import verify as look  # heavy: codecs, c2pa; the help does without

        found = look(target, _roots(trust or []), thorough=not quick)
    except UnderstudyError:
        raise
    except Exception as error:  # a fault of ours must not be read as `altered`, which Python's own code 1 would say
        log.exception("verify failed")
        raise typer.Exit(UNREADABLE) from error
    if as_json:
        typer.echo(json.dumps(found.to_json(), indent=2))
    else:
        _print(found)
    raise typer.Exit(int(found.verdict.outcome))


def _roots(extra: list[Path]) -> bytes:
    from stream.marks.verify import trusted_roots

    try:
        return trusted_roots(extra)
    except InputError as error:
        error.exit_code = UNREADABLE
        raise


def _print(found: Verified) -> None:
    unreadable = int(found.verdict.outcome) == UNREADABLE
    typer.echo(f"error: {found.verdict.headline}" if unreadable else found.verdict.headline, err=unreadable)
    for line in found.verdict.details:
        typer.echo(f"  {line}")
