"""Live options: those that `serve`, `stream` and the daemon share, and the packages that each of them needs."""

from importlib.util import find_spec
from typing import Annotated

import typer

from engines.errors import UnderstudyError
from stream.pixels.label import Label, Place
from tools.cli.options import MARKS

FACES = "Faces"

Who = Annotated[str, typer.Option(help="Whose face: all, largest, left-to-right:N.", rich_help_panel=FACES)]
WhenLost = Annotated[
    str,
    typer.Option(
        "--when-lost", help="A lost face: hold the last picture, then blur; or blur at once.", rich_help_panel=FACES
    ),
]
Words = Annotated[
    str,
    typer.Option("--label", metavar="WORDS", help="Burnt into every picture, for who watches.", rich_help_panel=MARKS),
]
LabelPlace = Annotated[Place, typer.Option("--label-place", help="Where.", rich_help_panel=MARKS)]
NoLabel = Annotated[bool, typer.Option("--no-label", help="No words in the picture.", rich_help_panel=MARKS)]

WORDS, PLACE = "Face replaced by Understudy", Place.BOTTOM_LEFT
_NEEDED = {
    "serve": ("aiohttp", "aiortc", "prometheus_client"),
    "stream": ("prometheus_client",),  # a WHIP output says itself what else it needs
    "daemon": ("aiohttp", "prometheus_client"),
}


def need(command: str) -> None:
    """Raises UnderstudyError where one of the command's packages is missing."""
    if missing := next((name for name in _NEEDED[command] if find_spec(name) is None), None):
        raise UnderstudyError(f"`{command}` needs {missing}; install it: pip install 'understudy[serve]'")


def check_when(when: str) -> None:
    """Raises UnderstudyError where it is no way to treat a lost face."""
    if when not in ("hold", "blur"):
        raise UnderstudyError(f"--when-lost {when!r}: write hold or blur")


def label_of(words: str, place: Place, without: bool) -> Label | None:
    """None where it is left away. Raises LabelError for words that cannot be drawn."""
    return None if without else Label(words, place)
