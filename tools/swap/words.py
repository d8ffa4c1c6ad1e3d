"""How `swap` takes its words: the options that its help shows first, and an answer where words do not fit."""

from typing import TYPE_CHECKING

from engines.errors import UnderstudyError
from tools.cli.short_help import ShortHelpCommand
from tools.swap.meant import meant

if TYPE_CHECKING:
    from typer._click import Context


class SwapCommand(ShortHelpCommand):
    """Of a command whose only argument takes all words, as `words`."""

    common = ("--source", "--i-have-consent", "--who", "--model", "--preview", "--output-dir", "--overwrite")

    def parse_args(self, ctx: "Context", args: list[str]) -> list[str]:
        line = list(args)
        extra = super().parse_args(ctx, args)
        if ctx.resilient_parsing:
            return extra
        words = [str(word) for word in ctx.params.get("words") or ()]
        many = ctx.params.get("output_dir") is not None
        rest = [] if many else words[2:]
        # a DFM brings its own face
        has_face = bool(many or ctx.params.get("source") or (ctx.params.get("model") and not rest))
        if guess := meant(line, words, has_face):
            said = "too many words" if has_face or "--source" not in guess else "no face was given by --source"
            raise UnderstudyError(f"{said}; did you mean: `{ctx.command_path} {guess}`")
        if rest:
            raise UnderstudyError(
                f"{' '.join(rest)}: swap takes one TARGET and one OUTPUT, or many with --output-dir; faces go to"
                f" --source, and names with blanks in quotes: `{ctx.command_path} --source FACE.jpg TARGET OUTPUT`"
            )
        return extra
