"""Commands whose modules are heavy: listed at once, imported when they are called."""

from importlib import import_module

import typer

ALL_WORDS = {"allow_extra_args": True, "ignore_unknown_options": True}
HELP = {"help_option_names": ["-h", "--help"]}


def register_later(app: typer.Typer, name: str, module: str, help: str) -> None:
    """Adds the command `name`, which `register(app)` of `module` makes once it is called; its own help included."""

    @app.command(name, help=help, add_help_option=False, context_settings=ALL_WORDS)
    def call(context: typer.Context) -> None:
        own = typer.Typer(add_completion=False, pretty_exceptions_enable=False, context_settings=HELP)
        import_module(module).register(own)
        own(args=context.args, prog_name=context.command_path)
