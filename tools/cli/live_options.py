"""Live options: those that `serve`, `stream`, `camera` and the daemon share, and the packages that each needs."""

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

import typer

from engines.errors import UnderstudyError
from engines.extras import install
from stream.marks.layers import marking
from stream.pixels.label import Label, Place
from tools.cli.options import MARKS, Because, Without

if TYPE_CHECKING:
    from stream.live.swaps import LiveOptions

WORDS = "Face replaced by Understudy"
_NEEDED = {
    "serve": ("aiohttp", "aiortc", "prometheus_client", "segno"),
    "stream": ("prometheus_client",),  # a WHIP output says itself what else it needs
    "daemon": ("aiohttp", "prometheus_client"),
}


@dataclass(frozen=True)
class LiveChoices:
    """As the command line takes them."""

    label: Annotated[
        str,
        typer.Option(
            "--label", metavar="WORDS", help="Burnt into every picture, for who watches.", rich_help_panel=MARKS
        ),
    ] = WORDS
    label_place: Annotated[Place, typer.Option("--label-place", help="Where.", rich_help_panel=MARKS)] = (
        Place.BOTTOM_LEFT
    )
    no_label: Annotated[bool, typer.Option("--no-label", help="No words in the picture.", rich_help_panel=MARKS)] = (
        False
    )
    without: Without = None
    because: Because = ""

    def options(self) -> "LiveOptions":
        """Raises LabelError for words that cannot be drawn, MarkingError where a mark goes off unexplained."""
        from stream.live.swaps import LiveOptions  # heavy

        label = None if self.no_label else Label(self.label, self.label_place)
        return LiveOptions(marking(self.without or [], self.because), label)


def need(command: str) -> None:
    """Raises UnderstudyError where one of the command's packages is missing."""
    if missing := next((name for name in _NEEDED[command] if find_spec(name) is None), None):
        raise UnderstudyError(f"`{command}` needs {missing}; install it: {install('serve')}")
