"""How `swap` takes its words: the options that its help shows first, and an answer where words do not fit."""

from typing import TYPE_CHECKING

from engines.errors import UnderstudyError
from tools.cli.short_help import ShortHelpCommand
from tools.swap.meant import meant

if TYPE_CHECKING:
    from typer._click import Context

TAKES_ALL = {"allow_extra_args": True}  # so that `SwapCommand` can say what to do about them


class SwapCommand(ShortHelpCommand):
    """Wants `TAKES_ALL` as its context settings."""

    common = ("--source", "--i-have-consent", "--who", "--model", "--preview", "--overwrite")

    def parse_args(self, ctx: "Context", args: list[str]) -> list[str]:
        line = list(args)
        extra = super().parse_args(ctx, args)
        if ctx.resilient_parsing:
            return extra
        given = [ctx.params.get("target"), ctx.params.get("output"), *extra]
        words = [str(word) for word in given if word is not None]
        # a DFM brings its own face
        has_face = bool(ctx.params.get("source") or (ctx.params.get("model") and not extra))
        if guess := meant(line, words, has_face):
            said = "too many words" if has_face or "--source" not in guess else "no face was given by --source"
            raise UnderstudyError(f"{said}; did you mean: `{ctx.command_path} {guess}`")
        if extra:
            raise UnderstudyError(
                f"{' '.join(extra)}: swap takes one TARGET and one OUTPUT; faces go to --source, and names with blanks"
                f" in quotes: `{ctx.command_path} --source FACE.jpg TARGET OUTPUT`"
            )
        return extra
