"""Commands whose modules are heavy: listed at once, imported when they are called, asked for help, or completed."""

from importlib import import_module
from typing import TYPE_CHECKING

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from tools.cli.groups import Group

if TYPE_CHECKING:
    from typer._click import Command, Context  # what typer's own classes are made of

HELP = {"help_option_names": ["-h", "--help"]}


class LaterCommand(TyperCommand):
    """Stands in a list of commands for one that a module defines. Its callback tells the module; it never runs."""

    def real(self) -> "Command":
        """The command itself, or the group, as `register(app)` of its module makes it."""
        assert self.callback is not None
        own = typer.Typer(help=self.help, add_completion=False, pretty_exceptions_enable=False, context_settings=HELP)
        import_module(self.callback()).register(own)
        return get_command(own)


class LaterGroup(TyperGroup):
    """A group whose commands are imported once they are named, and whose help shows them in the order of `Group`."""

    def resolve_command(self, ctx: "Context", args: list[str]) -> "tuple[str | None, Command | None, list[str]]":
        name, command, rest = super().resolve_command(ctx, args)
        return name, command.real() if isinstance(command, LaterCommand) else command, rest

    def list_commands(self, ctx: "Context") -> list[str]:
        order = {group.value: place for place, group in enumerate(Group)}

        def place(name: str) -> int:
            return order.get(str(getattr(self.commands[name], "rich_help_panel", "")), len(order))

        return sorted(super().list_commands(ctx), key=place)


def register_later(app: typer.Typer, name: str, module: str, help: str, group: Group | None = None) -> None:
    """Adds the command `name`, which `register(app)` of `module` makes once it is wanted. The app's class is
    `LaterGroup`."""

    @app.command(name, cls=LaterCommand, help=help, rich_help_panel=group.value if group else None)
    def where() -> str:
        return module
