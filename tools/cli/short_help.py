"""A command with many options: its `--help` shows the common ones, its `--help-all` every one. Knows no command."""

import copy
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer
from typer.core import TyperArgument, TyperCommand, TyperOption
from typer.main import get_command

if TYPE_CHECKING:
    from typer._click import Command, Context, HelpFormatter, Parameter

ALL = "--help-all"


def _show_all(context: typer.Context, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        context.meta[ALL] = True
        typer.echo(context.get_help())
        raise typer.Exit


def _option() -> "Parameter":
    """The option itself, as typer makes it."""

    def carrier(
        _: Annotated[
            bool, typer.Option(ALL, is_eager=True, expose_value=False, callback=_show_all, help="Show all options.")
        ] = False,
    ) -> None: ...

    app = typer.Typer(add_completion=False)
    app.command()(carrier)
    made: Command = get_command(app)
    return made.params[0]


class ShortHelpCommand(TyperCommand):
    """common: the long names of the options that `--help` shows, in that order."""

    common: ClassVar[tuple[str, ...]] = ()

    @cached_property
    def _help_all(self) -> "Parameter":  # one object: parsing compares by identity
        return _option()

    def get_params(self, ctx: "Context") -> "list[Parameter]":
        *own, help_option = super().get_params(ctx)
        return [*own, self._help_all, help_option]

    def format_help(self, ctx: "Context", formatter: "HelpFormatter") -> None:
        if ctx.meta.get(ALL):
            return super().format_help(ctx, formatter)
        brief = copy.copy(self)
        brief.params = [p for p in self.params if isinstance(p, TyperArgument)] + self._common()
        brief.epilog = f"`{ctx.command_path} {ALL}` shows {len(self.params) - len(brief.params)} more options."
        return TyperCommand.format_help(brief, ctx, formatter)

    def _common(self) -> "list[Parameter]":
        """Copies of the common options, under no heading of their own."""
        found = {name: p for p in self.params if isinstance(p, TyperOption) for name in p.opts}
        made = [copy.copy(found[name]) for name in self.common]
        for option in made:
            option.rich_help_panel = None
        return [*made]
