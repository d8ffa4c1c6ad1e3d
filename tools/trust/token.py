"""`understudy token`: who may use a server of this computer, for what and until when."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from engines.errors import UnderstudyError
from tools.http.tokens import Scope, TokenLimits, Tokens, load, save

app = typer.Typer(
    help="Bearer tokens for a server.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

File = Annotated[Path, typer.Option("--file", metavar="TOKENS.json", help="Where the server reads its tokens.")]


@app.command()
def add(
    file: File,
    scope: Annotated[list[Scope], typer.Option(help="What it opens; may be given more than once.")],
    days: Annotated[float, typer.Option(min=0, help="Days it holds; 0: for good.")] = 30,
    note: Annotated[str, typer.Option(help="Whose it is, for your own list.")] = "",
    per_minute: Annotated[int, typer.Option(min=1, help="Requests a minute.")] = TokenLimits().per_minute,
    sessions: Annotated[int, typer.Option(min=1, help="Sessions at once.")] = TokenLimits().sessions,
    upload_mb: Annotated[int, typer.Option(min=1, help="Megabytes of one upload.")] = TokenLimits().upload >> 20,
    viewers: Annotated[int, typer.Option(min=0, help="Viewers at once.")] = TokenLimits().viewers,
    rooms: Annotated[int, typer.Option(min=0, help="Rooms with an uploaded face at once.")] = TokenLimits().rooms,
    listeners: Annotated[int, typer.Option(min=0, help="Streams of events at once.")] = TokenLimits().listeners,
) -> None:
    """Make a token. It is shown once, here, and kept only as a hash."""
    expires = datetime.now(UTC) + timedelta(days=days) if days else None
    limits = TokenLimits(per_minute, sessions, upload_mb << 20, viewers, rooms, listeners)
    tokens, token, secret = (load(file) if file.exists() else Tokens()).issued(scope, expires, limits, note)
    save(tokens, file)
    typer.echo(secret)
    typer.echo(f"token {token.id}, until {_until(token.expires)}; it cannot be shown again", err=True)


@app.command("list")
def list_(file: File) -> None:
    """All tokens, without their secrets."""
    now = datetime.now(UTC)
    for token in load(file).tokens:
        ended = " (ended)" if token.expires is not None and now >= token.expires else ""
        typer.echo(f"{token.id}  {','.join(sorted(token.scopes))}  until {_until(token.expires)}{ended}  {token.note}")


@app.command()
def revoke(file: File, name: Annotated[str, typer.Argument(metavar="ID", help="As `list` shows it.")]) -> None:
    """Shut a token out from now on."""
    if not file.exists():
        raise UnderstudyError(f"there is no token file {file}; check the path")
    save(load(file).revoked(name), file)
    typer.echo(f"token {name} opens nothing any more, as soon as the server reads {file} again")


def _until(expires: datetime | None) -> str:
    return expires.strftime("%Y-%m-%d %H:%M UTC") if expires is not None else "revoked"
