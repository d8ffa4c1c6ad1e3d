"""Options that making anything takes, live or from files, declared once. Light: the help of `swap` waits for it."""

from typing import Annotated

import typer

from stream.marks.layers import MarkLayer

MARKS = "Consent and marks"

Agreed = Annotated[
    bool,
    typer.Option(
        "--i-have-consent",
        help="The source's person agreed to this. For photos without a record of consent; without it you are asked on a"
        " terminal. Goes into the signed record and the report.",
        rich_help_panel=MARKS,
    ),
]
Without = Annotated[
    list[MarkLayer] | None,
    typer.Option(help="Leave a machine-readable mark off; takes --because, and is logged.", rich_help_panel=MARKS),
]
Because = Annotated[str, typer.Option(metavar="TEXT", help="Why a mark is left off.", rich_help_panel=MARKS)]
